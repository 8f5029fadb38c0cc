//! What happened to origins besides what they said: losses, returns, withdrawals with their reasons.
//! It only remembers, for `history`: nothing decides by it, and at its limit the oldest entry goes.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use lampfield_board::{Change, Origin, Wall};
use lampfield_hub::{Door, Happening, Notice, Reason};

/// Happenings that are remembered.
const LIMIT: usize = 4_096;

/// How long after a withdrawal its reason is told at the latest: both are parts of one call.
const SAME_CALL: u64 = 1_000;

/// The latest happenings, the oldest first.
#[derive(Debug, Default)]
pub struct Journal {
    entries: RefCell<VecDeque<Entry>>,
}

/// One happening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Wall,
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
    /// Facts of it were withdrawn.
    Withdrawn(Reason),
}

// === impl Journal ===

impl Journal {
    /// What happened to one of `origins` since then, the newest first.
    pub fn of(&self, origins: &[Arc<Origin>], since: Wall) -> Vec<Entry> {
        let entries = self.entries.borrow();
        let meant = |entry: &&Entry| entry.at >= since && origins.contains(&entry.origin);
        entries.iter().rev().filter(meant).cloned().collect()
    }

    /// Why a fact of an origin was withdrawn at a moment; `None` if that is forgotten.
    pub fn reason(&self, origin: &Origin, at: Wall) -> Option<Reason> {
        let in_time = at.millis()..=at.millis().saturating_add(SAME_CALL);
        let entries = self.entries.borrow();
        let mut of_origin = entries.iter().filter(|entry| *entry.origin == *origin);
        of_origin.find_map(|entry| match entry.what {
            What::Withdrawn(reason) if in_time.contains(&entry.at.millis()) => Some(reason),
            _ => None,
        })
    }

    fn note(&self, at: Wall, origin: &Arc<Origin>, what: What) {
        let mut entries = self.entries.borrow_mut();
        if entries.len() >= LIMIT {
            entries.pop_front();
        }
        entries.push_back(Entry { at, origin: Arc::clone(origin), what });
    }
}

impl Door for Journal {
    fn changed(&self, _: &Change) {}

    fn notice(&self, notice: &Notice) {
        let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
        let at = Wall::from_millis(now);
        match notice {
            Notice::Happened(Happening::Lost { origin, grace, .. }) => {
                self.note(at, origin, What::Lost(*grace));
            }
            Notice::Happened(Happening::Returned { origin, grace, .. }) => {
                self.note(at, origin, What::Returned(*grace));
            }
            Notice::Happened(Happening::Withdrawn { origin, reason, .. }) => {
                self.note(at, origin, What::Withdrawn(*reason));
            }
            // The rest is about no lamp.
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
        Arc::new(Origin { account, eid: Eid::new([2, 0, 0, 0, 0, number]) })
    }

    #[test]
    fn a_withdrawal_finds_its_reason_and_no_other() {
        let (one, two) = (origin(1), origin(2));
        let journal = Journal::default();
        let at = Wall::from_millis;
        journal.note(at(1_000), &one, What::Lost(Duration::from_secs(10)));
        journal.note(at(11_001), &one, What::Withdrawn(Reason::Lost));
        journal.note(at(11_001), &two, What::Withdrawn(Reason::Goodbye));
        journal.note(at(99_000), &one, What::Withdrawn(Reason::Removed));
        assert_eq!(journal.reason(&one, at(11_000)), Some(Reason::Lost));
        assert_eq!(journal.reason(&two, at(11_000)), Some(Reason::Goodbye));
        assert_eq!(journal.reason(&one, at(50_000)), None, "of another time");
        assert_eq!(journal.of(&[one], at(11_000)).len(), 2);
    }

    #[test]
    fn the_oldest_is_forgotten_at_the_limit() {
        let (one, journal) = (origin(1), Journal::default());
        for millis in 0..2 * LIMIT as u64 {
            journal.note(Wall::from_millis(millis), &one, What::Lost(Duration::ZERO));
        }
        let all = journal.of(&[one], Wall::from_millis(0));
        assert_eq!(all.len(), LIMIT);
        assert_eq!(all[0].at.millis(), 2 * LIMIT as u64 - 1);
    }
}
