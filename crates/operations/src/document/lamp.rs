//! `lamp/1` and `lamps/1`: what was said about a lamp by hand, and what lamps show.

use serde::{Deserialize, Serialize};

use super::Shown;

/// What became of a lamp that somebody has set or cleared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lamp {
    /// `lamp/1`.
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
    /// What it had shown.
    pub was: Option<Shown>,
}

/// What the lamps of a board show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lamps {
    /// `lamps/1`.
    pub schema: String,
    /// The name of the board.
    pub board: String,
    /// By kind and name.
    pub lamps: Vec<Listed>,
    /// How many more fit what was asked.
    pub more: u64,
}

/// One lamp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// With its kind: `device/PJSIP/100`.
    pub subject: String,
    /// What it shows.
    pub aggregate: Shown,
    /// How many say something about it.
    pub facts: u64,
}
