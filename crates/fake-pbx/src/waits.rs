//! How long Asterisk waits before it connects again: 1, 2, 4 ... 60 s, and never less again in the
//! life of its process.

use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(60);

/// The waits of one process.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    next: Duration,
}

// === impl Waits ===

impl Default for Waits {
    fn default() -> Self {
        Self { next: Duration::from_secs(1) }
    }
}

impl Waits {
    /// The wait that is due now.
    pub fn due(&mut self) -> Duration {
        let due = self.next;
        self.next = (due * 2).min(LONGEST);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_double_up_to_a_minute() {
        let mut waits = Waits::default();
        let seconds: Vec<_> = (0..8).map(|_| waits.due().as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
