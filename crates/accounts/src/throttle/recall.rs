//! Passwords that have lately waited for a turn in vain, at all addresses. Which of them comes again
//! is all that tells an owner from a guesser, so none may push another out that is still needed: the
//! room is for all that can wait, not for some. Pure: the time is given.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Shorter waits are not remembered: whoever pours in passwords to have ours forgotten keeps a
/// connection busy for so long with each.
pub(crate) const IN_VAIN: Duration = Duration::from_secs(3);
/// After this time without a try a password is forgotten. Asterisk tries again within a minute.
const RECALL: Duration = Duration::from_secs(75);
/// Waits that are remembered, some 85 bytes each; beyond it the oldest is forgotten. One address
/// makes at most 13,000 (500 connections, each of them every 3 s for 75 s), and all connections that
/// are let in without a login 156,000, with the limits of the configuration as they come.
const MOST: usize = 200_000;

/// Passwords by a hash of them and of who tried them where.
#[derive(Debug, Default)]
pub(crate) struct Recall {
    waits: HashMap<u64, Wait>,
    /// In the order in which they ended. One that has come again, or is no longer needed, is in it
    /// for its time all the same.
    ended: VecDeque<(Duration, u64)>,
}

#[derive(Debug)]
struct Wait {
    /// When the password first came.
    first: Duration,
    /// When it last stopped waiting.
    last: Duration,
}

// === impl Recall ===

impl Recall {
    /// When a password first came, if it has waited in vain.
    pub(crate) fn first(&mut self, password: u64, now: Duration) -> Option<Duration> {
        self.tidy(now);
        self.waits.get(&password).map(|wait| wait.first)
    }

    /// It has waited in vain, this time or again.
    pub(crate) fn note(&mut self, password: u64, first: Duration, now: Duration) {
        self.tidy(now);
        if self.ended.len() >= MOST {
            self.forget_oldest();
        }
        self.ended.push_back((now, password));
        self.waits.insert(password, Wait { first, last: now });
    }

    /// The password was looked at, so that there is nothing left to remember.
    pub(crate) fn forget(&mut self, password: u64) {
        self.waits.remove(&password);
    }

    /// Forgets what is too long ago, and gives the memory back when nothing is left.
    fn tidy(&mut self, now: Duration) {
        while self.ended.front().is_some_and(|(last, _)| *last + RECALL <= now) {
            self.forget_oldest();
        }
        if self.ended.is_empty() {
            *self = Self::default();
        }
    }

    fn forget_oldest(&mut self) {
        let Some((last, password)) = self.ended.pop_front() else { return };
        if self.waits.get(&password).is_some_and(|wait| wait.last == last) {
            self.waits.remove(&password);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_password_is_known_for_its_time_since_it_last_went() {
        let mut recall = Recall::default();
        recall.note(7, at(0), at(15));
        assert_eq!(recall.first(7, at(89)), Some(at(0)));
        recall.note(7, at(0), at(60));
        assert_eq!(recall.first(7, at(134)), Some(at(0)), "the end of the first wait is not its");
        assert_eq!(recall.first(7, at(135)), None);
        assert_eq!(recall.first(8, at(135)), None);
    }

    #[test]
    fn what_was_looked_at_is_forgotten() {
        let mut recall = Recall::default();
        recall.note(7, at(0), at(15));
        recall.forget(7);
        assert_eq!(recall.first(7, at(16)), None);
        recall.note(7, at(20), at(35));
        assert_eq!(recall.first(7, at(90)), Some(at(20)), "another time");
    }

    #[test]
    fn memory_is_bounded_and_given_back() {
        let mut recall = Recall::default();
        let most = u64::try_from(MOST).expect("a small number");
        (0..=most).for_each(|password| recall.note(password, at(0), at(15)));
        assert_eq!(recall.first(0, at(15)), None, "the oldest is forgotten");
        assert_eq!(recall.first(1, at(15)), Some(at(0)));
        assert_eq!((recall.waits.len(), recall.ended.len()), (MOST, MOST));
        // Also if it is always the same.
        (0..=most).for_each(|_| recall.note(most, at(0), at(16)));
        assert_eq!((recall.waits.len(), recall.ended.len()), (1, MOST));
        assert_eq!(recall.first(most, at(91)), None);
        assert_eq!((recall.waits.capacity(), recall.ended.capacity()), (0, 0));
    }
}
