//! What happened to the connections of origins: losses and returns. It only remembers, for `history`: nothing decides by it, and at its limit the oldest entry goes.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lampfield_board::{BoardName, Change, Origin, WallTime};
use lampfield_hub::{Happening, Notice, Observer};

/// Happenings that are remembered.
const LIMIT: usize = 4_096;

/// The latest happenings, the oldest first.
#[derive(Debug, Default)]
pub struct Journal {
    entries: RefCell<VecDeque<JournalEntry>>,
}

/// One happening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// When.
    pub at: WallTime,
    /// To whom.
    pub origin: Arc<Origin>,
    /// What.
    pub what: What,
}

/// What can happen to an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Its last connection is gone; what it said stands for so long.
    Lost(Duration),
    /// It is back and has so long to repeat what it said.
    Returned(Duration),
}

// === impl Journal ===

impl Journal {
    /// What happened to one of `origins` since then, the newest first.
    pub fn of(&self, origins: &[Arc<Origin>], since: WallTime) -> Vec<JournalEntry> {
        let entries = self.entries.borrow();
        let meant = |entry: &&JournalEntry| entry.at >= since && origins.contains(&entry.origin);
        entries.iter().rev().filter(meant).cloned().collect()
    }

    fn note(&self, at: WallTime, origin: &Arc<Origin>, what: What) {
        let mut entries = self.entries.borrow_mut();
        if entries.len() >= LIMIT {
            entries.pop_front();
        }
        entries.push_back(JournalEntry { at, origin: Arc::clone(origin), what });
    }
}

impl Observer for Journal {
    fn changed(&self, _: &BoardName, _: &Change) {}

    fn notice(&self, _: &BoardName, notice: &Notice) {
        let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
        let at = WallTime::from_millis(now);
        match notice {
            Notice::Happened(Happening::Lost { origin, grace, .. }) => {
                self.note(at, origin, What::Lost(*grace));
            }
            Notice::Happened(Happening::Returned { origin, grace, .. }) => {
                self.note(at, origin, What::Returned(*grace));
            }
            // The rest is about no connection.
            Notice::Happened(_) | Notice::Raised(_) | Notice::Cleared(_) => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lampfield_board::{AccountName, Eid};

    fn origin(number: u8) -> Arc<Origin> {
        let account = AccountName::parse("a@a.example").expect("a name");
        Arc::new(Origin::new(account, Eid::new([2, 0, 0, 0, 0, number])))
    }

    #[test]
    fn the_oldest_is_forgotten_at_the_limit() {
        let (one, journal) = (origin(1), Journal::default());
        for millis in 0..2 * LIMIT as u64 {
            journal.note(WallTime::from_millis(millis), &one, What::Lost(Duration::ZERO));
        }
        let all = journal.of(&[one], WallTime::from_millis(0));
        assert_eq!(all.len(), LIMIT);
        assert_eq!(all[0].at.millis(), 2 * LIMIT as u64 - 1);
    }
}
