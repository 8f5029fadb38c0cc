//! What the server answers to its commands, as data. The same documents are printed by `--json` and
//! turned into text for people, so the two can never disagree; their fields are described in
//! `docs/reference-json.md` and are only ever added to within a schema version.

pub mod account;
pub mod audit;
pub mod change;
pub mod done;
pub mod error;
pub mod history;
pub mod invite;
pub mod lamp;
pub mod list;
pub mod reload;
pub mod rotated;
pub mod status;
pub mod warning;
pub mod why;

use std::fmt;

use lampfield_board::{FactState, Kind, Origin, Value, WallTime};
use serde::{Deserialize, Serialize};

/// What a lamp shows or an origin says, in the JSON form of its kind: a device state's word, the counts of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shown(serde_json::Value);

/// Who says something: an account with its EID, or another origin by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OriginName {
    /// The account, as a bare JID.
    pub account: String,
    /// The entity identifier under which an Asterisk hears it, lower case with colons.
    pub eid: String,
    /// As whom it speaks within its account; for an Asterisk that is its entity identifier.
    #[serde(default)]
    pub name: String,
    /// The site of its account, in `why` and `status`; absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The labels of its account, in `why` and `status`; absent if it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

/// A moment as RFC 3339 in UTC with milliseconds.
pub fn moment(wall: WallTime) -> String {
    wall.to_string()
}

/// Seconds from one moment to a later one.
pub fn seconds_between(earlier: WallTime, later: WallTime) -> f64 {
    later.millis().saturating_sub(earlier.millis()) as f64 / 1000.0
}

// === impl Shown ===

impl Shown {
    /// What is said, if anything still is.
    pub fn of(state: &FactState) -> Option<Self> {
        state.live().map(Self::from)
    }

    /// What is shown, if it can be read: another version may know more.
    pub fn value(&self, kind: Kind) -> Option<Value> {
        kind.from_json(self.0.clone()).ok()
    }
}

impl From<&Value> for Shown {
    fn from(value: &Value) -> Self {
        // Structs of texts and numbers cannot fail to become JSON.
        Self(serde_json::to_value(value).unwrap_or_default())
    }
}

/// The JSON itself, for what cannot be read.
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The kind of a subject that is written with its kind: `device/PJSIP/100`.
pub fn kind_of(subject: &str) -> Kind {
    let kind = subject.split('/').next().and_then(|kind| kind.parse().ok());
    kind.unwrap_or(Kind::Custom)
}

// === impl OriginName ===

impl From<&Origin> for OriginName {
    fn from(origin: &Origin) -> Self {
        let (account, eid) = (origin.account.to_string(), origin.eid().to_string());
        Self { account, eid, name: origin.identity.to_string(), ..Self::default() }
    }
}
