//! Something that goes wrong for a time.

use std::fmt;
use std::time::{Duration, Instant};

use lampfield_tests::chance::Chance;

pub struct Fault {
    what: &'static str,
    length: Duration,
}

impl Fault {
    /// Begins now and is over within so many seconds, which `until` remembers.
    pub fn begin(
        what: &'static str,
        seconds: usize,
        chance: &mut Chance,
        until: &mut Option<Instant>,
    ) -> Self {
        let length = Duration::from_millis(chance.below(seconds * 1_000) as u64);
        *until = Some(Instant::now() + length);
        Self { what, length }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {:.1} s", self.what, self.length.as_secs_f64())
    }
}

/// Whether it was there and is over by then; it is not there any more then.
pub fn is_over(until: &mut Option<Instant>, by: Instant) -> bool {
    until.take_if(|end| *end <= by).is_some()
}
