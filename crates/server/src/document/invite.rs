//! `invite/1`: everything that one more Asterisk server needs.

use serde::{Deserialize, Serialize};

/// What to paste where, what to run, and what it should print.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// `invite/1`.
    pub schema: String,
    /// The account, as a bare JID.
    pub jid: String,
    /// The file on the Asterisk server.
    pub file: String,
    /// The section to put into it, secret included.
    pub block: String,
    /// Makes Asterisk read it.
    pub reload: String,
    /// Shows that it works.
    pub proof: String,
    /// What that should print.
    pub expected: String,
    /// Why the address in the block may not be the right one; absent when the configuration names
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
