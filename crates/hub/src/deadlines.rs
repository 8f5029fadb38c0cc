//! Facts of which something ends by itself: a contact of a registration, a ban. Only when, not what: the value itself says
//! what is left of it.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use lampfield_board::{OriginId, SubjectId, WallTime};

/// The fact, or a part of its value, has a deadline of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub subject: SubjectId,
    pub origin: OriginId,
    /// The same moment on the monotonic clock, which decides.
    pub at: Duration,
    /// The deadline as the value names it. What is left is left at that moment, whatever the wall clock says by now:
    /// it may have been set meanwhile.
    pub named: WallTime,
}

/// All of them, by the moment of the monotonic clock.
#[derive(Debug, Default)]
pub struct Deadlines {
    by_time: BTreeSet<(Duration, SubjectId, OriginId)>,
    of: HashMap<(SubjectId, OriginId), (Duration, WallTime)>,
}

// === impl Deadlines ===

impl Deadlines {
    /// Something of a fact ends at this moment, and nothing of it earlier.
    pub fn set(&mut self, subject: SubjectId, origin: OriginId, at: Duration, named: WallTime) {
        self.forget(subject, origin);
        self.by_time.insert((at, subject, origin));
        self.of.insert((subject, origin), (at, named));
    }

    /// Nothing of a fact ends by itself any longer.
    pub fn forget(&mut self, subject: SubjectId, origin: OriginId) {
        if let Some((at, _)) = self.of.remove(&(subject, origin)) {
            self.by_time.remove(&(at, subject, origin));
        }
    }

    /// When [`Deadlines::due`] has one to give.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        self.by_time.first().map(|(at, ..)| *at)
    }

    /// One that is due by `now`; each is given once.
    pub fn due(&mut self, now: Duration) -> Option<Due> {
        self.next().filter(|at| *at <= now)?;
        let (at, subject, origin) = self.by_time.pop_first()?;
        let (_, named) = self.of.remove(&(subject, origin))?;
        Some(Due { subject, origin, at, named })
    }
}
