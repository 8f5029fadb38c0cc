//! Every configuration key, once. The documentation of a field is the help text of the reference
//! page, so it speaks to the operator.

mod check;
mod history_reader;
pub mod mapping;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use lampfield_board::mapping::NameForm;
use lampfield_board::{BoardName, Kind, Labels, Pattern, Protocol, SiteName};

use super::board_words::Kinds;
use super::key::{key, required, section, table, tables, words};
use super::merge::Named;
use super::name::{AccountName, DomainName};
use super::value::{FilePath, Secret, Size};
use super::word::{Grace, LogLevels};
pub use history_reader::HistoryReader;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const CONNECTIONS: &str = "new connections";

section! {
    /// The whole file: what stands outside all tables, and the tables.
    pub struct Config check check::whole {
        /// The folder for the store, the control socket, certificates and secrets. Unset, it is
        /// `/var/lib/lampfield` for the system service and root, `$XDG_STATE_HOME/lampfield`
        /// (`~/.local/state/lampfield`) for anybody else.
        data_dir: Option<FilePath> = key(None),
        /// The domains that are served. Without any, `localhost` is.
        domain: Vec<Domain> = tables(),
        /// The XMPP door: where it listens, encryption, limits.
        xmpp: Xmpp = table(),
        /// How long facts outlive their connection.
        lease: Lease = table(),
        /// What becomes of the facts of a lost PBX, by name.
        policy: Vec<Policy> = tables().on_reload(),
        /// Who calls a lamp by which name, by site and protocol.
        map: Vec<Map> = tables().as_one(),
        /// How much the boards may hold.
        limits: Limits = table(),
        /// How much is remembered of the past, and who may read it.
        history: History = table(),
        /// What the log tells and in which form.
        log: Log = table(),
    }
}

section! {
    /// One served domain. PubSub answers at `pubsub.NAME` on the same stream.
    ///
    /// Each domain has a board of its own: what is said there is heard and seen there only. Domains that name the same
    /// `board` share one. A data folder from before there were several boards, with accounts of several domains, goes on
    /// sharing one board until `board` is set, and `lampfield status` says so.
    pub struct Domain check check::domain {
        /// The name behind the `@` of its accounts.
        name: DomainName = required(),
        /// The board of its facts, if it is not to be one of its own: the name of another domain, or any name that several
        /// domains agree on. A change moves what is stored at the next start: what accounts say goes along, and what was
        /// said by hand and the history do if the old board is used no longer and has one successor.
        board: Option<BoardName> = key(None),
        /// How accounts are made besides by this file, `lampfield user add` and `lampfield
        /// invite`: in no other way; by clients themselves (XEP-0077, role `user`); or at the first
        /// login of a name that matches `join_pattern` with the secret in `join_secret_file` (role
        /// `pbx`). With `in-band`, strangers can read the lamps of its board.
        registration: Registration = key(Registration::Closed),
        /// The file with the shared secret for `first-login`, of mode 0600.
        join_secret_file: Option<FilePath> = key(None),
        /// The names that may be made at first login; all if it is not set.
        join_pattern: Option<Pattern> = key(None),
        /// PEM file with the certificate chain of this domain, the server's own first. Without it
        /// the certificate of `[xmpp]` is used, and without that one the server makes its own.
        certificate: Option<FilePath> = key(None).on_reload_for("new connections"),
        /// PEM file with the private key of `certificate`, of mode 0600 (or 0640).
        certificate_key: Option<FilePath> = key(None).on_reload_for("new connections"),
        /// Show its PBXs the capabilities that others announce (`<c/>` in their presence, XEP-0115). It brings back
        /// the version and Jingle lines of `xmpp show buddies`, and with TLS it brings back drops:
        /// each such presence makes Asterisk ask a question from the thread that reads, while other
        /// threads write on the same TLS session without a lock. Other clients are always shown them.
        show_caps: bool = key(false).on_reload(),
        /// The accounts that are declared in the file.
        account: Vec<Account> = tables().on_reload(),
    }
}

section! {
    /// One account. A PBX needs nothing but a name: its password then derives from the
    /// invite key in the data folder, and `lampfield invite NAME` prints it.
    ///
    /// An account of this file is changed and removed here only: a command that would do so is
    /// refused (`declared-account`). `lampfield user list` shows all of them as made by `config`.
    /// Where neither `password` nor `password_file` is set, commands may make a new password:
    /// `lampfield invite NAME --rotate` and `lampfield user passwd NAME --generate`.
    pub struct Account check check::account {
        /// The name before the `@`.
        name: AccountName = required(),
        /// The password. Better kept in a file of its own, or left out.
        password: Option<Secret> = key(None),
        /// The file with the password, of mode 0600; its first line counts.
        password_file: Option<FilePath> = key(None),
        /// What the account may do: `pbx` publishes telephony states, sees all other PBX accounts
        /// and gets forgiving answers; `user` is an ordinary XMPP client; `admin` may do everything.
        role: Role = key(Role::Pbx),
        /// The devices and mailboxes it may publish, by the names of the board and without their kind, for example
        /// `["PJSIP/1*", "1*@default"]`. If it is not set, a `user` may publish none, the others all.
        /// What it has published and may not publish any longer is withdrawn at once.
        allow: Option<Vec<Pattern>> = key(None),
        /// What it may hear, by the names of the board: everything if this is not set, nothing with `[]`. An `admin`
        /// hears everything in any case.
        hear: Vec<Pattern> = key(vec![Pattern::everything()]),
        /// The place of its PBX: letters, digits, `-`, `_` and `.`, at most 64 bytes. `[[map]]` rules can be for
        /// one site. Connections that are there go on with the names with which they began.
        site: Option<SiteName> = key(None).on_reload_for(CONNECTIONS),
        /// Words by which people tell accounts apart, at most 16, each of the form of a site. `lampfield user list`
        /// shows them; they decide nothing.
        labels: Labels = key(Labels::default()),
        /// Log in with `jabber:iq:auth` (`usesasl=no` in xmpp.conf). The protocol needs the
        /// password itself, so it is kept readable, in a file of mode 0600 in the data folder. Needs
        /// `clear_text_auth` unless the stream is encrypted.
        legacy_auth: bool = key(false),
    }
}

section! {
    /// Where and how XMPP clients connect.
    pub struct Xmpp check check::xmpp {
        /// Addresses for plain TCP, upgraded by STARTTLS. By default only this machine can connect;
        /// `0.0.0.0:5222` means all IPv4 addresses, `[::]:5222` all IPv6 addresses.
        listen: Vec<SocketAddr> = key(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 5222))]),
        /// Addresses where TLS starts at once, by custom on port 5223.
        listen_tls: Vec<SocketAddr> = key(Vec::new()),
        /// Whether streams must, may or cannot be encrypted.
        tls: Tls = key(Tls::Required),
        /// Accept readable passwords without TLS: SASL PLAIN, and `jabber:iq:auth` for accounts
        /// with `legacy_auth`. For lines that are safe by other means.
        clear_text_auth: bool = key(false),
        /// PEM file with a certificate chain for all domains that have none of their own.
        certificate: Option<FilePath> = key(None).on_reload_for("new connections"),
        /// PEM file with the private key of `certificate`, of mode 0600 (or 0640).
        certificate_key: Option<FilePath> = key(None).on_reload_for("new connections"),
        /// What clients can make the door hold.
        limits: XmppLimits = table(),
    }
}

section! {
    /// What one client, and all together, can make the server hold. Each key says what happens at its
    /// limit; all other clients are served meanwhile.
    pub struct XmppLimits {
        /// The largest stanza; a larger one ends the stream with `policy-violation`.
        stanza: Size = key(Size::kib(256)).within(Size::kib(10)..=Size::mib(16)).on_reload_for(CONNECTIONS),
        /// The same before the login. It also bounds what may come behind a try to log in that is
        /// not answered yet.
        unauthenticated_stanza: Size = key(Size::kib(16)).within(Size::kib(4)..=Size::mib(1)).on_reload_for(CONNECTIONS),
        /// Levels of nested elements; a deeper stanza ends the stream.
        depth: usize = key(64).within(8..=1_000).on_reload_for(CONNECTIONS),
        /// Attributes of one element; more end the stream.
        attributes: usize = key(64).within(16..=1_000).on_reload_for(CONNECTIONS),
        /// The time from the connection to the end of the login; then it is closed.
        login_time: Duration = key(30 * SECOND).within(SECOND..=HOUR).on_reload_for(CONNECTIONS),
        /// Wrong passwords on one connection before it is closed.
        login_tries: usize = key(5).within(1..=100).on_reload_for(CONNECTIONS),
        /// Connections in all; more are closed at once.
        connections: usize = key(12_000).within(1..=1_000_000).on_reload(),
        /// Connections from one address that have not logged in; more are closed at once. An
        /// address is here, and in the keys that follow, a network of 64 bits with IPv6.
        unauthenticated_per_address: usize = key(500).within(1..=1_000_000).on_reload(),
        /// Wrong passwords for one account from one address that are looked at without a wait.
        /// After them one every 12 s is looked at; the others wait for up to 15 s and are then
        /// refused.
        login_tries_per_address: usize = key(5).within(1..=100),
        /// Registrations and changes of password in-band from one address within a minute; more
        /// are refused.
        registrations_per_address: usize = key(3).within(1..=1_000),
        /// Resources of one account at the same time; one more is refused.
        resources: usize = key(10).within(1..=1_000).on_reload(),
        /// What a client may leave unread before news about telephony are kept back for it and
        /// only the newest value of each is given later.
        unread_comfortable: Size = key(Size::kib(64)).within(Size::kib(16)..=Size::mib(64)).on_reload_for(CONNECTIONS),
        /// What a client may leave unread at all; beyond that it is disconnected.
        unread: Size = key(Size::mib(4)).within(Size::kib(64)..=Size::mib(1024)).on_reload_for(CONNECTIONS),
        /// What all clients together may leave unread; beyond that the one that has left most is
        /// disconnected.
        unread_total: Size = key(Size::mib(128)).within(Size::mib(4)..=Size::mib(65_536)).on_reload(),
    }
}

section! {
    /// How long the facts of a PBX outlive its connection.
    pub struct Lease {
        /// The time from the loss of a connection to the withdrawal of what it said. `"auto"`
        /// follows the reconnect pause predicted for each PBX from its drops, from 10 s up to
        /// 75 s, and comes down again with it. A fixed time is the same for all PBXs: shorter
        /// than 75 s, it puts the lamps of a PBX out that has dropped often and is on its way
        /// back.
        grace: Grace = key(Grace::Auto)
            .within(Grace::Fixed(SECOND)..=Grace::Fixed(24 * HOUR)).on_reload(),
        /// The least time each PBX has to return after a restart of Lampfield itself. Asterisk
        /// waits up to 60 s between its tries. Drops are counted in memory only, so this covers
        /// each PBX until its first return, also where `grace` is `"auto"`. Changed by a reload,
        /// it also moves the end for PBXs that have not returned yet.
        restart_grace: Duration = key(75 * SECOND).within(SECOND..=24 * HOUR).on_reload(),
    }
}

section! {
    /// What becomes of the states of devices whose names match a pattern when the PBX that said them is lost.
    /// Policies act on devices only: mailboxes and bans are always kept, and all other kinds are withdrawn.
    /// The first policy that matches counts. After all of them stand those of the XMPP door: `XMPP/*` = `ignore`,
    /// for the devices that Asterisk makes of its buddies, and `MWI:*` = `keep`, because mailboxes are kept. Those act
    /// on the names that the PBXs use, whatever a `[[map]]` makes of them; yours act on the names of the board.
    pub struct Policy check check::policy {
        /// The names of the devices, without their kind, for example `"Custom:night*"`.
        name: Pattern = required(),
        /// `withdraw` them at the end of the lease (what happens without a policy), `keep` them
        /// until somebody says otherwise, or `ignore` them from the start: neither kept nor passed
        /// on.
        rule: Rule = required(),
        /// What a withdrawn state looks like. `unknown`: the phones of a dead PBX are as if nobody had ever said
        /// anything of them, and each Asterisk asks its own drivers. `unavailable`: they are UNAVAILABLE, for those
        /// who come later as well, until their PBX speaks of them again or its account is removed. Choose it for
        /// phones that are members of another PBX's queues, for example `"PJSIP/*"`: Asterisk's queues may call a
        /// member that is UNKNOWN, and let callers wait for it.
        withdraw_as: WithdrawAs = key(WithdrawAs::Unknown),
    }
}

section! {
    /// What some peers call by another name than the board, so that the `PJSIP/100` of two sites are two lamps, or
    /// `100@example.com` of one PBX and `PJSIP/100` of another are one: [several sites](sites.md). The first rule that
    /// fits a name counts, and a name that no rule fits is the same everywhere. Rights (`allow`, `hear`),
    /// policies and commands use the names of the board.
    pub struct Map check check::map {
        /// Only the accounts of this site; those of all sites and of none if it is not set.
        site: Option<SiteName> = key(None),
        /// Only peers that speak this protocol; all if it is not set. Today there is one door, that of `xmpp`.
        protocol: Option<Protocol> = key(None),
        /// The kind of the names, or a list of several kinds.
        kind: Kinds = key(Kinds::one(Kind::Device)),
        /// What these peers call it: a name, or with one `*` all names that begin and end alike, such as `"PJSIP/*"`.
        here: NameForm = required(),
        /// What the board calls it, and with it everybody without a rule: a name, or one with a `*` for whatever the `*`
        /// of `here` stands for, such as `"Custom:berlin-*"`.
        board: NameForm = required(),
    }
}

section! {
    /// What each board may hold.
    pub struct Limits {
        /// Facts, one for each subject and PBX; beyond that a new one is refused and logged.
        facts: usize = key(1_000_000).within(100..=10_000_000).on_reload(),
        /// Facts of one origin (a PBX); beyond that a new one is refused and logged. The former name
        /// of this key, `facts_per_server`, is still read.
        facts_per_origin: usize = key(100_000).formerly("facts_per_server")
            .within(100..=10_000_000).on_reload(),
        /// Origins (entity ids, for Asterisk) that one connection may speak for. The former name of this key,
        /// `eids_per_connection`, is still read.
        origins_per_connection: usize = key(16).formerly("eids_per_connection")
            .within(1..=1_000).on_reload(),
        /// Remembered withdrawals; beyond that the oldest goes, with a warning that names the PBXs
        /// that may show something stale.
        tombstones: usize = key(100_000).within(100..=10_000_000).on_reload(),
        /// Changes that are held in memory for `lampfield history`; the oldest goes, also when this is
        /// lowered. What is older is read from the store, as far as `[history]` keeps it.
        history: usize = key(100_000).within(0..=10_000_000).on_reload(),
        /// Subjects of one subscriber that wait for it to read; beyond that it gets everything anew.
        missed: usize = key(10_000)
            .within(100..=10_000_000).on_reload_for("new subscriptions"),
    }
}

section! {
    /// What is remembered of the past across restarts, for `lampfield history` and `lampfield why --at`: what each PBX
    /// said when, what the lamp then showed, and which connections were lost and came back. It is written once a second: if
    /// the process is killed, the last second is lost; at a stop nothing is.
    pub struct History check check::history {
        /// How long it is kept. What is older is removed, within an hour or an eighth of this time, whichever is less,
        /// and told to nobody from then on. `"0s"` keeps nothing, and removes what was kept; until the next restart
        /// there is still what `history` of `[limits]` holds in memory.
        keep: Duration = key(7 * 24 * HOUR).within(Duration::ZERO..=3_650 * 24 * HOUR).on_reload(),
        /// The most that the history of all boards together takes in the store, pages that still take changes included;
        /// beyond that the oldest goes.
        size: Size = key(Size::mib(64)).within(Size::mib(1)..=Size::mib(1024)).on_reload(),
        /// Names that the history may not hold, by patterns such as `["PJSIP/1*"]`. What is said of them is remembered as said of
        /// one `PJSIP/***`, made of the pattern up to its last `/` or `:`, so that nobody can find out later which of them it
        /// was; of kinds whose values can tell who or where somebody is, nothing is remembered. What the lamps show is not
        /// touched. What was stored under such names before loses them at the start that first has the pattern; what has
        /// been stored masked stays so.
        mask: Vec<Pattern> = key(Vec::new()),
        /// Which accounts may read it: a list of roles (`"pbx"`, `"user"`, `"admin"`) and addresses of accounts
        /// (`"anna@asterisk.example"`). A reload takes effect with their next request or login. The owner of the data folder
        /// always may, because the files are theirs.
        read: Vec<HistoryReader> = key(vec![HistoryReader::Role(Role::Admin)]).on_reload(),
    }
}

section! {
    /// What is logged, and where to.
    pub struct Log {
        /// The lowest level that is logged (`"error"`, `"warn"`, `"info"`, `"debug"`,
        /// `"trace"`), also by part: `"info,lampfield_xmpp=debug"`. `lampfield log set` changes it
        /// at run time.
        level: LogLevels = key(LogLevels::info()).on_reload(),
        /// The form of the lines.
        format: LogFormat = key(LogFormat::Auto),
        /// Log to this file, and not to standard error or the journal.
        file: Option<FilePath> = key(None),
        /// The size of a log file; then it is put aside as `FILE.1`, that as `FILE.2`, and so on.
        file_size: Size = key(Size::mib(10)).within(Size::kib(64)..=Size::mib(1024)),
        /// How many log files there are at the most, with the one that is written. The oldest goes.
        files: usize = key(10).within(1..=1_000),
    }
}

impl Named for Domain {
    fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl Named for Account {
    fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl Named for Policy {
    fn name(&self) -> &str {
        self.name.as_str()
    }
}

/// Several are about one site; all of them are one value.
impl Named for Map {
    fn name(&self) -> &str {
        self.site.as_ref().map_or("", SiteName::as_str)
    }
}

words! {
    /// How accounts are made without an operator's hand.
    pub enum Registration {
        /// Only an operator makes accounts.
        Closed = "closed",
        /// By clients themselves (XEP-0077).
        InBand = "in-band",
        /// At the first login with the join secret.
        FirstLogin = "first-login",
    }
}

words! {
    /// What an account may do.
    pub enum Role {
        /// A PBX: publishes what `allow` admits, and hears the others.
        Pbx = "pbx",
        /// An ordinary client, which reads lamps.
        User = "user",
        /// May do everything on its board.
        Admin = "admin",
    }
}

words! {
    /// The form of log lines.
    pub enum LogFormat {
        /// `"journal"` where systemd has started the server, else `"text"`.
        Auto = "auto",
        /// For people: local time, level, what happened, fields.
        Text = "text",
        /// One JSON object a line, times in UTC.
        Json = "json",
        /// Entries of systemd's journal, with priority and fields (`LAMPFIELD_CODE=...`).
        Journal = "journal",
    }
}

words! {
    /// Whether streams are encrypted.
    pub enum Tls {
        /// Nothing but STARTTLS is possible on a plain stream.
        Required = "required",
        /// STARTTLS is offered; the client decides.
        Optional = "optional",
        /// STARTTLS is not offered.
        Off = "off",
    }
}

words! {
    /// What a withdrawn state looks like.
    pub enum WithdrawAs {
        /// As if nobody had said anything.
        Unknown = "unknown",
        /// Not to be had.
        Unavailable = "unavailable",
    }
}

words! {
    /// What becomes of the facts of a lost PBX.
    pub enum Rule {
        /// They stay, whatever happens to their origin.
        Keep = "keep",
        /// They are withdrawn at the end of the lease.
        Withdraw = "withdraw",
        /// They are never taken.
        Ignore = "ignore",
    }
}
