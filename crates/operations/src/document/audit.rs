//! `audit/1`: who has changed what.

use serde::{Deserialize, Serialize};

use super::moment;
use crate::argument::Arguments;
use crate::audit::AuditEntry;

/// The changes that somebody may see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditDocument {
    /// The schema of this document, `audit/1`.
    pub schema: String,
    /// The entries, the newest first.
    pub entries: Vec<Entry>,
    /// Entries that are kept, of all boards.
    pub remembered: u64,
    /// How many entries can be kept; the oldest goes first.
    pub limit: u64,
}

/// One change, or a try that was refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was begun, RFC 3339.
    pub at: String,
    /// What has done it: `owner`, `account`, `token` or `script`.
    pub actor: String,
    /// Which one; `null` for the owner.
    pub name: Option<String>,
    /// The name of the operation: `user add`.
    pub operation: String,
    /// What was said to it; `***` for what is secret.
    pub arguments: Arguments,
    /// The board that it was about; `null` where it was about the server, or nobody could tell.
    pub board: Option<String>,
    /// `done`, the code of the refusal, or `broken-off`.
    pub outcome: String,
}

// === impl Entry ===

impl From<AuditEntry> for Entry {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { at, actor, name, operation, arguments, board, outcome, .. } = entry;
        Self { at: moment(at), actor, name, operation, arguments, board, outcome }
    }
}
