//! How long a door that connects outwards waits before it tries again.

use std::time::Duration;

/// The waits of one outward connection: they double from [`Redial::FIRST`] to [`Redial::MOST`], each shortened by up to a
/// third so that many who lost the same peer do not come back in step, and begin anew after a connection that has held.
#[derive(Debug, Clone, Default)]
pub struct Redial {
    failed: u32,
}

// === impl Redial ===

impl Redial {
    /// The longest wait after the first failure; each further one doubles it.
    pub const FIRST: Duration = Duration::from_secs(1);
    /// The longest wait, however many tries have failed.
    pub const MOST: Duration = Duration::from_secs(60);
    /// A connection that lived so long has held.
    pub const HELD: Duration = Duration::from_secs(30);

    /// The connection is lost, or was never made: the wait until the next try. `lived` is how long it lasted, and
    /// `random` any number, a new one each time.
    pub fn wait(&mut self, lived: Duration, random: u64) -> Duration {
        if lived >= Self::HELD {
            self.failed = 0;
        }
        let doubled = Self::FIRST.saturating_mul(1 << self.failed.min(16)).min(Self::MOST);
        self.failed = self.failed.saturating_add(1);
        // A third of a minute has fewer microseconds than 32 bits can count.
        let third = u64::try_from((doubled / 3).as_micros()).unwrap_or(u64::MAX);
        doubled - Duration::from_micros(random % third.max(1))
    }

    /// How many tries in a row have failed.
    #[must_use]
    pub fn failed(&self) -> u32 {
        self.failed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_begin_anew_after_one_that_held() {
        let mut redial = Redial::default();
        let mut wait = |lived| redial.wait(Duration::from_secs(lived), 0).as_secs();
        let waits: Vec<_> = (0..8).map(|_| wait(0)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!([wait(29), wait(30), wait(1)], [60, 1, 2]);
    }

    #[test]
    fn a_wait_is_shortened_by_a_third_at_the_most() {
        for failed in [0, 3, 6, 1_000] {
            let whole = Redial { failed }.wait(Duration::ZERO, 0);
            for random in [1, 333_332, 19_999_999, u64::MAX, u64::MAX / 7] {
                let wait = Redial { failed }.wait(Duration::ZERO, random);
                assert!(wait <= whole && wait * 3 > whole * 2, "{wait:?} of {whole:?}");
            }
        }
    }
}
