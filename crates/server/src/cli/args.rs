//! Everything that can be typed. The documentation of each item is its help; every verb has one
//! sentence and three examples that work on a fresh install.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::screen::Color;

/// Shares device states and message waiting between Asterisk servers.
#[derive(Debug, Parser)]
#[command(name = "lampfield", version, disable_help_subcommand = true)]
pub struct Cli {
    /// What every verb understands.
    #[command(flatten)]
    pub common: Common,
    /// What to do; serves if nothing is said.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// What every verb understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Common {
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The data folder, instead of the one in the configuration
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// One JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// How long to wait for the server
    #[arg(long, global = true, value_name = "TIME", default_value = "10s")]
    #[arg(value_parser = humantime::parse_duration)]
    pub timeout: Duration,
    /// Colours: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    #[arg(hide_possible_values = true)]
    pub color: Color,
    /// Plain letters instead of signs
    #[arg(long, global = true)]
    pub ascii: bool,
}

/// `serve`
#[derive(Debug, Default, Args)]
pub struct Serve {
    /// Where to listen for Asterisk, instead of `listen` in the configuration; again for more
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Vec<SocketAddr>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Runs the server in the foreground.
    Serve(Serve),
    /// Tells whether this configuration would start, without starting anything.
    Check(Check),
    /// Is it all right?
    Status,
    /// What decides this lamp?
    Why(Why),
    /// Who said what about this lamp, and when?
    History(History),
    /// Shows changes as they come, one line each.
    Watch(Watch),
    /// Adds, lists and removes accounts.
    User(User),
    /// Prints the complete xmpp.conf for one more Asterisk server.
    Invite(Invite),
    /// Lists the served domains.
    Domain(Domain),
    /// Changes what the running server logs.
    Log(Log),
    /// Loads an XMPP server and measures it.
    Bench(lampfield_bench::Bench),
}

/// `check`
#[derive(Debug, Args)]
pub struct Check {
    /// The file to check
    pub file: Option<PathBuf>,
    /// Print everything that is in force, with secrets masked
    #[arg(long)]
    pub effective: bool,
    /// Print the reference of all keys
    #[arg(long, hide = true)]
    pub reference: bool,
}

/// `why`
#[derive(Debug, Args)]
pub struct Why {
    /// A device or mailbox: PJSIP/100, 1000@default, device/PJSIP/100
    pub subject: String,
}

/// `history`
#[derive(Debug, Args)]
pub struct History {
    /// A device or mailbox: PJSIP/100, 1000@default, device/PJSIP/100
    pub subject: String,
    /// Only the last so much time
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub since: Option<Duration>,
    /// At most so many changes
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub limit: usize,
}

/// `watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// A pattern: 'PJSIP/1*', 'device/*', 'mailbox/*@default'
    pub filter: Option<String>,
    /// End after so many changes
    #[arg(long, value_name = "COUNT")]
    pub count: Option<u64>,
    /// End after so much time
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub span: Option<Duration>,
}

/// `user`
#[derive(Debug, Args)]
pub struct User {
    /// What to do with accounts.
    #[command(subcommand)]
    pub action: UserAction,
}

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum UserAction {
    /// Adds an account; its password comes from the terminal or standard input, or is made.
    Add(UserAdd),
    /// Lists the accounts, never their passwords.
    List {
        /// Only those of this domain
        #[arg(long)]
        domain: Option<String>,
    },
    /// Gives an account another password.
    Passwd {
        /// NAME or NAME@DOMAIN
        name: String,
        /// Let the server make the password and print it once
        #[arg(long)]
        generate: bool,
    },
    /// Removes an account, its connections and what it said.
    Remove {
        /// NAME or NAME@DOMAIN
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// `user add`
#[derive(Debug, Args)]
pub struct UserAdd {
    /// NAME or NAME@DOMAIN
    pub name: String,
    /// What it may do: pbx, user or admin
    #[arg(long, default_value = "pbx")]
    pub role: String,
    /// The names it may publish, if not what is usual for its role; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub allow: Vec<String>,
    /// It logs in without SASL (usesasl=no): its password is kept readable
    #[arg(long)]
    pub legacy_auth: bool,
    /// Let the server make the password and print it once
    #[arg(long)]
    pub generate: bool,
}

/// `invite`
#[derive(Debug, Args)]
pub struct Invite {
    /// The name of the new server
    pub name: String,
    /// Its domain, if not the first
    #[arg(long)]
    pub domain: Option<String>,
    /// Make a new secret; the old one ends
    #[arg(long)]
    pub rotate: bool,
}

/// `domain`
#[derive(Debug, Args)]
pub struct Domain {
    /// What to do with domains.
    #[command(subcommand)]
    pub action: DomainAction,
}

/// What to do with domains.
#[derive(Debug, Subcommand)]
pub enum DomainAction {
    /// Lists them.
    List,
}

/// `log`
#[derive(Debug, Args)]
pub struct Log {
    /// What to do with the log.
    #[command(subcommand)]
    pub action: LogAction,
}

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub enum LogAction {
    /// Changes the levels until the next start.
    Set {
        /// error, warn, info, debug or trace; by part: info,lampfield_xmpp=debug
        levels: String,
    },
}

/// Reads the command line.
///
/// # Errors
/// It is wrong, or help was asked for.
pub fn parse() -> Result<Cli, clap::Error> {
    Cli::from_arg_matches(&command().try_get_matches()?)
}

/// The sentence first, then the examples, then the flags.
const TEMPLATE: &str = "{about-with-newline}\n{before-help}{usage-heading} {usage}\n\n{all-args}";

/// Three examples for each verb, by its path.
const EXAMPLES: [(&str, [&str; 3]); 16] = [
    ("lampfield", ["lampfield", "lampfield invite pbx-1", "lampfield status"]),
    (
        "lampfield serve",
        [
            "lampfield serve",
            "lampfield serve --config lampfield.toml",
            "lampfield serve --listen 0.0.0.0:5222",
        ],
    ),
    (
        "lampfield check",
        [
            "lampfield check",
            "lampfield check lampfield.toml",
            "lampfield check --effective > lampfield.toml",
        ],
    ),
    (
        "lampfield status",
        ["lampfield status", "lampfield status --json", "lampfield status --ascii"],
    ),
    (
        "lampfield why",
        [
            "lampfield why PJSIP/100",
            "lampfield why 1000@default",
            "lampfield why device/Custom:night --json",
        ],
    ),
    (
        "lampfield history",
        [
            "lampfield history PJSIP/100",
            "lampfield history PJSIP/100 --since 10m",
            "lampfield history 1000@default --limit 5 --json",
        ],
    ),
    (
        "lampfield watch",
        [
            "lampfield watch",
            "lampfield watch 'device/PJSIP/1*' --for 10s",
            "lampfield watch --json --count 100",
        ],
    ),
    (
        "lampfield user",
        ["lampfield user list", "lampfield user add pbx-2", "lampfield user remove pbx-2"],
    ),
    (
        "lampfield user add",
        [
            "lampfield user add pbx-2 --generate",
            "lampfield user add anna --role user",
            "lampfield user add pbx-3 --allow 'PJSIP/3*' < secret.txt",
        ],
    ),
    (
        "lampfield user list",
        [
            "lampfield user list",
            "lampfield user list --domain localhost",
            "lampfield user list --json",
        ],
    ),
    (
        "lampfield user passwd",
        [
            "lampfield user passwd anna",
            "lampfield user passwd anna --generate",
            "lampfield user passwd anna@localhost < secret.txt",
        ],
    ),
    (
        "lampfield user remove",
        [
            "lampfield user remove pbx-2",
            "lampfield user remove pbx-2 --yes",
            "lampfield user remove anna@localhost",
        ],
    ),
    (
        "lampfield invite",
        [
            "lampfield invite pbx-2",
            "lampfield invite pbx-2 --rotate",
            "lampfield invite pbx-2 --json",
        ],
    ),
    (
        "lampfield domain",
        ["lampfield domain list", "lampfield domain list --json", "lampfield domain list --ascii"],
    ),
    (
        "lampfield log",
        [
            "lampfield log set debug",
            "lampfield log set info,lampfield_xmpp=debug",
            "lampfield log set info",
        ],
    ),
    (
        "lampfield bench",
        [
            "lampfield bench fanout --raw",
            "lampfield bench mesh --servers 8 --password-file secret.txt --tls",
            "lampfield bench open --node bench --register --pid 4711",
        ],
    ),
];

fn command() -> Command {
    decorate(Cli::command(), "lampfield")
}

fn decorate(command: Command, path: &str) -> Command {
    let examples = EXAMPLES.iter().find(|(of, _)| *of == path);
    let shown: String = examples
        .iter()
        .flat_map(|(_, examples)| examples)
        .map(|example| format!("  {example}\n"))
        .collect();
    let mut command = command.help_template(TEMPLATE);
    if !shown.is_empty() {
        command = command.before_help(format!("Examples:\n{shown}"));
    }
    let verbs: Vec<String> =
        command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    verbs.into_iter().fold(command, |command, verb| {
        command.mut_subcommand(&verb, |sub| decorate(sub, &format!("{path} {verb}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_example_can_be_typed() {
        for (verb, examples) in EXAMPLES {
            for example in examples {
                assert!(example.starts_with(verb) || verb == "lampfield", "{example}");
                // What a shell would take away from the arguments.
                let typed = example.split(['<', '>']).next().unwrap_or_default().replace('\'', "");
                let parsed = command().try_get_matches_from(typed.split_whitespace());
                assert!(parsed.is_ok(), "{example}: {parsed:?}");
            }
        }
    }
}
