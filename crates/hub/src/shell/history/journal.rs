//! What happened to the connections of origins: losses and returns. It only remembers: nothing decides by it, and at its
//! limit the oldest entry goes.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use lampfield_board::{BoardName, Origin, WallTime};

use crate::notice::{Happening, Notice};

/// Happenings that are kept in memory, of all boards together.
const LIMIT: usize = 4_096;

/// The latest happenings of all boards, the oldest first.
#[derive(Debug)]
pub(super) struct Journal {
    entries: RefCell<VecDeque<(BoardName, LinkEvent)>>,
    complete_since: Cell<WallTime>,
}

/// The connection of an origin was lost, or is back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkEvent {
    /// When it was noticed here, by the wall clock.
    pub at: WallTime,
    /// The origin whose connection it was.
    pub origin: Arc<Origin>,
    /// What has happened, with the time that the origin has.
    pub turn: LinkTurn,
}

/// What can happen to the connections of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkTurn {
    /// The last one is gone; what the origin said stands for so long.
    Lost(Duration),
    /// It is back and has so long to repeat what it said.
    Returned(Duration),
}

// === impl LinkEvent ===

impl LinkEvent {
    /// What a notice tells of a connection, if it does.
    pub(super) fn of(notice: &Notice, at: WallTime) -> Option<Self> {
        let (origin, turn) = match notice {
            Notice::Happened(Happening::Lost { origin, grace, .. }) => {
                (origin, LinkTurn::Lost(*grace))
            }
            Notice::Happened(Happening::Returned { origin, grace, .. }) => {
                (origin, LinkTurn::Returned(*grace))
            }
            // The rest is about no connection.
            Notice::Happened(_) | Notice::Raised(_) | Notice::Cleared(_) => return None,
        };
        Some(Self { at, origin: Arc::clone(origin), turn })
    }
}

// === impl Journal ===

impl Journal {
    pub(super) fn new(now: WallTime) -> Self {
        Self { entries: RefCell::default(), complete_since: Cell::new(now) }
    }

    pub(super) fn note(&self, board: &BoardName, event: LinkEvent) {
        let mut entries = self.entries.borrow_mut();
        if entries.len() >= LIMIT
            && let Some((_, oldest)) = entries.pop_front()
        {
            self.complete_since.set(self.complete_since.get().max(oldest.at));
        }
        entries.push_back((board.clone(), event));
    }

    /// Forgets what happened on a board.
    pub(super) fn forget(&self, board: &BoardName) {
        self.entries.borrow_mut().retain(|(on, _)| on != board);
    }

    /// What happened on a board since then, the newest first.
    pub(super) fn of(&self, board: &BoardName, since: WallTime) -> Vec<LinkEvent> {
        let entries = self.entries.borrow();
        let meant = entries.iter().rev().filter(|(on, event)| on == board && event.at >= since);
        meant.map(|(_, event)| event.clone()).collect()
    }

    /// Every happening after that moment is in memory.
    pub(super) fn complete_since(&self) -> WallTime {
        self.complete_since.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lampfield_board::{AccountName, Eid};

    #[test]
    fn the_oldest_is_forgotten_at_the_limit() {
        let account = AccountName::parse("a@a.example").unwrap();
        let origin = Arc::new(Origin::new(account, Eid::new([2, 0, 0, 0, 0, 1])));
        let board = BoardName::parse("a.example").unwrap();
        let journal = Journal::new(WallTime::from_millis(0));
        for millis in 1..=2 * LIMIT as u64 {
            let at = WallTime::from_millis(millis);
            let event =
                LinkEvent { at, origin: origin.clone(), turn: LinkTurn::Lost(Duration::ZERO) };
            journal.note(&board, event);
        }
        let all = journal.of(&board, WallTime::from_millis(0));
        assert_eq!(all.len(), LIMIT);
        assert_eq!(all[0].at.millis(), 2 * LIMIT as u64);
        assert_eq!(journal.complete_since().millis(), LIMIT as u64);
    }
}
