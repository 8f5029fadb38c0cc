//! Which of two statements of one origin is the newer one. Wall clocks never decide that.

use std::fmt;

/// The age of a fact within its origin. The epoch rises whenever the origin is taken over or logs
/// in again, the counter with each fact; the higher version is the newer fact. Versions of
/// different origins say nothing about each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    /// Raised each time that a connection begins to speak for the origin.
    pub epoch: u32,
    /// Counts the statements within the epoch.
    pub counter: u64,
}

// === impl Version ===

impl Version {
    /// The version of this epoch and counter.
    #[must_use]
    pub const fn new(epoch: u32, counter: u64) -> Self {
        Self { epoch, counter }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.counter)
    }
}
