//! The time as a caller read it. The hub never reads a clock of its own, so that a simulation can
//! run years in a second.

use std::time::Duration;

use lampfield_board::WallTime;

/// One instant, in both clocks. Leases use the monotonic one only; the wall clock is for people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Now {
    /// Time since the program started, on the monotonic clock.
    pub mono: Duration,
    /// The time of day. It may jump; nothing is decided by it.
    pub wall: WallTime,
}
