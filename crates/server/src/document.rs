//! What the server answers to its commands, as data. The same documents are printed by `--json` and
//! turned into text for people, so the two can never disagree; their fields are described in
//! `docs/reference-json.md` and are only ever added to within a schema version.

pub mod account;
pub mod change;
pub mod check;
pub mod done;
pub mod error;
pub mod history;
pub mod invite;
pub mod status;
pub mod why;

use jiff::Timestamp;
use lampfield_board::{FactState, Origin, Value, WallTime};
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

/// A moment as RFC 3339 in UTC with milliseconds.
pub fn moment(wall: WallTime) -> String {
    let millis = i64::try_from(wall.millis()).unwrap_or(i64::MAX);
    let moment = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    format!("{moment:.3}")
}

/// Seconds from one moment to a later one.
pub fn seconds_between(earlier: WallTime, later: WallTime) -> f64 {
    later.millis().saturating_sub(earlier.millis()) as f64 / 1000.0
}

// === impl Shown ===

impl Shown {
    /// What is said, if anything still is.
    pub fn of(state: FactState) -> Option<Self> {
        state.live().map(Self::from)
    }
}

impl From<Value> for Shown {
    fn from(value: Value) -> Self {
        match value {
            Value::Device(state) => Self::Device(state.to_string()),
            Value::Mailbox(count) => Self::Mailbox { new: count.new, old: count.old },
        }
    }
}

// === impl OriginName ===

impl From<&Origin> for OriginName {
    fn from(origin: &Origin) -> Self {
        Self { account: origin.account.to_string(), eid: origin.eid.to_string() }
    }
}
