//! `lamps/1`: what the lamps of a board show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{OriginName, Shown};

/// What the lamps of a board show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lamps {
    /// The schema of this document, `lamps/1`.
    pub schema: String,
    /// The name of the board.
    pub board: String,
    /// The lamps, in the order that was asked for.
    pub lamps: Vec<Listed>,
    /// How many lamps fit what was asked, listed or not.
    pub total: u64,
    /// How many of these are not listed.
    pub more: u64,
    /// How many of all that fit are devices in each state, by Asterisk's word for it.
    pub states: BTreeMap<String, u64>,
    /// Where nothing fits: the terms of the filter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terms: Vec<TermMatches>,
}

/// One lamp in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// With its kind: `device/PJSIP/100`.
    pub subject: String,
    /// What the lamp shows: the fold of its live facts.
    pub aggregate: Shown,
    /// Since when it shows that; where that is not remembered, the moment of the last word about it.
    pub since: String,
    /// How many say something about it.
    pub facts: u64,
    /// Who says something, ten of them at most.
    pub origins: Vec<OriginName>,
}

/// One term of a filter that fits nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermMatches {
    /// As it was written.
    pub term: String,
    /// How many lamps it fits alone.
    pub lamps: u64,
    /// Whether it asks for something by its name, which may be misspelt or not be there.
    pub is_name: bool,
    /// Where it fits nothing: what is called much like it.
    pub nearest: Vec<Near>,
}

/// A term that could have been meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Near {
    /// As it would be written.
    pub term: String,
    /// How many lamps it fits.
    pub lamps: u64,
}

// === impl Lamps ===

impl Lamps {
    /// Whether something that was asked for by its name is not there at all.
    #[must_use]
    pub fn lacks_a_name(&self) -> bool {
        self.terms.iter().any(|term| term.is_name && term.lamps == 0)
    }
}
