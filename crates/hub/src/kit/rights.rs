//! What a peer may say and hear. Rights speak the board's names: they are asked before a name is translated for the peer
//! that hears it, and after one was translated that it said.

use lampfield_board::Pattern;

use crate::grant::Grant;

/// What a peer may do on its board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// About which subjects it may speak.
    pub say: Grant,
    /// Of which subjects it may hear.
    pub hear: Grant,
}

// === impl Rights ===

impl Rights {
    /// All rights: to speak and to hear of every subject of a board.
    pub const ALL: Self = Self { say: Grant::Everything, hear: Grant::Everything };

    /// The rights to speak of names that fit `say` and to hear of names that fit `hear`; an empty list grants nothing.
    #[must_use]
    pub fn of(say: &[Pattern], hear: &[Pattern]) -> Self {
        Self { say: Grant::of(say), hear: Grant::of(hear) }
    }
}
