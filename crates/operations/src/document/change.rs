//! `change/1` and `skipped/1`: what `watch` tells, line by line.

use lampfield_board::{BoardName, Cachable};
use serde::{Deserialize, Serialize};

use super::{OriginName, Shown, moment};

/// One line of `watch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// An origin said something, or something was withdrawn.
    Change(Box<Change>),
    /// The reader was too slow: newer values of the same lamps follow or were told already.
    Skipped(Skipped),
}

/// One change on the board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The schema of this document, `change/1`.
    pub schema: String,
    /// When it happened, RFC 3339.
    pub at: String,
    /// With its kind: `device/PJSIP/100`.
    pub subject: String,
    /// The name of its board.
    #[serde(default)]
    pub board: String,
    /// Who said so, or whose fact has ended.
    pub origin: OriginName,
    /// What was said; `null` for a withdrawal.
    pub value: Option<Shown>,
    /// Why it was withdrawn, in words; absent for anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it is kept; a state that may not be is passed on and forgotten.
    pub kept: bool,
    /// What the lamp shows since; `null` when nobody says anything any more.
    pub aggregate: Option<Shown>,
    /// What the lamp showed before; `null` when it showed nothing.
    pub was: Option<Shown>,
    /// The place of the change in the board's order.
    pub revision: u64,
}

/// What a slow reader did not see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The schema of this document, `skipped/1`.
    pub schema: String,
    /// Values that were left out.
    pub skipped_values: u64,
    /// How many lamps these values were of.
    pub skipped_subjects: u64,
}

// === impl Change ===

impl Change {
    /// What the board tells.
    pub fn of(board: &BoardName, change: &lampfield_board::Change) -> Self {
        Self {
            schema: "change/1".to_owned(),
            at: moment(change.said_at),
            subject: change.subject.to_string(),
            board: board.to_string(),
            origin: OriginName::from(&*change.origin),
            value: Shown::of(&change.state),
            reason: change.state.ending().map(|ending| ending.to_string()),
            kept: change.cachable == Cachable::Yes,
            aggregate: change.lamp.as_ref().map(Shown::from),
            was: change.lamp_was.as_ref().map(Shown::from),
            revision: change.revision.number(),
        }
    }
}
