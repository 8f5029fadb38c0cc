//! Patterns over names, for policies, rights and filters. Small on purpose and without escapes:
//! a name with a literal `*` (Asterisk's `Local/*97@x`) is matched by `?` or `*` in its place.
//!
//! Our own, because in the globs of the libraries `/`, `[`, `{` and `\` mean something, and device
//! names are full of them.

use std::fmt;
use std::str::FromStr;

/// A pattern over names: `*` stands for any characters or none, `?` for any one character, all
/// else for itself, with case. For example `PJSIP/1*`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(Box<str>);

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// An empty pattern would match nothing that exists.
    #[error("the pattern is empty; * matches everything")]
    Empty,
    /// The pattern is longer than [`Pattern::MAX_BYTES`].
    #[error("the pattern has {0} bytes; the limit is {max}", max = Pattern::MAX_BYTES)]
    TooLong(usize),
}

// === impl Pattern ===

impl Pattern {
    /// The longest pattern. It also bounds the time to match a name: at most this many steps for
    /// each byte of the name.
    pub const MAX_BYTES: usize = 255;

    /// Checks and keeps a pattern.
    ///
    /// # Errors
    /// When the text is empty or too long.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        match text.len() {
            0 => Err(PatternError::Empty),
            bytes if bytes > Self::MAX_BYTES => Err(PatternError::TooLong(bytes)),
            _ => Ok(Self(text.into())),
        }
    }

    /// The pattern that every name fits.
    #[must_use]
    pub fn everything() -> Self {
        Self("*".into())
    }

    /// Whether it is the one that every name fits, which is known without looking at a name.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        &*self.0 == "*"
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole name fits.
    ///
    /// Each `*` takes as little as it can; when what follows does not fit, only the latest `*`
    /// takes one character more. That is enough, since an earlier one taking more could only
    /// leave less of the name for the rest.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let mut pattern = self.0.chars();
        let mut rest = name.chars();
        let mut latest_star = None;
        loop {
            let here = rest.clone();
            match (pattern.next(), rest.next()) {
                (None, None) => return true,
                (Some('*'), _) => {
                    latest_star = Some((pattern.clone(), here.clone()));
                    rest = here;
                }
                (Some(_), None) => return false,
                (Some('?'), Some(_)) => {}
                (Some(wanted), Some(seen)) if wanted == seen => {}
                _ => {
                    let Some((after, mut from)) = latest_star.take() else { return false };
                    from.next();
                    (pattern, rest) = (after.clone(), from.clone());
                    latest_star = Some((after, from));
                }
            }
        }
    }

    /// Whether all names that fit another pattern fit this one as well, as far as two of them tell: the shortest, and one
    /// that is too long to fit by accident.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        // Private characters, which no pattern has: only a wildcard fits them.
        let long = "\u{e000}".repeat(self.0.len() + 1);
        let name = |stars: &str| other.0.replace('?', "\u{e000}").replace('*', stars);
        self.matches(&name("")) && self.matches(&name(&long))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}
