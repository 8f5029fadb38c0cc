//! What an operator may set for the hub, with the defaults. Values only: nothing is decided here
//! but the length of a grace.

use std::time::Duration;

use lampfield_board::history::Masks;

use crate::policy::Policies;

/// The shortest grace that [`Grace::Auto`] gives: who drops now and then, or whose configuration is
/// reloaded, is back within it.
const SHORTEST_AUTO_GRACE: Duration = Duration::from_secs(10);

/// How long the facts of an origin outlive its last connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grace {
    /// The same time for every account, whatever its back-off.
    Fixed(Duration),
    /// As long as the account is expected to need for its return: from 10 s, up to what its door
    /// declares as its longest wait and a quarter of it. After a start nothing is known of anybody's
    /// drops: the restart grace covers the first return, and predictions begin anew from there.
    #[default]
    Auto,
}

impl Grace {
    /// The grace of an account that is expected back within that time of its drop.
    #[must_use]
    pub fn after(self, back_within: Duration) -> Duration {
        match self {
            Self::Fixed(grace) => grace,
            Self::Auto => back_within.max(SHORTEST_AUTO_GRACE),
        }
    }

    /// The grace of an account that never drops. Where an expected wait is longer, people should know.
    #[must_use]
    pub fn usual(self) -> Duration {
        self.after(Duration::ZERO)
    }
}

/// The limits of the hub's tables. What happens at each is said where it is enforced and in
/// [`Refusal`](crate::Refusal).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubLimits {
    /// Live facts of all origins; a further new one is refused.
    pub facts: usize,
    /// Live facts of one origin; a further new one is refused.
    pub facts_per_origin: usize,
    /// Origins that one connection may speak for; a publish in the name of a further one is refused.
    pub origins_per_connection: usize,
    /// Changes remembered for questions about the past; the oldest goes.
    pub history: usize,
    /// Remembered withdrawals; the oldest goes, and a notice names who may now be stale.
    pub tombstones: usize,
    /// Subjects one watch remembers as missed; beyond it the watch starts its snapshot again.
    pub watch_missed: usize,
}

impl HubLimits {
    /// How much the board may hold of facts and withdrawals together.
    pub(crate) fn of_board(&self) -> lampfield_board::BoardLimits {
        let entries = self.facts.saturating_add(self.tombstones);
        lampfield_board::BoardLimits { entries, ..Default::default() }
    }

    /// The length of the history.
    pub(crate) fn history_entries(&self) -> u32 {
        u32::try_from(self.history).unwrap_or(u32::MAX)
    }
}

impl Default for HubLimits {
    fn default() -> Self {
        Self {
            facts: 1_000_000,
            facts_per_origin: 100_000,
            origins_per_connection: 16,
            history: 100_000,
            tombstones: 100_000,
            watch_missed: 10_000,
        }
    }
}

/// What of the past is kept over restarts.
#[derive(Debug, Clone)]
pub struct HistorySettings {
    /// `history.keep`: how long; nothing at all if it is zero, and then what was kept is removed.
    pub keep: Duration,
    /// `history.size`: the most bytes of it in the store, all boards together; the oldest goes.
    pub size: u64,
    /// `history.mask`: the names that no past holds, neither in memory nor in the store. It holds from the start on.
    pub masks: Masks,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { keep: Duration::from_hours(7 * 24), size: 64 * 1024 * 1024, masks: Masks::default() }
    }
}

/// Everything that an operator may set for the hub.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `lease.grace`: how long facts outlive the last connection of their origin.
    pub grace: Grace,
    /// `lease.restart_grace`: how long origins may take to come back after a start of Lampfield.
    /// The grace applies where it is longer.
    pub restart_grace: Duration,
    /// What becomes of facts whose origin is gone, by device name.
    pub policies: Policies,
    /// The limits of the hub's tables.
    pub limits: HubLimits,
    /// What of the past is kept over restarts.
    pub history: HistorySettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            grace: Grace::default(),
            restart_grace: Duration::from_secs(75),
            policies: Policies::default(),
            limits: HubLimits::default(),
            history: HistorySettings::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_grace_follows_the_prediction_and_a_fixed_one_does_not() {
        let secs = Duration::from_secs;
        assert_eq!(Grace::Auto.after(secs(6)), secs(10));
        assert_eq!(Grace::Auto.after(secs(21)), secs(21));
        assert_eq!(Grace::Fixed(secs(3)).after(secs(75)), secs(3));
    }
}
