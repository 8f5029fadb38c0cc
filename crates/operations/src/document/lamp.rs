//! `lamp/1`: what became of a lamp about which somebody has said something by hand.

use serde::{Deserialize, Serialize};

use super::Shown;

/// What became of a lamp that somebody has set or cleared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lamp {
    /// The schema of this document, `lamp/1`.
    pub schema: String,
    /// `set`, `unchanged` where that was said already, or `cleared`.
    pub done: String,
    /// With its kind: `device/PJSIP/100`.
    pub subject: String,
    /// The name of its board.
    pub board: String,
    /// Facts that were withdrawn.
    pub ended: u64,
    /// What the lamp shows now; `null` when nobody says anything.
    pub aggregate: Option<Shown>,
    /// What the lamp had shown before; `null` for nothing.
    pub was: Option<Shown>,
}
