//! Something that was done as it was asked for and may not be what is meant.

use serde::{Deserialize, Serialize};

/// What should be looked at: the same as `lampfield check` says of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable, the same in the log and in the manual.
    pub code: String,
    /// What is so, in a sentence.
    pub text: String,
    /// What to do if it is not meant so; absent where nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The file, the line and the column; absent for what stands in no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

// === impl Warning ===

impl Warning {
    /// Whether it tells the same; the place may be another one meanwhile.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.code, &self.text) == (&other.code, &other.text)
    }

    /// Those of `now` that `before` did not tell.
    #[must_use]
    pub fn new_in(now: Vec<Self>, before: &[Self]) -> Vec<Self> {
        let is_new = |one: &Self| !before.iter().any(|other| other.is_same(one));
        now.into_iter().filter(is_new).collect()
    }
}
