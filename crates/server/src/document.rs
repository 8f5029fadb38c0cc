//! What the server answers to its commands, as data. The same documents are printed by `--json` and
//! turned into text for people, so the two can never disagree; their fields are described in
//! `docs/reference-json.md` and are only ever added to within a schema version.

pub mod account;
pub mod change;
pub mod history;
pub mod invite;
pub mod status;
pub mod why;

use serde::{Deserialize, Serialize};

/// What a lamp shows or an origin says: a device state's word, or the counts of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shown {
    /// A device state in Asterisk's word, such as `INUSE`.
    Device(String),
    /// The messages in a mailbox.
    Mailbox {
        /// Not yet heard.
        new: i32,
        /// Heard.
        old: i32,
    },
}

/// Who says something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OriginName {
    /// The account, as a bare JID.
    pub account: String,
    /// The entity identifier of the server, lower case with colons.
    pub eid: String,
}
