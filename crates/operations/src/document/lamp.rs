//! `lamp/1` and `lamps/1`: what was said about a lamp by hand, and what lamps show.

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

/// What the lamps of a board show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lamps {
    /// The schema of this document, `lamps/1`.
    pub schema: String,
    /// The name of the board.
    pub board: String,
    /// The lamps, sorted by kind and name.
    pub lamps: Vec<Listed>,
    /// How many more fit what was asked.
    pub more: u64,
}

/// One lamp in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// With its kind: `device/PJSIP/100`.
    pub subject: String,
    /// What the lamp shows: the fold of its live facts.
    pub aggregate: Shown,
    /// How many say something about it.
    pub facts: u64,
}
