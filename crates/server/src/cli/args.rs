//! Everything that can be typed. The documentation of each item is its help; the examples of each
//! verb are in `examples.rs`.

mod columns;
mod fake_pbx;

use std::ffi::{OsStr, OsString};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{
    Args, ColorChoice, Command, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
};
use lampfield_board::{Kind, WallTime};
use lampfield_operations::operation::Order;
use lampfield_relay::{Fingerprint, Target};

use super::examples;
use crate::doctor::Only;
use crate::moment;
use crate::retyped::retyped;
use crate::screen::{Color, is_coloured};
pub use columns::{Column, USUAL};
pub use fake_pbx::{DemoArgs, FakePbxArgs};

/// What this program is called.
const PROGRAM: &str = "lampfield";

/// What this program is called on the machine of a PBX, by the package for it.
pub const RELAY: &str = "lampfield-relay";
/// The verb for which that name stands.
const VERB: &str = "relay";

/// Shares device states and message counts between Asterisk PBXs.
#[derive(Debug, Parser)]
#[command(name = PROGRAM, version, disable_help_subcommand = true)]
pub struct Cli {
    /// How to serve, if that is all that is said.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// What every verb understands.
    #[command(flatten)]
    pub common: Common,
    /// What to do; serves if nothing is said.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Connects the PBX on this machine to a server on another machine.
#[derive(Debug, Parser)]
#[command(name = RELAY, version)]
struct RelayCli {
    #[command(flatten)]
    relay: RelayArgs,
    #[command(flatten)]
    common: Common,
}

/// What every verb understands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Common {
    /// The configuration file; without this, /etc/lampfield/lampfield.toml for root and
    /// ~/.config/lampfield/lampfield.toml for other users, if it exists
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder, instead of the one in the configuration
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// How long to wait for the server
    #[arg(long, global = true, value_name = "TIME", default_value = "10s")]
    #[arg(value_parser = moment::some_time)]
    pub timeout: Duration,
    /// Colours: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(hide_possible_values = true)]
    pub color: Color,
    /// Use plain ASCII instead of symbols
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Print nothing on success, except what can be shown only once, such as a new password
    #[arg(long, global = true)]
    pub quiet: bool,
}

// === impl Common ===

impl Common {
    /// A text whose commands reach the same server when they are typed.
    pub fn retyped(&self, text: &str) -> String {
        retyped(text, self.config.as_deref(), self.data_dir.as_deref())
    }
}

/// The arguments of `lampfield serve`.
#[derive(Debug, Default, Args)]
pub struct ServeArgs {
    /// Where to listen for Asterisk, instead of `listen` in the configuration; may be repeated
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    pub listen: Vec<SocketAddr>,
    /// Stop when standard input ends: whoever has started it for itself takes it along
    #[arg(long, hide = true)]
    pub until_eof: bool,
}

/// What `lampfield` is to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Runs the server in the foreground.
    Serve(ServeArgs),
    /// Checks whether the server would start with this configuration, without starting anything.
    Check(CheckArgs),
    /// Is it all right?
    Status(StatusArgs),
    /// What decides this lamp?
    Why(WhyArgs),
    /// Who said what about this lamp, and when?
    History(HistoryArgs),
    /// Shows changes as they happen, one line each.
    Watch(WatchArgs),
    /// Shows the server, the PBXs and their lamps on one screen, live.
    Top(TopArgs),
    /// Lists lamps with what they show.
    List(ListArgs),
    /// Sets a lamp by hand.
    Set(SetArgs),
    /// Withdraws a value that was set by hand.
    Clear(ClearArgs),
    /// Adds, lists, changes and removes accounts.
    User(UserArgs),
    /// Prints the complete xmpp.conf for one more Asterisk PBX.
    Invite(InviteArgs),
    /// Lists, adds, changes and removes served domains.
    Domain(DomainArgs),
    /// Who has changed what?
    Audit(AuditArgs),
    /// What is broken here, and how do I fix it?
    Doctor(DoctorArgs),
    /// Collects what a bug report needs in one file, without secrets.
    Report(ReportArgs),
    /// Reads the configuration file again.
    Reload,
    /// Replaces the server's own keys.
    Rotate(RotateArgs),
    /// Changes what the running server logs.
    Log(LogArgs),
    /// Connects the PBX on this machine to a server on another machine.
    Relay(RelayArgs),
    /// Shows lamps at work, with a temporary server and simulated PBXs.
    Demo(DemoArgs),
    /// Runs a simulated PBX that speaks like Asterisk, against any server.
    FakePbx(FakePbxArgs),
    /// Puts an XMPP server under load and measures it.
    Bench(lampfield_bench::Bench),
    /// Explains a command, a code or a configuration key; prints completions and man pages.
    Help(HelpArgs),
}

/// The arguments of `lampfield relay`.
#[derive(Debug, Args)]
pub struct RelayArgs {
    /// The address to which the PBX on this machine connects, in clear text; not needed if systemd
    /// opens the socket
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    pub listen: Option<SocketAddr>,
    /// The server; may be repeated, and the servers are tried in this order
    #[arg(long, value_name = "HOST[:PORT]", required = true)]
    pub to: Vec<Target>,
    /// SHA-256 of the server's certificate or of its public key, as `lampfield status` on the server
    /// prints it; may be repeated, for a change of keys
    #[arg(long, value_name = "SHA256HEX")]
    pub fingerprint: Vec<Fingerprint>,
    /// PEM file with the certificate authorities to trust; without this and --fingerprint, those that
    /// this machine trusts
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

/// The arguments of `lampfield check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The file to check
    pub file: Option<PathBuf>,
    /// Print the effective value of every key as a configuration file, without passwords
    #[arg(long)]
    pub effective: bool,
    /// What `serve` would be told besides the file.
    #[command(flatten)]
    pub serve: ServeArgs,
    /// Print the reference of all keys
    #[arg(long, hide = true)]
    pub reference: bool,
}

/// The arguments of `lampfield status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Wait until all is well, but no longer than this
    #[arg(long, value_name = "TIME", value_parser = moment::some_time)]
    pub wait: Option<Duration>,
    /// text, or nagios: one line, with the exit statuses of monitoring plugins
    #[arg(long, value_name = "FORM", default_value = "text", hide_possible_values = true)]
    pub format: Format,
}

/// Who reads the answer to `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people, with colours on a terminal.
    Text,
    /// Nagios, Icinga and what understands their checks.
    Nagios,
}

/// The arguments of `lampfield why`.
#[derive(Debug, Clone, Args)]
pub struct WhyArgs {
    /// A lamp: PJSIP/100, 100, 1000@default, queue/support; a pattern lists: 'PJSIP/1*'
    pub subject: String,
    /// At a time in the past: 14:03 (the most recent one), -10m, 2026-11-21T14:03:00Z
    #[arg(long, value_name = "MOMENT", value_parser = moment::moment)]
    #[arg(allow_hyphen_values = true)]
    pub at: Option<WallTime>,
    /// The kind, if several kinds have this name: device, mailbox and so on
    #[arg(long, value_name = "KIND", value_parser = Kind::from_str)]
    pub kind: Option<Kind>,
    /// The board, if there are several: its name or that of a domain
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

/// The arguments of `lampfield history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// A lamp: PJSIP/100, 1000@default, queue/support
    pub subject: String,
    /// The kind, if several kinds have this name: device, mailbox and so on
    #[arg(long, value_name = "KIND", value_parser = Kind::from_str)]
    pub kind: Option<Kind>,
    /// Only the last 10m or 2h, for example, or since a time of day (14:03)
    #[arg(long, value_name = "TIME", value_parser = moment::since)]
    #[arg(allow_hyphen_values = true)]
    pub since: Option<WallTime>,
    /// Show at most this many changes
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub limit: usize,
    /// The board, if there are several: its name or that of a domain
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

/// The arguments of `lampfield watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Only these lamps: names ('PJSIP/1*', 100-149, night) and terms (mailbox, state:inuse, site:berlin, origin:pbx-1); all must match; 'not' before a term negates it
    pub filter: Vec<String>,
    /// Only lamps of this kind: device, mailbox and so on
    #[arg(long, value_name = "KIND", value_parser = Kind::from_str)]
    pub kind: Option<Kind>,
    /// End after this many changes
    #[arg(long, value_name = "COUNT")]
    pub count: Option<u64>,
    /// End after this time
    #[arg(long = "for", value_name = "TIME", value_parser = moment::some_time)]
    pub span: Option<Duration>,
    /// The board, if there are several: its name or that of a domain
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

/// The arguments of `lampfield top`.
#[derive(Debug, Args)]
pub struct TopArgs {
    /// Only these lamps: names ('PJSIP/1*', 100-149, night) and terms (mailbox, state:inuse, site:berlin, origin:pbx-1); all must match; 'not' before a term negates it
    pub filter: Vec<String>,
    /// The board, if there are several: its name or that of a domain
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

// === impl WatchArgs ===

impl WatchArgs {
    /// The filter that was typed, if one was.
    pub fn filter(&self) -> Option<String> {
        joined(&self.filter)
    }
}

/// The arguments of `lampfield list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only these lamps: names ('PJSIP/1*', 100-149, night) and terms (mailbox, state:inuse, site:berlin, origin:pbx-1, is:stale, 'for:>2h'); all must match; 'not' before a term negates it
    pub filter: Vec<String>,
    /// Only lamps of this kind: device, mailbox and so on
    #[arg(long, value_name = "KIND", value_parser = Kind::from_str)]
    pub kind: Option<Kind>,
    /// Sort by name, since (when the lamp changed last), value or facts (how many); -since and so on reverse the order
    #[arg(long, value_name = "ORDER", default_value = "name", value_parser = Order::from_str)]
    #[arg(allow_hyphen_values = true)]
    pub sort: Order,
    /// Show at most this many lamps
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub limit: usize,
    /// Show all, up to 10,000
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
    /// The columns to show: subject, lamp, for (how long it has shown this), facts (how many), by (who reports it), site
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', hide_possible_values = true)]
    #[arg(value_enum, default_values_t = USUAL, hide_default_value = true)]
    pub columns: Vec<Column>,
    /// The board, if there are several: its name or that of a domain
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

// === impl ListArgs ===

impl ListArgs {
    /// The filter that was typed, if one was.
    pub fn filter(&self) -> Option<String> {
        joined(&self.filter)
    }
}

/// The words of a filter, which a shell has taken apart.
fn joined(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| words.join(" "))
}

/// The arguments of `lampfield set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// The lamp: device/Custom:night, or only the name if it shows the kind, as Custom:night does
    pub subject: String,
    /// The kind, if several kinds have this name: device, mailbox and so on
    #[arg(long, value_name = "KIND", value_parser = Kind::from_str)]
    pub kind: Option<Kind>,
    /// The value: for a device its state, for other kinds JSON: '{"new":3,"old":0}'
    pub value: String,
    /// Withdraw it after this time (10m, 2h); only for kinds whose values can end
    #[arg(long = "for", value_name = "TIME", value_parser = moment::some_time)]
    pub span: Option<Duration>,
    /// Keep it until lampfield clear ends it; required where --for is not possible
    #[arg(long)]
    pub keep: bool,
    /// The board, if there are several: its name or that of a domain
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

/// The arguments of `lampfield clear`.
#[derive(Debug, Clone, Args)]
pub struct ClearArgs {
    /// The lamp: device/Custom:night, or its name alone
    pub subject: String,
    /// The kind, if several kinds have this name: device, mailbox and so on
    #[arg(long, value_name = "KIND", value_parser = Kind::from_str)]
    pub kind: Option<Kind>,
    /// Withdraw what every PBX reports, for example one that died; a connected PBX reports again at its next change
    #[arg(long)]
    pub all: bool,
    /// The board, if there are several: its name or that of a domain
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

/// The arguments of `lampfield user`.
#[derive(Debug, Args)]
pub struct UserArgs {
    /// What to do with accounts.
    #[command(subcommand)]
    pub action: UserAction,
}

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum UserAction {
    /// Adds an account; you type its password, pipe it in, or let the server make it.
    Add(UserAddArgs),
    /// Lists the accounts, never their passwords.
    List {
        /// Only those of this domain
        #[arg(long)]
        domain: Option<String>,
    },
    /// Changes the site, the labels or the rights of an account that a command has added.
    Change(UserChangeArgs),
    /// Gives an account another password.
    Passwd {
        /// NAME or NAME@DOMAIN
        name: String,
        /// Let the server make the password and print it
        #[arg(long)]
        generate: bool,
    },
    /// Stops waiting for a PBX that will not come back under this resource.
    ForgetResource {
        /// NAME or NAME@DOMAIN
        name: String,
        /// The resource, as `user list` shows it under AWAY
        resource: String,
    },
    /// Removes an account, its connections and its facts.
    Remove {
        /// NAME or NAME@DOMAIN
        name: String,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

/// The arguments of `lampfield user add`.
#[derive(Debug, Args)]
pub struct UserAddArgs {
    /// NAME or NAME@DOMAIN
    pub name: String,
    /// Its role: pbx, user or admin
    #[arg(long, default_value = "pbx")]
    pub role: String,
    /// The names it may publish, instead of the default for its role; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub allow: Vec<String>,
    /// The names it may hear, instead of all names; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub hear: Vec<String>,
    /// Its site, which decides the [[map]] rules that apply to it
    #[arg(long)]
    pub site: Option<String>,
    /// A word to find it by; may be repeated
    #[arg(long)]
    pub label: Vec<String>,
    /// It logs in without SASL (usesasl=no), so its password is stored in clear text
    #[arg(long)]
    pub legacy_auth: bool,
    /// Let the server make the password and print it
    #[arg(long)]
    pub generate: bool,
}

/// The arguments of `lampfield user change`.
#[derive(Debug, Args)]
pub struct UserChangeArgs {
    /// NAME or NAME@DOMAIN
    pub name: String,
    /// The names it may publish from now on, replacing the old ones; may be repeated, '' for none
    #[arg(long, value_name = "PATTERN")]
    pub allow: Vec<String>,
    /// The names it may hear from now on, replacing the old ones; may be repeated, '' for none
    #[arg(long, value_name = "PATTERN")]
    pub hear: Vec<String>,
    /// The site whose [[map]] rules apply to its next connections; '' for none
    #[arg(long)]
    pub site: Option<String>,
    /// A word to find it by, replacing the old ones; may be repeated, '' for none
    #[arg(long)]
    pub label: Vec<String>,
}

/// The arguments of `lampfield invite`.
#[derive(Debug, Clone, Args)]
pub struct InviteArgs {
    /// The name of the new PBX
    #[arg(required_unless_present = "from")]
    pub name: Option<String>,
    /// Invite every PBX that this file names, one per line; - for standard input
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub from: Option<PathBuf>,
    /// Its domain, if not the first one
    #[arg(long)]
    pub domain: Option<String>,
    /// Do not use a relay: Asterisk connects to this server directly
    #[arg(long)]
    pub direct: bool,
    /// Make a new secret; the old one stops working
    #[arg(long)]
    pub rotate: bool,
}

/// The arguments of `lampfield rotate`.
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// The secret that is replaced.
    #[command(subcommand)]
    pub what: RotateAction,
}

/// The secrets of the server itself.
#[derive(Debug, Subcommand)]
pub enum RotateAction {
    /// Makes a new key for the passwords of invited PBXs.
    InviteKey,
    /// Makes a new key and certificate for a domain whose certificate Lampfield makes.
    Certificate {
        /// The domain, if not the first one
        domain: Option<String>,
        /// Use the new one from now on; without this it waits until the relays know it
        #[arg(long)]
        now: bool,
    },
}

/// The arguments of `lampfield domain`.
#[derive(Debug, Args)]
pub struct DomainArgs {
    /// What to do with domains.
    #[command(subcommand)]
    pub action: DomainAction,
}

/// What to do with domains.
#[derive(Debug, Subcommand)]
pub enum DomainAction {
    /// Lists the served domains.
    List,
    /// Serves one more domain, from now on and after every start.
    Add {
        /// The name after the @ of its accounts
        name: String,
        /// The board for its facts, if not one of its own: the name of a board, or another domain
        #[arg(long, value_name = "NAME")]
        board: Option<String>,
        /// How accounts can be made: closed (only by command) or in-band (also by clients)
        #[arg(long, default_value = "closed")]
        registration: String,
        /// Show its PBXs the capabilities that others announce
        #[arg(long)]
        show_caps: bool,
    },
    /// Changes a domain that was added at run time.
    Change {
        /// The name of the domain
        name: String,
        /// How accounts can be made: closed (only by command) or in-band (also by clients)
        #[arg(long)]
        registration: Option<String>,
        /// Whether its PBXs are shown the capabilities that others announce: true or false
        #[arg(long, value_name = "WHETHER", hide_possible_values = true)]
        show_caps: Option<bool>,
    },
    /// Removes a domain that was added at run time, with its accounts, rosters, facts and PubSub nodes.
    Remove {
        /// The name of the domain
        name: String,
        /// Remove it; without this, only show what would be removed
        #[arg(long)]
        yes: bool,
    },
}

/// The arguments of `lampfield audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Only entries of the last 10m or 2h, for example, or since a time of day (14:03)
    #[arg(long, value_name = "TIME", value_parser = moment::since)]
    #[arg(allow_hyphen_values = true)]
    pub since: Option<WallTime>,
    /// Only what one actor did: owner, an account, or the name of a token; or account, token or script for all of that kind
    #[arg(long, value_name = "WHO")]
    pub actor: Option<String>,
    /// Only this operation: 'user add'; or every operation that begins with this word: user
    #[arg(long, value_name = "NAME")]
    pub operation: Option<String>,
    /// Show at most this many entries
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub limit: usize,
    /// Only one board: its name or that of a domain, even one that was removed
    #[arg(long, value_name = "NAME")]
    pub board: Option<String>,
}

/// The arguments of `lampfield doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Only these groups or checks: tls,dns or tls/end
    #[arg(long, value_name = "GROUPS", value_delimiter = ',')]
    pub only: Vec<Only>,
    /// Make two temporary accounts and measure how long a state takes from one to the other
    #[arg(long)]
    pub end_to_end: bool,
    /// Fix what can be fixed without harm, after showing the changes
    #[arg(long)]
    pub fix: bool,
    /// Do not ask before fixing
    #[arg(long, requires = "fix")]
    pub yes: bool,
}

/// The arguments of `lampfield report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The file to write, which must not exist yet; by default one in the current folder, with the time
    /// in its name
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// The arguments of `lampfield log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// What to do with the log.
    #[command(subcommand)]
    pub action: LogAction,
}

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub enum LogAction {
    /// Changes what is logged, until the next start.
    Set {
        /// error, warn, info, debug or trace; by part: info,lampfield_xmpp=debug
        levels: String,
    },
}

/// The arguments of `lampfield help`.
#[derive(Debug, Args)]
pub struct HelpArgs {
    /// A command (user add), a code (not-reached), a configuration key (history.keep), `completions` and a shell, or `man`
    /// and a command
    pub topic: Vec<String>,
}

/// Everything that can be typed, with its help.
pub fn command() -> Command {
    coloured(examples::decorated(Cli::command()))
}

/// What can be typed in the place of these words: all of it, or under the name of the relay's package what belongs to
/// a relay.
pub fn command_for<T: AsRef<OsStr>>(typed: &[T]) -> Command {
    match is_relay(typed) {
        true => coloured(examples::of_relay(RelayCli::command(), RELAY)),
        false => command().name(called(typed)),
    }
}

/// By our own rule for colours: the library's has exceptions, such as the machines of continuous integration.
fn coloured(command: Command) -> Command {
    let choice = if is_coloured(&io::stdout()) { ColorChoice::Auto } else { ColorChoice::Never };
    command.color(choice)
}

/// Reads the command line.
///
/// # Errors
/// It is wrong, or help was asked for.
pub fn parse() -> Result<Cli, clap::Error> {
    as_called(std::env::args_os().collect())
}

/// What this program is called here.
pub fn program() -> &'static str {
    called(&std::env::args_os().take(1).collect::<Vec<_>>())
}

fn called<T: AsRef<OsStr>>(typed: &[T]) -> &'static str {
    if is_named_relay(typed) { RELAY } else { PROGRAM }
}

fn as_called(mut typed: Vec<OsString>) -> Result<Cli, clap::Error> {
    if !is_relay(&typed) {
        return read(typed);
    }
    // `lampfield-relay relay`, as one is used to type.
    if typed.get(1).is_some_and(|word| word == VERB) {
        typed.remove(1);
    }
    let matches = command_for(&typed).try_get_matches_from_mut(typed)?;
    let RelayCli { relay, common } = RelayCli::from_arg_matches(&matches)?;
    Ok(Cli { serve: ServeArgs::default(), common, verb: Some(Verb::Relay(relay)) })
}

/// Under the name of the relay's package this program is `lampfield relay`; `help CODE` is there too, for
/// what the relay logs.
fn is_relay<T: AsRef<OsStr>>(typed: &[T]) -> bool {
    let is_other = |word: &T| {
        let word = word.as_ref();
        word != VERB && !word.as_encoded_bytes().starts_with(b"-")
    };
    is_named_relay(typed) && !typed.get(1).is_some_and(is_other)
}

fn is_named_relay<T: AsRef<OsStr>>(typed: &[T]) -> bool {
    let program = typed.first().map(AsRef::as_ref);
    program.map(Path::new).and_then(Path::file_name) == Some(RELAY.as_ref())
}

fn address(typed: &str) -> Result<SocketAddr, String> {
    let wanted = "write an address and a port, such as 127.0.0.1:5222 or 0.0.0.0:5222, not a name";
    typed.parse().map_err(|_| wanted.to_owned())
}

/// Reads a command line that begins with the program.
///
/// # Errors
/// As [`parse`].
pub fn read<T: Into<OsString> + Clone>(
    typed: impl IntoIterator<Item = T>,
) -> Result<Cli, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(typed)?;
    let cli = Cli::from_arg_matches(&matches)?;
    match &cli.verb {
        // It would be taken for `lampfield` alone and then forgotten.
        Some(_) if !cli.serve.listen.is_empty() => {
            let wrong = "--listen belongs after serve: lampfield serve --listen ADDRESS:PORT";
            Err(command.error(ErrorKind::ArgumentConflict, wrong))
        }
        _ => Ok(cli),
    }
}

#[cfg(test)]
mod tests {
    use clap::Arg;
    use clap::builder::StyledStr;
    use lampfield_operations::OPERATIONS;
    use lampfield_operations::{Argument, Definition, Form, Need};

    use super::*;

    #[test]
    fn its_name_makes_it_a_relay() {
        let read = |words: &str| as_called(words.split(' ').map(OsString::from).collect());
        let verb = |words: &str| read(words).expect("it can be typed").verb;
        assert!(matches!(verb("/usr/bin/lampfield-relay --to a"), Some(Verb::Relay(_))));
        assert!(matches!(verb("lampfield-relay help no-tls"), Some(Verb::Help(_))));
        assert!(matches!(verb("lampfield-relay relay --to a"), Some(Verb::Relay(_))));
        let shown = |words: &str| read(words).expect_err("a text").to_string();
        assert!(shown("lampfield-relay --version").starts_with("lampfield-relay "));
        for help in ["lampfield-relay --help", "lampfield-relay relay --help"].map(shown) {
            assert!(help.contains("Usage: lampfield-relay [OPTIONS] --to"), "{help}");
            assert!(help.contains("  lampfield-relay --listen 127.0.0.1:5222 --to"), "{help}");
            assert!(!help.contains("lampfield relay"), "{help}");
        }
        for (typed, name) in [
            (["lampfield", "relay"], "lampfield"),
            (["lampfield-relay", "relay"], "lampfield-relay"),
            (["lampfield-relay", "status"], "lampfield-relay"),
        ] {
            assert_eq!(command_for(&typed).get_name(), name, "{typed:?}");
        }
    }

    #[test]
    fn the_definitions_are_sound() {
        command().debug_assert();
    }

    #[test]
    fn without_a_verb_it_serves_with_the_same_options() {
        let address = "192.0.2.1:5222".parse().expect("an address");
        let alone = read(["lampfield", "--listen", "192.0.2.1:5222"]).expect("serves");
        assert!(alone.verb.is_none());
        assert_eq!(alone.serve.listen, [address]);
        assert!(read(["lampfield", "--listen", "192.0.2.1:5222", "status"]).is_err());
        assert!(read(["lampfield", "serve", "--listen", "192.0.2.1:5222"]).is_ok());
    }

    #[test]
    fn times_that_mean_nothing_are_refused_with_what_can_be_written() {
        let refused = |typed: &[&str]| read(typed).expect_err("no such time").to_string();
        let said = refused(&["lampfield", "status", "--timeout", "0s"]);
        assert!(said.contains("longer than zero, such as 10s"), "{said}");
        let said = refused(&["lampfield", "history", "PJSIP/100", "--since", "yesterday"]);
        assert!(said.contains("10m, 2h, 14:03"), "{said}");
        assert!(read(["lampfield", "why", "PJSIP/100", "--at", "-10m"]).is_ok());
    }

    /// What only the command line knows: how it shows an answer, or where a password comes from.
    const ONLY_HERE: [(&str, &str); 11] = [
        ("list", "all"),
        ("list", "columns"),
        ("status", "wait"),
        ("status", "format"),
        ("watch", "count"),
        ("watch", "for"),
        ("user add", "generate"),
        ("user passwd", "generate"),
        ("user remove", "yes"),
        ("invite", "direct"),
        ("invite", "from"),
    ];

    /// What may be left out only here: `invite --from` does the operation for each name in a file.
    const MAY_LACK: [(&str, &str); 1] = [("invite", "name")];

    /// The verb of an operation.
    fn verb_of(operation: &Definition) -> Command {
        let found = operation
            .name
            .split(' ')
            .try_fold(command(), |command, word| command.find_subcommand(word).cloned());
        found.unwrap_or_else(|| panic!("{} is no verb", operation.name))
    }

    /// A help text, as the library shows it.
    fn shown(about: Option<&StyledStr>) -> String {
        about.map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn every_operation_is_a_verb_with_the_same_arguments_and_help() {
        for operation in OPERATIONS {
            let verb = verb_of(operation);
            assert_eq!(shown(verb.get_about()), operation.about.trim_end_matches('.'));
            let typed = verb.get_arguments().filter(|argument| !argument.is_global_set());
            let typed: Vec<_> = typed.filter(|argument| argument.get_id() != "help").collect();
            for argument in operation.arguments {
                let Argument { name, about, form, need } = argument;
                let known = typed.iter().find(|known| called(known) == *name);
                if *form == Form::Secret {
                    assert!(known.is_none(), "{}: {name} can be typed", operation.name);
                    continue;
                }
                let known = known.unwrap_or_else(|| panic!("{}: no {name}", operation.name));
                assert_eq!(shown(known.get_help()), *about, "{}", operation.name);
                let may_lack = MAY_LACK.contains(&(operation.name, *name));
                let is_required = *need == Need::Required && !may_lack;
                assert_eq!(known.is_required_set(), is_required, "{name}");
                let default = known.get_default_values().first().and_then(|value| value.to_str());
                let default = default.filter(|_| *form != Form::Switch);
                let Need::Default(meant) = need else { continue };
                assert_eq!(default.unwrap_or("false"), *meant, "{}: {name}", operation.name);
            }
            for known in typed.iter().map(|known| called(known)) {
                let is_here = ONLY_HERE.contains(&(operation.name, known.as_str()));
                assert_ne!(
                    operation.argument(&known).is_some(),
                    is_here,
                    "{}: {known}",
                    operation.name
                );
            }
        }
    }

    /// What an argument is called: its option, or its place.
    fn called(argument: &Arg) -> String {
        let name = argument.get_long().unwrap_or(argument.get_id().as_str());
        name.replace('-', "_")
    }

    #[test]
    fn every_example_can_be_typed() {
        for (verb, shown) in examples::EXAMPLES {
            for example in shown {
                assert!(example.starts_with(verb) || verb == "lampfield", "{example}");
                // What a shell would take away from the arguments.
                let typed = example.split(['<', '>']).next().unwrap_or_default().replace('\'', "");
                let typed = typed.replace("SHA256HEX", &"0".repeat(64));
                let parsed = read(typed.split_whitespace());
                assert!(parsed.is_ok(), "{example}: {parsed:?}");
            }
        }
    }
}
