//! Which accounts of a queue may still have a password go before others. Each time tells those that
//! wait beside it that theirs is another one, which is as good as a look at them; so it is paid for
//! with time, by the account that it was for. Pure: the time is given.

use std::time::Duration;

/// How long no password of an account goes before others after one has done so, for each of them
/// that waited beside it: a hundred in an hour are ruled out so.
const PER_RIVAL: Duration = Duration::from_secs(36);
/// Accounts of one queue that pay at the same time. While there are so many, nobody's goes first:
/// to forget one would let its guessers rule out more.
const MOST: usize = 16;

/// The accounts of one queue that pay, and until when.
#[derive(Debug, Default)]
pub(crate) struct Precedence {
    paying: Vec<(u64, Duration)>,
}

// === impl Precedence ===

impl Precedence {
    /// Whether no account pays any longer, so that nothing has to be remembered.
    pub(crate) fn is_over(&self, now: Duration) -> bool {
        self.paying.iter().all(|(_, until)| *until <= now)
    }

    /// Whether a password of the account may go first.
    pub(crate) fn has(&self, account: u64, now: Duration) -> bool {
        let mut paying = self.paying.iter().filter(|(_, until)| now < *until);
        paying.clone().count() < MOST && paying.all(|(other, _)| *other != account)
    }

    /// One of the account's has gone before so many others of it.
    pub(crate) fn use_up(&mut self, account: u64, rivals: u32, now: Duration) {
        self.paying.retain(|(_, until)| now < *until);
        if rivals > 0 {
            self.paying.push((account, now.saturating_add(PER_RIVAL.saturating_mul(rivals))));
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
    fn each_account_pays_for_its_own() {
        let mut precedence = Precedence::default();
        precedence.use_up(1, 2, at(0));
        precedence.use_up(2, 0, at(0));
        assert!(!precedence.has(1, at(71)) && !precedence.is_over(at(71)));
        assert!(precedence.has(2, at(0)), "it ruled nothing out");
        assert!(precedence.has(1, at(72)) && precedence.is_over(at(72)));
    }

    #[test]
    fn no_account_is_forgotten_for_lack_of_room() {
        let mut precedence = Precedence::default();
        let most = u64::try_from(MOST).expect("a small number");
        (0..most).for_each(|account| precedence.use_up(account, 1, at(account)));
        assert!(!precedence.has(most, at(35)), "no room");
        assert!(precedence.has(most, at(36)) && precedence.has(0, at(36)));
        assert!(!precedence.has(1, at(36)));
        precedence.use_up(most, 1, at(36));
        assert_eq!(precedence.paying.len(), MOST);
    }
}
