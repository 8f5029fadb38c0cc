//! How long an Asterisk will wait before it connects again, as far as can be told from outside.
//! A prediction only: it lengthens graces and warns people, it never ends anything.
//!
//! COMPAT(asterisk<=22 res_xmpp): the waits are 1, 2, 4 .. 60 s, they double with each attempt and
//! never go back to 1 s in the life of the process, however well the sessions between went.

use std::time::Duration;

/// The longest wait of `res_xmpp`.
const LONGEST: Duration = Duration::from_secs(60);

/// How much earlier than predicted a return may be and still be by the same process: the two
/// sides do not notice the end of a connection at the same moment.
const SLACK: Duration = Duration::from_millis(500);

/// What is known of one account's reconnects.
#[derive(Debug, Clone, Copy, Default)]
pub struct Backoff {
    attempts: u32,
    drops: u32,
    dropped_at: Option<Duration>,
}

impl Backoff {
    /// A connection of the account was lost.
    pub fn dropped(&mut self, now: Duration) {
        self.dropped_at.get_or_insert(now);
        self.drops = self.drops.saturating_add(1);
    }

    /// The account logged in. Sooner than predicted proves a new process, whose count begins
    /// again; later means that further attempts failed, each of which doubled the wait.
    pub fn arrived(&mut self, now: Duration) {
        let Some(dropped_at) = self.dropped_at.take() else { return };
        let away = now.saturating_sub(dropped_at);
        let mut needed = self.predicted();
        if away + SLACK < needed {
            (self.attempts, self.drops) = (0, 0);
            return;
        }
        self.attempts = self.attempts.saturating_add(1);
        while needed + self.predicted() <= away && self.predicted() < LONGEST {
            needed += self.predicted();
            self.attempts += 1;
        }
    }

    /// The account logged in again before anybody had noticed a drop.
    pub fn replaced(&mut self) {
        self.dropped_at = None;
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
