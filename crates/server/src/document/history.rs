//! `history/1`: who said what about one lamp, and when.

use serde::{Deserialize, Serialize};

use super::{OriginName, Shown};

/// The remembered changes of one lamp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// `history/1`.
    pub schema: String,
    /// With its kind: `device/PJSIP/100`.
    pub subject: String,
    /// The newest first.
    pub events: Vec<Event>,
    /// Every change since then is remembered, RFC 3339.
    pub complete_since: String,
    /// Changes of all lamps that are remembered.
    pub remembered: u64,
    /// How many can be.
    pub limit: u64,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, RFC 3339.
    pub at: String,
    /// Who said so.
    pub origin: OriginName,
    /// The way it came.
    pub door: String,
    /// What was said; `null` for a withdrawal.
    pub value: Option<Shown>,
    /// What the same origin had said before.
    pub was: Option<Shown>,
    /// What the lamp showed from then on.
    pub aggregate: Option<Shown>,
    /// What it had shown.
    pub aggregate_was: Option<Shown>,
}
