//! `reload/1`: what became of the changes in the configuration file.

use serde::{Deserialize, Serialize};

/// A configuration that was read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// The schema of this document, `reload/1`.
    pub schema: String,
    /// The keys whose values in the file were not those in force, in the order of the reference.
    pub changes: Vec<KeyChange>,
}

/// A key with another value in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChange {
    /// Its dotted name, such as `lease.grace`.
    pub key: String,
    /// `now`, `at-start`, or for what new things it counts, such as `new connections`.
    pub applies: String,
}

// === impl Reloaded ===

impl Reloaded {
    /// With these changes.
    #[must_use]
    pub fn new(changes: Vec<KeyChange>) -> Self {
        Self { schema: "reload/1".to_owned(), changes }
    }
}
