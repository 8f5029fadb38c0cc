//! `history/1`: who said what about one lamp, and when.

use serde::{Deserialize, Serialize};

use super::{OriginName, Shown};

/// The remembered changes of one lamp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryDocument {
    /// The schema of this document, `history/1`.
    pub schema: String,
    /// With its kind: `device/PJSIP/100`.
    pub subject: String,
    /// The name of its board.
    #[serde(default)]
    pub board: String,
    /// The changes, the newest first.
    pub events: Vec<Event>,
    /// Losses and returns of those who speak of it, the newest first.
    pub links: Vec<Link>,
    /// There are older ones within the time asked for: they were left out because of the limit.
    #[serde(default)]
    pub more: bool,
    /// Every change since then is remembered, RFC 3339.
    pub complete_since: String,
    /// Changes of all lamps that are remembered.
    pub remembered: u64,
    /// How many can be remembered; the oldest goes first.
    pub limit: u64,
}

/// Something that an origin said about the lamp, or a withdrawal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened, RFC 3339.
    pub at: String,
    /// Who said so, or whose fact has ended.
    pub origin: OriginName,
    /// What `protocol` was called before: `asterisk` for `xmpp`. It goes with the next version.
    pub door: String,
    /// By which protocol it came: `xmpp`.
    #[serde(default)]
    pub protocol: String,
    /// What was said; `null` for a withdrawal.
    pub value: Option<Shown>,
    /// What the same origin had said before.
    pub was: Option<Shown>,
    /// Why it was withdrawn, in words; absent for anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the lamp showed from then on.
    pub aggregate: Option<Shown>,
    /// What the lamp had shown before; `null` for nothing.
    pub aggregate_was: Option<Shown>,
}

/// The connection of an origin was lost or is back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// When it happened, RFC 3339.
    pub at: String,
    /// The origin whose connection it is.
    pub origin: OriginName,
    /// What became of the connection: `lost` or `returned`.
    pub state: String,
    /// How long what it said stands unless it comes back and says it again.
    pub grace_seconds: f64,
    /// What the lamp showed at that moment.
    pub aggregate: Option<Shown>,
}
