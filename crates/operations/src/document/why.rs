//! `why/1`: what decides one lamp.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::list::Lamps;
use super::{OriginName, Shown};

/// What `why` answers: one lamp, or those that fit a pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Explained {
    /// To the name of a lamp: `why/1`.
    One(Box<WhyDocument>),
    /// To a pattern: `lamps/1`.
    Many(Lamps),
}

/// The explanation of one lamp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhyDocument {
    /// The schema of this document, `why/1`.
    pub schema: String,
    /// With its kind: `device/PJSIP/100`.
    pub subject: String,
    /// The word of its kind: `device`, `mailbox` and so on.
    pub kind: String,
    /// The name of its board.
    #[serde(default)]
    pub board: String,
    /// The past moment that is explained, RFC 3339; absent for the present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What the lamp shows; `null` when nobody says anything.
    pub aggregate: Option<Shown>,
    /// Since when, RFC 3339; `null` when it is not known.
    pub since: Option<String>,
    /// The rule that decided, in a sentence.
    pub rule: String,
    /// What is said now, the deciding facts first.
    pub facts: Vec<Fact>,
    /// Withdrawn facts that somebody may still show.
    pub tombstones: Vec<Tombstone>,
    /// What would change the lamp, in sentences.
    pub changes: Vec<String>,
    /// What else is worth knowing, in sentences.
    pub notes: Vec<String>,
}

/// What one origin says about the lamp, and since when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// The value, as this origin has said it.
    pub value: Shown,
    /// Who says it: the account and its entity.
    pub origin: OriginName,
    /// What `protocol` was called before: `asterisk` for `xmpp`. It goes with the next version.
    pub door: String,
    /// By which protocol it came: `xmpp`.
    #[serde(default)]
    pub protocol: String,
    /// When it was said first, RFC 3339.
    pub said_at: String,
    /// Seconds since it was said first.
    pub age_seconds: f64,
    /// When it ends by itself, or the first part of it, RFC 3339; absent for what names no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// First part of its version; absent for the past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// Second part of its version; absent for the past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<u64>,
    /// Whether the lamp shows what it shows because of this fact.
    pub decides: bool,
    /// How long it will stand if its origin stays away; absent for the past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

/// The end of a fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Who had said it.
    pub origin: OriginName,
    /// When it ended, RFC 3339.
    pub withdrawn_at: String,
    /// Seconds since it has ended.
    pub age_seconds: f64,
    /// Why it ended, in words; absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Accounts that were not yet told.
    pub unconfirmed: Vec<String>,
}

/// Whether an origin is there, and how much time it has if not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// Whether the origin is there, or what it is waited for.
    pub state: LeaseState,
    /// Seconds until the fact is withdrawn; absent while nothing runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<f64>,
    /// Why the origin says it no longer, in words; absent while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How an origin stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeaseState {
    /// Its origin is connected and stands by what it said.
    Live,
    /// Its connection is lost; the grace runs.
    Gone,
    /// Its grace is over; only what is kept still stands.
    Away,
    /// Back, but it has not repeated this fact yet.
    Returning,
    /// Its connection has ended, and a newer one of its origin has not repeated this fact yet.
    TakenOver,
    /// The fact stays whatever happens to its origin.
    Kept,
    /// An operator has said it; it stands until it is cleared or ends by itself.
    ByHand,
    /// The server has restarted and waits for the origin.
    Restart,
    /// The origin says it no longer, and UNAVAILABLE stands in its place.
    Unavailable,
}

// === impl Lease ===

impl Lease {
    /// The lease as the hub reports it, with the seconds that are left.
    pub fn of(lease: lampfield_hub::Lease) -> Self {
        let reason = match lease {
            lampfield_hub::Lease::Unavailable { reason } => Some(reason.to_string()),
            _ => None,
        };
        let (state, left) = match lease {
            lampfield_hub::Lease::Live => (LeaseState::Live, None),
            lampfield_hub::Lease::Gone { left } => (LeaseState::Gone, Some(left)),
            lampfield_hub::Lease::Returning { left } => (LeaseState::Returning, Some(left)),
            lampfield_hub::Lease::TakenOver { left } => (LeaseState::TakenOver, Some(left)),
            lampfield_hub::Lease::RestartGrace { left } => (LeaseState::Restart, Some(left)),
            lampfield_hub::Lease::Away => (LeaseState::Away, None),
            lampfield_hub::Lease::KeptByPolicy => (LeaseState::Kept, None),
            lampfield_hub::Lease::ByHand => (LeaseState::ByHand, None),
            lampfield_hub::Lease::Unavailable { .. } => (LeaseState::Unavailable, None),
            lampfield_hub::Lease::Ending | lampfield_hub::Lease::Withdrawn { .. } => {
                (LeaseState::Gone, Some(Duration::ZERO))
            }
        };
        Self { state, seconds_left: left.map(|left| left.as_secs_f64()), reason }
    }
}
