//! What is wrong with a filter, marked at the character.

use std::fmt;
use std::ops::Range;

use crate::failure::{Exit, Failure};
use crate::visible::visible;

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The text that was read.
    pub filter: String,
    /// Which bytes of it are wrong; empty where something is missing.
    pub at: Range<usize>,
    /// What is wrong there, in words.
    pub what: String,
    /// What could be written instead.
    pub hint: String,
}

// === impl FilterError ===

impl FilterError {
    /// The wrong part underlined, with the hint behind it; to stand below the filter as a terminal may have it.
    fn mark(&self) -> String {
        let width = |range| visible(self.filter.get(range).unwrap_or_default()).chars().count();
        let (before, wrong) = (width(0..self.at.start), width(self.at.clone()));
        format!("{}{} {}", " ".repeat(before), "^".repeat(wrong.max(1)), self.hint)
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for FilterError {}

impl From<FilterError> for Failure {
    fn from(error: FilterError) -> Self {
        let mark = error.mark();
        Self::new(Exit::Usage, "wrong-filter", error.what)
            .line("filter", error.filter)
            .line("here", mark)
    }
}
