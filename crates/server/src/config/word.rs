//! Values that are a word or something else: a lease of fixed length or `"auto"`, log levels for
//! all or by part.

use std::cmp::Ordering;
use std::str::FromStr;
use std::time::Duration;

use tracing_subscriber::filter::{LevelFilter, Targets};

use super::reader::{Given, Refused};
use super::value::{Value, none_of, text};

/// The parts that write to the log of a server, as the log calls them: our crates that do, and the libraries below.
const PARTS: [&str; 8] = [
    "lampfield",
    "lampfield_accounts",
    "lampfield_fabric",
    "lampfield_hub",
    "lampfield_operations",
    "lampfield_xmpp",
    "mio",
    "rustls",
];

/// How long facts outlive a lost connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grace {
    /// The same for all.
    Fixed(Duration),
    /// The pause predicted for each PBX.
    Auto,
}

/// What is logged: levels for all parts and for single ones.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLevels {
    typed: String,
    targets: Targets,
}

// === impl Grace ===

impl PartialOrd for Grace {
    /// `auto` is within every range: it has bounds of its own.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Fixed(left), Self::Fixed(right)) => left.partial_cmp(right),
            (Self::Auto, _) | (_, Self::Auto) => Some(Ordering::Equal),
        }
    }
}

impl Value for Grace {
    fn kind() -> String {
        "duration or \"auto\"".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        match given.value.get_ref().as_str() {
            Some("auto") => Ok(Self::Auto),
            _ => Duration::parse(given).map(Self::Fixed),
        }
    }

    fn show(&self) -> Option<String> {
        match self {
            Self::Fixed(time) => time.show(),
            Self::Auto => Some("\"auto\"".to_owned()),
        }
    }
}

// === impl LogLevels ===

impl LogLevels {
    /// The default: everything from `info` on.
    pub fn info() -> Self {
        let targets = Targets::new().with_default(tracing::Level::INFO);
        Self { typed: "info".to_owned(), targets }
    }

    /// The filter of the log.
    pub fn targets(&self) -> Targets {
        self.targets.clone()
    }

    /// The levels as they were written.
    pub fn as_str(&self) -> &str {
        &self.typed
    }
}

impl FromStr for LogLevels {
    type Err = Refused;

    fn from_str(typed: &str) -> Result<Self, Refused> {
        // A lone word that is no level would switch on everything of a part of that name.
        let is_level = |word: &str| !word.is_empty() && word.parse::<LevelFilter>().is_ok();
        let known = typed.split(',').all(|word| word.contains('=') || is_level(word));
        let Some(targets) = typed.parse().ok().filter(|_| known) else {
            return Err(Refused::new(format!("\"{typed}\" is not a level")).hint(
                "write error, warn, info, debug or trace; by part: \"info,lampfield_xmpp=debug\"",
            ));
        };
        let parts = typed.split(',').filter_map(|word| word.split_once('=')).map(|(part, _)| part);
        match parts.map(crate_of).find(|part| !PARTS.contains(part)) {
            Some(unknown) => Err(none_of(PARTS.into_iter(), unknown, "a part of the log")),
            None => Ok(Self { typed: typed.to_owned(), targets }),
        }
    }
}

/// A part may also be a module of one: `lampfield_xmpp::connection`.
fn crate_of(part: &str) -> &str {
    part.split("::").next().unwrap_or(part)
}

impl Value for LogLevels {
    fn kind() -> String {
        "log levels".to_owned()
    }

    fn parse(given: Given<'_>) -> Result<Self, Refused> {
        text(given)?.parse()
    }

    fn show(&self) -> Option<String> {
        Some(toml::Value::from(self.typed.as_str()).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_refused() {
        for typed in ["lala", "loud", "", "info,lala", "lampfield_xmpp", "a=lala"] {
            assert!(typed.parse::<LogLevels>().is_err(), "{typed}");
        }
        for typed in ["debug", "OFF", "info,lampfield_xmpp=debug", "info,lampfield_hub=off"] {
            assert!(typed.parse::<LogLevels>().is_ok(), "{typed}");
        }
    }

    #[test]
    fn a_part_that_does_not_log_is_refused() {
        let refused = "info,lampfild=debug".parse::<LogLevels>().expect_err("no such part");
        assert_eq!(refused.message, "\"lampfild\" is not a part of the log");
        let hint = refused.hint.expect("a hint");
        assert!(hint.starts_with("did you mean \"lampfield\"? It can be "), "{hint}");
        assert!("info,xmpp=debug".parse::<LogLevels>().is_err());
        assert!("lampfield_xmpp::turns=debug".parse::<LogLevels>().is_ok());
    }

    #[test]
    fn the_parts_are_our_crates_that_log() {
        let crates = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let crates = std::fs::read_dir(crates).expect("our crates").flatten();
        let logs = |folder: &std::fs::DirEntry| {
            let manifest = std::fs::read_to_string(folder.path().join("Cargo.toml"));
            manifest.is_ok_and(|text| text.contains("\ntracing.workspace"))
        };
        let name = |folder: std::fs::DirEntry| match folder.file_name().to_str() {
            Some("server") => "lampfield".to_owned(),
            other => format!("lampfield_{}", other.expect("a name")),
        };
        let mut names: Vec<_> = crates.filter(logs).map(name).collect();
        // It runs in a process of its own, whose levels are fixed.
        names.retain(|name| name != "lampfield_relay");
        names.sort();
        let ours: Vec<_> = PARTS.into_iter().filter(|part| part.starts_with("lampfield")).collect();
        assert_eq!(ours, names);
    }
}
