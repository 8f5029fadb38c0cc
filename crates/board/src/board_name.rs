//! Which board: the name under which the domains that share it know it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of a board, by default that of its domain: 1 to 255 bytes of letters of any language, digits, `.`, `-`,
/// `_`, and the `[`, `]` and `:` of an IPv6 address. Compared byte by byte. Cloning is cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BoardName(Arc<str>);

/// The text cannot be the name of a board.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" cannot be the name of a board; it has 1 to 255 bytes of letters, digits, \".\", \"-\" and \"_\", and is not \
     \"{all}\"", all = BoardName::ALL
)]
pub struct BoardNameError(pub String);

// === impl BoardName ===

impl BoardName {
    /// What stands for every board where one is asked for, and so is the name of none.
    pub const ALL: &'static str = "all";

    /// Checks and keeps a name.
    ///
    /// # Errors
    /// When it is too long, has another character, or is [`BoardName::ALL`].
    pub fn parse(text: &str) -> Result<Self, BoardNameError> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']' | ':');
        let is_one = (1..=255).contains(&text.len()) && text.chars().all(fits) && text != Self::ALL;
        if is_one { Ok(Self(text.into())) } else { Err(BoardNameError(text.to_owned())) }
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BoardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for BoardName {
    type Err = BoardNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_can_be_one_and_nothing_that_would_end_a_key() {
        for name in [
            "asterisk.example",
            "localhost",
            "bücher.example",
            "head_office-2",
            "10.0.0.1",
            "[::1]",
        ] {
            assert!(BoardName::parse(name).is_ok(), "{name}");
        }
        for wrong in ["", "all", "a|b", "a b", "a/b", "a%b", &"x".repeat(256)] {
            assert!(BoardName::parse(wrong).is_err(), "{wrong}");
        }
    }
}
