//! `done/1`: a change was made that has no document of its own.

use serde::{Deserialize, Serialize};

use super::warning::Warning;

/// A change that was made, for people and for scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The schema of this document, `done/1`.
    pub schema: String,
    /// Which change: `resource-forgotten`, `user-changed`, `user-removed` or `log-set`.
    pub done: String,
    /// What was done, in a sentence.
    pub text: String,
    /// What should be looked at because of it; absent where there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

// === impl Done ===

impl Done {
    /// A change of this kind, told in a sentence.
    pub fn new(done: &str, text: String) -> Self {
        Self { schema: "done/1".to_owned(), done: done.to_owned(), text, warnings: Vec::new() }
    }
}
