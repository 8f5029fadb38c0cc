//! The filter language: which lamps somebody wants to see, in one line of text, the same at every face. Terms stand one
//! after the other and all must hold; `not` in front of one turns it round, commas in one separate alternatives:
//! `device 100-149,160 not state:not_inuse`.
//!
//! It knows neither hub nor board: what it asks of a lamp is a [`Sight`].

mod condition;
mod key;
mod mistake;
mod numbers;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use lampfield_board::{Origin, Pattern, SiteName, Subject, Value};

pub use condition::{Condition, Lasting, Mark};
pub use mistake::FilterError;
pub use numbers::Numbers;

/// Which lamps are wanted. One without terms wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
}

/// One part of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    text: String,
    is_not: bool,
    any: Vec<Condition>,
}

/// A lamp, as far as filters look at it.
pub trait Sight {
    /// What the lamp is about.
    fn subject(&self) -> &Subject;

    /// What it shows; none where nobody says anything.
    fn lamp(&self) -> Option<&Value>;

    /// Whether one of those who say something about it is of this kind.
    fn is_said_by(&self, is_one: &dyn Fn(&Origin) -> bool) -> bool;

    /// Whether one of those who say something about it stands at such a site.
    fn is_said_at(&self, is_one: &dyn Fn(&SiteName) -> bool) -> bool;

    /// Whether it rests on silent origins alone.
    fn is_stale(&self) -> bool;

    /// Whether it has changed again and again lately.
    fn is_flapping(&self) -> bool;

    /// For how long it has shown what it shows.
    fn shown_for(&self) -> Duration;
}

// === impl Filter ===

impl Filter {
    /// The longest filter, in bytes.
    pub const MOST_BYTES: usize = 1_000;

    /// The most terms and alternatives of one filter, which bounds what it costs to look at a lamp.
    pub const MOST_CONDITIONS: usize = 64;

    /// Reads a filter. An empty one wants all lamps.
    ///
    /// # Errors
    /// Says what is wrong, and at which character.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        read::terms(text).map(|terms| Self { terms })
    }

    /// The filter for the names that fit a pattern, which may have blanks and commas in it.
    #[must_use]
    pub fn of_pattern(pattern: Pattern) -> Self {
        let (text, any) = (pattern.to_string(), vec![Condition::Pattern(pattern)]);
        Self { terms: vec![Term { text, is_not: false, any }] }
    }

    /// Whether a lamp is wanted.
    pub fn wants(&self, lamp: &impl Sight) -> bool {
        self.terms.iter().all(|term| term.holds(lamp))
    }

    /// Its terms, in the order in which they were written.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }
}

/// As it was written, with one blank between two terms.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<_> = self.terms.iter().map(Term::as_str).collect();
        f.write_str(&terms.join(" "))
    }
}

// === impl Term ===

impl Term {
    /// Whether it holds of a lamp.
    pub fn holds(&self, lamp: &impl Sight) -> bool {
        self.any.iter().any(|condition| condition.holds(lamp)) != self.is_not
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it asks for, one of which must hold.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.any
    }

    /// Whether it asks for something by its name, which may be misspelt or not be there. Of the others it is good to know
    /// that nothing fits: no lamp is stale.
    #[must_use]
    pub fn is_name(&self) -> bool {
        !self.is_not && self.any.iter().any(Condition::is_name)
    }
}
