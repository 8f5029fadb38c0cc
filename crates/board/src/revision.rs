//! The order of changes on one node's board.

use std::fmt;

/// The number of a change on one board: higher is later. It survives restarts and only grows;
/// numbers of different nodes say nothing about each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(u64);

// === impl Revision ===

impl Revision {
    /// The revision before the first change: whoever has seen only this has seen nothing.
    pub const ZERO: Self = Self(0);

    /// The revision of this number, as it was stored.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, to be stored.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The revision of the change after this one. At the end of the numbers it stays there.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
