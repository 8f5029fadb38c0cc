//! How long an Asterisk will wait before it connects again, as far as can be told from outside.
//! A prediction only: it lengthens graces and warns people, it never ends anything.
//!
//! COMPAT(asterisk<=22 res_xmpp): the waits are 1, 2, 4 .. 60 s, they double with each attempt and
//! never go back to 1 s in the life of the process, however well the sessions between went.
//!
//! The rule. A process whose next wait is *w* comes back at one of the moments *w*, *w* + 2*w*,
//! *w* + 2*w* + 4*w* .. after its drop, each wait 60 s at the most; the first attempt that works is
//! the last. So an absence that fits one of these moments is taken for the same process, and tells
//! how many attempts it has made. Any other absence is not its doing: sooner than *w* it is a new
//! process, and in between a new process (one that was down for maintenance, say) or a line so bad
//! that the attempts themselves took their time. Then nothing is known, and the prediction is that
//! of a new process, 1 s: to expect too little costs a lamp that goes out and comes back, to expect
//! too much keeps dead lamps lit. A new process that happens to return at one of the moments is
//! taken for the old one until its next drop; of a process that was there before Lampfield started
//! nothing is known either.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use lampfield_board::AccountName;

/// The longest wait of `res_xmpp`.
const LONGEST: Duration = Duration::from_secs(60);

/// How much earlier than its moment a return may be: the two sides do not notice the end of a
/// connection at the same time.
const EARLY: Duration = Duration::from_millis(500);

/// How much later a return may be: an attempt takes time, and so does a login while hundreds come
/// back at once.
const LATE: Duration = Duration::from_secs(2);

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

    /// The account logged in.
    pub fn arrived(&mut self, now: Duration) {
        let Line::Down { since } = self.line else { return };
        let line = Line::Up { calm_at: now + CALM_AFTER };
        *self = match self.attempts_within(now.saturating_sub(since)) {
            Some(made) => {
                Self { attempts: self.attempts.saturating_add(made), drops: self.drops, line }
            }
            None => Self { line, ..Self::default() },
        };
    }

    /// How many attempts the process made, if it was away for this long and the last one worked;
    /// none if no attempt of it was due then.
    fn attempts_within(&self, away: Duration) -> Option<u32> {
        let (mut made, mut due) = (1, self.predicted());
        while due + LATE < away {
            due += wait(self.attempts.saturating_add(made));
            made += 1;
        }
        (due <= away + EARLY).then_some(made)
    }

    /// The account logged in again before anybody had noticed a drop. When it dropped is not known,
    /// so this is taken for one attempt of the same process.
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
        wait(self.attempts)
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

/// The wait after that many attempts.
fn wait(attempts: u32) -> Duration {
    let seconds = 1_u64.checked_shl(attempts.min(32)).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).min(LONGEST)
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

    /// What is predicted of a process that made so many attempts, after an absence.
    fn after(attempts: u32, away: Duration) -> Duration {
        let mut backoff = Backoff { attempts, drops: 3, line: Line::Calm };
        backoff.dropped(secs(100));
        backoff.arrived(secs(100) + away);
        backoff.predicted()
    }

    #[test]
    fn attempts_that_failed_are_counted() {
        // The fourth attempt is due after 1 + 2 + 4 + 8 s.
        for away in [14_600, 15_000, 16_900] {
            assert_eq!(after(0, Duration::from_millis(away)), secs(16), "{away} ms");
        }
        assert_eq!(after(4, secs(16 + 32 + 60 + 60)), secs(60));
    }

    #[test]
    fn an_early_return_is_a_new_process() {
        assert_eq!(after(5, secs(31)), secs(1));
        assert_eq!(after(5, secs(32)), secs(60));
        assert_eq!(after(9, secs(3)), secs(1));
    }

    #[test]
    fn a_return_at_no_attempts_time_is_unknown() {
        for (attempts, away) in [(0, 11), (0, 60), (3, 18), (5, 40), (5, 85), (9, 90), (0, 3_600)] {
            assert_eq!(after(attempts, secs(away)), secs(1), "{attempts} attempts, away {away} s");
        }
    }

    #[test]
    fn a_restart_ends_the_warning() {
        let mut backoff = Backoff { attempts: 5, drops: 5, line: Line::Calm };
        backoff.dropped(secs(0));
        assert!(backoff.alarming(secs(10)));
        backoff.arrived(secs(75));
        assert!(!backoff.alarming(secs(10)));
        assert_eq!(backoff.drops(), 0, "counted of this process");
    }
}
