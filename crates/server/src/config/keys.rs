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
        /// The folder for the store, the control socket, certificates and secrets. The default is
        /// `/var/lib/lampfield` for the system service and root, `$XDG_STATE_HOME/lampfield`
        /// (`~/.local/state/lampfield`) for other users.
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
    /// Each domain has its own board: its states are visible only there. Domains that name the same `board` share one.
    /// A data folder from before there were several boards, with accounts of several domains, keeps one shared board until
    /// `board` is set, and `lampfield status` says so.
    pub struct Domain check check::domain {
        /// The name after the `@` of its accounts.
        name: DomainName = required(),
        /// The board for its facts, if not its own: the name of another domain, or any name that several domains share. A change
        /// moves the stored data at the next start: the facts of accounts always move; values set by hand and the history
        /// move if no domain uses the old board any more and it has one successor.
        board: Option<BoardName> = key(None),
        /// How accounts can be made, apart from this file, `lampfield user add` and `lampfield
        /// invite`: in no other way; by clients themselves (XEP-0077, role `user`); or at the first
        /// login of a name that matches `join_pattern` with the secret in `join_secret_file` (role
        /// `pbx`). With `in-band`, strangers can read the lamps of its board.
        registration: Registration = key(Registration::Closed),
        /// The file with the shared secret for `first-login`, of mode 0600.
        join_secret_file: Option<FilePath> = key(None),
        /// The account names that a first login may create; by default all.
        join_pattern: Option<Pattern> = key(None),
        /// PEM file with the certificate chain of this domain, the server's own first. Without it,
        /// the server uses the certificate of `[xmpp]`, or else makes its own.
        certificate: Option<FilePath> = key(None).on_reload_for("new connections"),
        /// PEM file with the private key of `certificate`, of mode 0600 (or 0640).
        certificate_key: Option<FilePath> = key(None).on_reload_for("new connections"),
        /// Show its PBXs the capabilities that others announce (`<c/>` in their presence, XEP-0115). This restores the
        /// version and Jingle lines of `xmpp show buddies`, but with TLS it also causes drops: each
        /// such presence makes the reading thread of Asterisk send a question, while other threads
        /// write on the same TLS session without a lock. Other clients always see the capabilities.
        show_caps: bool = key(false).on_reload(),
        /// The accounts that are declared in the file.
        account: Vec<Account> = tables().on_reload(),
    }
}

section! {
    /// One account. A PBX needs only a name: its password is then derived from the invite
    /// key in the data folder, and `lampfield invite NAME` prints it.
    ///
    /// You can change and remove an account of this file only here: commands that would do so are
    /// refused (`declared-account`). `lampfield user list` shows `config` under MADE BY for all
    /// of them. If neither `password` nor `password_file` is set, commands may make a new password:
    /// `lampfield invite NAME --rotate` and `lampfield user passwd NAME --generate`.
    pub struct Account check check::account {
        /// The name before the `@`.
        name: AccountName = required(),
        /// The password. It is better to keep it in a separate file, or to leave it out.
        password: Option<Secret> = key(None),
        /// The file whose first line is the password, of mode 0600.
        password_file: Option<FilePath> = key(None),
        /// What the account may do: `pbx` publishes telephony states, sees all other PBX accounts
        /// and never gets error answers that Asterisk cannot handle; `user` is an ordinary XMPP client; `admin` may do everything.
        role: Role = key(Role::Pbx),
        /// The devices and mailboxes it may publish, by the names of the board and without their kind, for example
        /// `["PJSIP/1*", "1*@default"]`. By default a `user` may publish none, and the others all. What
        /// the account may no longer publish is withdrawn at once.
        allow: Option<Vec<Pattern>> = key(None),
        /// The names that it may receive, by the names of the board: everything by default, nothing with `[]`. An `admin`
        /// always receives everything.
        hear: Vec<Pattern> = key(vec![Pattern::everything()]),
        /// The place of its PBX: letters, digits, `-`, `_` and `.`, at most 64 bytes. `[[map]]` rules can apply to
        /// one site. Existing connections keep the names with which they began.
        site: Option<SiteName> = key(None).on_reload_for(CONNECTIONS),
        /// Words that help people to tell accounts apart, at most 16, each with the characters of a site. `lampfield
        /// user list` shows them; they have no other effect.
        labels: Labels = key(Labels::default()),
        /// Log in with `jabber:iq:auth` (`usesasl=no` in xmpp.conf). The protocol needs the
        /// password itself, so it is stored in clear text, in a file of mode 0600 in the data folder. Needs
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
        /// Accept passwords in clear text without TLS: SASL PLAIN, and `jabber:iq:auth` for accounts
        /// with `legacy_auth`. Only for networks that are protected in another way.
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
    /// How much one client, and all together, can make the server hold. Each key says what happens at
    /// its limit; other clients are not affected.
    pub struct XmppLimits {
        /// The largest stanza; a larger one ends the stream with `policy-violation`.
        stanza: Size = key(Size::kib(256)).within(Size::kib(10)..=Size::mib(16)).on_reload_for(CONNECTIONS),
        /// The same before the login. It also limits what may follow a login attempt that is not answered
        /// yet.
        unauthenticated_stanza: Size = key(Size::kib(16)).within(Size::kib(4)..=Size::mib(1)).on_reload_for(CONNECTIONS),
        /// Levels of nested elements; a deeper stanza ends the stream.
        depth: usize = key(64).within(8..=1_000).on_reload_for(CONNECTIONS),
        /// Attributes of one element; more end the stream.
        attributes: usize = key(64).within(16..=1_000).on_reload_for(CONNECTIONS),
        /// The time from the connection to the end of the login; after that the connection is closed.
        login_time: Duration = key(30 * SECOND).within(SECOND..=HOUR).on_reload_for(CONNECTIONS),
        /// Wrong passwords on one connection before it is closed.
        login_tries: usize = key(5).within(1..=100).on_reload_for(CONNECTIONS),
        /// All connections; further ones are closed at once.
        connections: usize = key(12_000).within(1..=1_000_000).on_reload(),
        /// Connections from one address that have not logged in; further ones are closed at once.
        /// Here and in the next keys, an IPv6 network of 64 bits counts as one address.
        unauthenticated_per_address: usize = key(500).within(1..=1_000_000).on_reload(),
        /// Wrong passwords for one account from one address that are checked without a wait. After
        /// that, one is checked every 12 s; the others wait for up to 15 s and are then refused.
        login_tries_per_address: usize = key(5).within(1..=100),
        /// Registrations and changes of password in-band from one address within a minute; more
        /// are refused.
        registrations_per_address: usize = key(3).within(1..=1_000),
        /// Resources of one account at the same time; one more is refused.
        resources: usize = key(10).within(1..=1_000).on_reload(),
        /// What a client may leave unread before telephony changes are held back for it; later
        /// it gets only the newest value of each.
        unread_comfortable: Size = key(Size::kib(64)).within(Size::kib(16)..=Size::mib(64)).on_reload_for(CONNECTIONS),
        /// The most that a client may leave unread; beyond that it is disconnected.
        unread: Size = key(Size::mib(4)).within(Size::kib(64)..=Size::mib(1024)).on_reload_for(CONNECTIONS),
        /// What all clients together may leave unread; beyond that, the client with most unread data
        /// is disconnected.
        unread_total: Size = key(Size::mib(128)).within(Size::mib(4)..=Size::mib(65_536)).on_reload(),
    }
}

section! {
    /// How long the facts of a PBX outlive its connection.
    pub struct Lease {
        /// The time from the loss of a connection to the withdrawal of its states. `"auto"` follows
        /// the reconnect pause that Lampfield predicts for each PBX from its drops, from
        /// 10 s up to 75 s, and decreases again with it. A fixed time is the same for all PBXs:
        /// if it is shorter than 75 s, the lamps of a PBX that has dropped often go out while
        /// it is still reconnecting.
        grace: Grace = key(Grace::Auto)
            .within(Grace::Fixed(SECOND)..=Grace::Fixed(24 * HOUR)).on_reload(),
        /// The minimum time for each PBX to return after a restart of Lampfield itself. Asterisk
        /// waits up to 60 s between its attempts. Drops are counted in memory only, so this applies
        /// to each PBX until its first return, even if `grace` is `"auto"`. A reload also moves
        /// the end for PBXs that have not returned yet.
        restart_grace: Duration = key(75 * SECOND).within(SECOND..=24 * HOUR).on_reload(),
    }
}

section! {
    /// What happens to the states of devices whose names match a pattern when their PBX is lost.
    /// Policies act on devices only: mailboxes and bans are always kept, and all other kinds are withdrawn.
    /// The first matching policy applies. After all of them come those of the XMPP door: `XMPP/*` = `ignore`,
    /// for the devices that Asterisk makes of its buddies, and `MWI:*` = `keep`, because mailboxes are kept. Those act
    /// on the names that the PBXs use, whatever a `[[map]]` makes of them; yours act on the names of the board.
    pub struct Policy check check::policy {
        /// The names of the devices, without their kind, for example `"Custom:night*"`.
        name: Pattern = required(),
        /// `withdraw` them at the end of the lease (what happens without a policy), `keep` them
        /// until somebody reports another state, or `ignore` them from the start: neither keep them
        /// nor pass them on.
        rule: Rule = required(),
        /// What a withdrawn state looks like. `unknown`: the phones of a dead PBX are as if nobody had ever reported
        /// them, and each Asterisk asks its own drivers. `unavailable`: they are UNAVAILABLE, also for PBXs that
        /// connect later, until their PBX reports them again or its account is removed. Choose it for
        /// phones that are members of another PBX's queues, for example `"PJSIP/*"`: Asterisk's queues may call a
        /// member that is UNKNOWN, and let callers wait for it.
        withdraw_as: WithdrawAs = key(WithdrawAs::Unknown),
    }
}

section! {
    /// Names that some peers use instead of those of the board, so that the `PJSIP/100` of two sites are two lamps,
    /// or `100@example.com` of one PBX and `PJSIP/100` of another are one: [several sites](sites.md). The first rule that
    /// matches a name applies, and a name without a matching rule is the same everywhere. Rights (`allow`, `hear`),
    /// policies and commands use the names of the board.
    pub struct Map check check::map {
        /// Only the accounts of this site; by default all accounts.
        site: Option<SiteName> = key(None),
        /// Only peers that use this protocol; by default all. Today there is only the door for `xmpp`.
        protocol: Option<Protocol> = key(None),
        /// The kind of the names, or a list of several kinds.
        kind: Kinds = key(Kinds::one(Kind::Device)),
        /// The name that these peers use: a name, or a name with one `*` that stands for any characters, such as `"PJSIP/*"`.
        here: NameForm = required(),
        /// The name on the board, and for everybody without a rule: a name, or a name with a `*` for whatever the `*` of
        /// `here` stands for, such as `"Custom:berlin-*"`.
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
        /// Remembered withdrawals; beyond that the oldest is dropped, with a warning that names the
        /// PBXs that may show old states.
        tombstones: usize = key(100_000).within(100..=10_000_000).on_reload(),
        /// Changes that are held in memory for `lampfield history`; beyond that the oldest are dropped,
        /// also when this is lowered. Older changes are read from the store, as far as `[history]` keeps them.
        history: usize = key(100_000).within(0..=10_000_000).on_reload(),
        /// Subjects of one subscriber that wait for it to read; beyond that it gets everything again.
        missed: usize = key(10_000)
            .within(100..=10_000_000).on_reload_for("new subscriptions"),
    }
}

section! {
    /// The history that survives restarts, for `lampfield history` and `lampfield why --at`: what each PBX reported and
    /// when, what the lamp then showed, and which connections were lost and came back. It is written once a second: if the
    /// process is killed, the last second is lost; a normal stop loses nothing.
    pub struct History check check::history {
        /// How long it is kept. Older entries are no longer shown, and are removed within an hour or an eighth of this
        /// time, whichever is less. `"0s"` keeps nothing, and removes the stored history; until the next restart the
        /// changes that `history` of `[limits]` holds in memory remain.
        keep: Duration = key(7 * 24 * HOUR).within(Duration::ZERO..=3_650 * 24 * HOUR).on_reload(),
        /// The maximum size of the history of all boards together in the store, including pages that are still being filled;
        /// beyond that the oldest is removed.
        size: Size = key(Size::mib(64)).within(Size::mib(1)..=Size::mib(1024)).on_reload(),
        /// Names that the history must not contain, as patterns such as `["PJSIP/1*"]`. Their changes are kept under one name, `PJSIP/***`,
        /// made of the pattern up to its last `/` or `:`, so that nobody can find out later which lamp it was; for kinds
        /// whose values can show who or where somebody is, nothing is kept. This does not change what the lamps show.
        /// Entries already stored under such names lose them at the first start with the pattern; masked entries stay masked.
        mask: Vec<Pattern> = key(Vec::new()),
        /// Which accounts may read it: a list of roles (`"pbx"`, `"user"`, `"admin"`) and addresses of accounts
        /// (`"anna@asterisk.example"`). A reload takes effect at their next request or login. The owner of the data folder can
        /// always read it, because the files are theirs.
        read: Vec<HistoryReader> = key(vec![HistoryReader::Role(Role::Admin)]).on_reload(),
    }
}

section! {
    /// What is logged, and where.
    pub struct Log {
        /// The lowest level that is logged (`"error"`, `"warn"`, `"info"`, `"debug"`,
        /// `"trace"`), also by part: `"info,lampfield_xmpp=debug"`. `lampfield log set` changes it
        /// at run time.
        level: LogLevels = key(LogLevels::info()).on_reload(),
        /// The form of the lines.
        format: LogFormat = key(LogFormat::Auto),
        /// Log to this file instead of standard error or the journal.
        file: Option<FilePath> = key(None),
        /// The size at which a log file is rotated: it becomes `FILE.1`, the old `FILE.1` becomes `FILE.2`, and so on.
        file_size: Size = key(Size::mib(10)).within(Size::kib(64)..=Size::mib(1024)),
        /// The maximum number of log files, including the current one. The oldest is deleted.
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
