//! `rotated/1`: a secret of the server was replaced, or will be.

use serde::{Deserialize, Serialize};

/// What became of a secret, and what is to be done elsewhere because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotated {
    /// The schema of this document, `rotated/1`.
    pub schema: String,
    /// `invite-key` or `certificate`.
    pub what: String,
    /// Whether the new one counts from now on; else it waits beside the old one.
    pub in_use: bool,
    /// The fingerprints of the new certificate, as SHA-256: its own, then its key's. Empty for the invite
    /// key.
    #[serde(default)]
    pub fingerprints: Vec<String>,
    /// What is to be typed now, in order, each command or setting with what it is for.
    pub then: Vec<(String, String)>,
}

// === impl Rotated ===

impl Rotated {
    /// What the document is about, without anything that follows of it.
    #[must_use]
    pub fn new(what: &str, in_use: bool) -> Self {
        let (schema, what) = ("rotated/1".to_owned(), what.to_owned());
        Self { schema, what, in_use, fingerprints: Vec::new(), then: Vec::new() }
    }
}
