//! How long an Asterisk will wait before it connects again, as far as can be told from outside.
//! A prediction only: it lengthens graces and warns people, it never ends anything.
//!
//! COMPAT(asterisk<=22 res_xmpp): the waits are 1, 2, 4 .. 60 s, they double with each attempt and
//! never go back to 1 s in the life of the process, however well the sessions between went.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use lampfield_board::AccountName;

/// The longest wait of `res_xmpp`.
const LONGEST: Duration = Duration::from_secs(60);

/// How much earlier than predicted a return may be and still be by the same process: the two
/// sides do not notice the end of a connection at the same moment.
const SLACK: Duration = Duration::from_millis(500);

/// One drop says little: whatever kept the server away may have been anything but its back-off.
const TELLING_DROPS: u32 = 2;

/// Who has kept its connection for this long is no trouble, until it drops again.
const CALM_AFTER: Duration = Duration::from_mins(10);

/// What is known of one account's reconnects.
#[derive(Debug, Clone, Copy, Default)]
pub struct Backoff {
    attempts: u32,
    drops: u32,
    line: Line,
}

#[derive(Debug, Clone, Copy, Default)]
enum Line {
    /// It has held for long.
    #[default]
    Calm,
    /// It is broken.
    Down { since: Duration },
    /// It was broken not long ago.
    Up { calm_at: Duration },
}

/// All accounts that have lost a connection since the start.
#[derive(Debug, Default)]
pub struct Backoffs {
    known: HashMap<AccountName, Backoff>,
    calming: BTreeSet<(Duration, AccountName)>,
}

impl Backoff {
    /// A connection of the account was lost.
    pub fn dropped(&mut self, now: Duration) {
        if !matches!(self.line, Line::Down { .. }) {
            self.line = Line::Down { since: now };
        }
        self.drops = self.drops.saturating_add(1);
    }

    /// The account logged in. Sooner than predicted proves a new process, whose count begins
    /// again; later means that further attempts failed, each of which doubled the wait.
    pub fn arrived(&mut self, now: Duration) {
        let Line::Down { since } = self.line else { return };
        self.line = Line::Up { calm_at: now + CALM_AFTER };
        let away = now.saturating_sub(since);
        let mut needed = self.predicted();
        if away + SLACK < needed {
            *self = Self { line: self.line, ..Self::default() };
            return;
        }
        self.attempts = self.attempts.saturating_add(1);
        while needed + self.predicted() <= away && self.predicted() < LONGEST {
            needed += self.predicted();
            self.attempts += 1;
        }
    }

    /// The account logged in again before anybody had noticed a drop.
    pub fn replaced(&mut self, now: Duration) {
        self.line = Line::Up { calm_at: now + CALM_AFTER };
        self.drops = self.drops.saturating_add(1);
        self.attempts = self.attempts.saturating_add(1);
    }

    /// How often the process lost its connection, as far as can be told.
    #[must_use]
    pub fn drops(&self) -> u32 {
        self.drops
    }

    /// The wait before the attempt that follows the drop that is running, or the next one.
    #[must_use]
    pub fn predicted(&self) -> Duration {
        let seconds = 1_u64.checked_shl(self.attempts.min(32)).unwrap_or(u64::MAX);
        Duration::from_secs(seconds).min(LONGEST)
    }

    /// Whether people should know that `grace` will not do.
    #[must_use]
    pub fn alarming(&self, grace: Duration) -> bool {
        let restless = !matches!(self.line, Line::Calm);
        restless && self.drops >= TELLING_DROPS && self.predicted() > grace
    }

    fn calm_at(&self) -> Option<Duration> {
        match self.line {
            Line::Up { calm_at } => Some(calm_at),
            Line::Calm | Line::Down { .. } => None,
        }
    }
}

// === impl Backoffs ===

impl Backoffs {
    /// What is known of an account; nothing is the same as a process that has just begun.
    #[must_use]
    pub fn of(&self, account: &AccountName) -> Backoff {
        self.known.get(account).copied().unwrap_or_default()
    }

    /// Whether the account has ever lost a connection.
    #[must_use]
    pub fn knows(&self, account: &AccountName) -> bool {
        self.known.contains_key(account)
    }

    /// Everybody of whom something is known.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountName> {
        self.known.keys()
    }

    /// Something happened to a connection of the account.
    pub fn update(&mut self, account: &AccountName, change: impl FnOnce(&mut Backoff)) {
        let backoff = self.known.entry(account.clone()).or_default();
        let before = backoff.calm_at();
        change(backoff);
        let after = backoff.calm_at();
        if before != after {
            before.map(|at| self.calming.remove(&(at, account.clone())));
            after.map(|at| self.calming.insert((at, account.clone())));
        }
    }

    /// Nothing is known of the account any longer.
    pub fn forget(&mut self, account: &AccountName) {
        if let Some(at) = self.known.remove(account).and_then(|backoff| backoff.calm_at()) {
            self.calming.remove(&(at, account.clone()));
        }
    }

    /// When [`Backoffs::calmed`] has somebody to give.
    #[must_use]
    pub fn next_calm(&self) -> Option<Duration> {
        self.calming.first().map(|(at, _)| *at)
    }

    /// An account whose line has held for long enough by `now`; each is given once.
    pub fn calmed(&mut self, now: Duration) -> Option<AccountName> {
        self.next_calm().filter(|at| *at <= now)?;
        let (_, account) = self.calming.pop_first()?;
        if let Some(backoff) = self.known.get_mut(&account) {
            backoff.line = Line::Calm;
        }
        Some(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn doubles_with_each_drop_up_to_a_minute() {
        let mut backoff = Backoff::default();
        let mut now = secs(0);
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(backoff.predicted(), secs(expected));
            backoff.dropped(now);
            now += secs(expected);
            backoff.arrived(now);
            now += secs(1000);
        }
    }

    #[test]
    fn attempts_that_failed_are_counted() {
        let mut backoff = Backoff::default();
        backoff.dropped(secs(0));
        backoff.arrived(secs(16)); // 1 + 2 + 4 + 8 = 15: the fourth attempt
        assert_eq!(backoff.predicted(), secs(16));
    }

    #[test]
    fn an_early_return_is_a_new_process() {
        let mut backoff = Backoff::default();
        backoff.dropped(secs(0));
        backoff.arrived(secs(40));
        assert_eq!(backoff.predicted(), secs(32));
        backoff.dropped(secs(100));
        backoff.arrived(secs(105));
        assert_eq!(backoff.predicted(), secs(1));
    }
}
