//! Values that are a word or something else: a lease of fixed length or `"auto"`, log levels for
//! all or by part.

use std::cmp::Ordering;
use std::str::FromStr;
use std::time::Duration;

use tracing_subscriber::filter::{LevelFilter, Targets};

use super::reader::{Given, Refused};
use super::value::{Value, text};

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
        let is_level = |part: &str| !part.is_empty() && part.parse::<LevelFilter>().is_ok();
        let known = typed.split(',').all(|part| part.contains('=') || is_level(part));
        match typed.parse() {
            Ok(targets) if known => Ok(Self { typed: typed.to_owned(), targets }),
            _ => Err(Refused::new(format!("\"{typed}\" is not a level")).hint(
                "write error, warn, info, debug or trace; by part: \"info,lampfield_xmpp=debug\"",
            )),
        }
    }
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
}
