//! What waits until the store has what it acknowledges.
//!
//! A change is delivered first, then the group that holds it is committed, and only then does its publisher get its
//! result. While the disk takes nothing, results are withheld and lamps go on.

use std::cell::RefCell;
use std::collections::VecDeque;

use lampfield_fabric::Ticket;
use tokio::sync::watch;

/// The results of a door that are due, in the order of their tickets. `T` is what the door does for one.
#[derive(Debug)]
pub struct Results<T> {
    waiting: RefCell<VecDeque<(Ticket, T)>>,
}

// === impl Results ===

impl<T> Results<T> {
    /// Results that may wait at a door; beyond it the oldest is never given. What it stands for has long taken effect.
    pub const MOST: usize = 200_000;

    /// This is due when `ticket` is committed, after all that was promised before.
    pub fn promise(&self, ticket: Ticket, due: T) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= Self::MOST {
            waiting.pop_front();
        }
        waiting.push_back((ticket, due));
    }

    /// How many results wait for their commit, at most [`Results::MOST`].
    pub fn len(&self) -> usize {
        self.waiting.borrow().len()
    }

    /// Whether no result waits for its commit.
    pub fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// Gives each result that is due, until the store has closed. `give` may promise others.
    pub async fn run(&self, mut committed: watch::Receiver<Ticket>, give: impl Fn(T)) {
        while committed.changed().await.is_ok() {
            let safe = *committed.borrow_and_update();
            while let Some(due) = self.next_up_to(safe) {
                give(due);
            }
        }
    }

    fn next_up_to(&self, safe: Ticket) -> Option<T> {
        let mut waiting = self.waiting.borrow_mut();
        waiting.pop_front_if(|(ticket, _)| *ticket <= safe).map(|(_, due)| due)
    }
}

impl<T> Default for Results<T> {
    fn default() -> Self {
        Self { waiting: RefCell::default() }
    }
}
