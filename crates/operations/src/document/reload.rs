//! `reload/1`: what became of the changes in the configuration file.

use serde::{Deserialize, Serialize};

use super::warning::Warning;

/// A configuration that was read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// The schema of this document, `reload/1`.
    pub schema: String,
    /// The keys whose values in the file were not those in force, in the order of the reference.
    pub changes: Vec<KeyChange>,
    /// What became of the accounts of the file.
    #[serde(default)]
    pub accounts: DeclaredAccounts,
    /// What should be looked at since the file was changed: what was told before is not told again.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

/// Accounts whose declaration is another one, as bare JIDs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredAccounts {
    /// Those that did not exist.
    pub added: Vec<String>,
    /// Those whose rights, site, labels or password are others.
    pub changed: Vec<String>,
    /// Those that the file had: their connections are closed, and what they said has ended.
    pub removed: Vec<String>,
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
        let (accounts, warnings) = (DeclaredAccounts::default(), Vec::new());
        Self { schema: "reload/1".to_owned(), changes, accounts, warnings }
    }
}
