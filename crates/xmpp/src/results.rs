//! Results that wait until the store has what they acknowledge.
//!
//! A change is delivered first, then the group that holds it is committed, and only then does its
//! publisher get its result. While the disk takes nothing, results are withheld and lamps go on.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use lampfield_fabric::Ticket;
use tokio::sync::watch;

use crate::session::Session;

/// A reply to something that has taken effect and waits for its commit.
struct Waiting {
    ticket: Ticket,
    /// Whoever has left needs no reply, and must not be kept from closing.
    session: Weak<Session>,
    reply: Box<[u8]>,
}

/// The results that are due, in the order of their tickets.
#[derive(Default)]
pub struct Results {
    waiting: RefCell<VecDeque<Waiting>>,
}

/// Replies that may wait on this node; beyond it the oldest is never sent. Asterisk does not miss
/// one, and the publish itself has long taken effect.
const MOST: usize = 200_000;

// === impl Results ===

impl Results {
    /// Sends `reply`, a complete stanza, when `ticket` is committed.
    pub fn promise(&self, ticket: Ticket, session: &Rc<Session>, reply: Vec<u8>) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= MOST {
            waiting.pop_front();
        }
        waiting.push_back(Waiting { ticket, session: Rc::downgrade(session), reply: reply.into() });
    }

    /// How many replies wait.
    pub fn len(&self) -> usize {
        self.waiting.borrow().len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// Serves until the store has closed.
    pub async fn run(&self, mut committed: watch::Receiver<Ticket>) {
        while committed.changed().await.is_ok() {
            let safe = *committed.borrow_and_update();
            self.answer_up_to(safe);
        }
    }

    fn answer_up_to(&self, safe: Ticket) {
        let mut waiting = self.waiting.borrow_mut();
        while let Some(due) = waiting.pop_front_if(|due| due.ticket <= safe) {
            if let Some(session) = due.session.upgrade() {
                session.send(&due.reply);
            }
        }
    }
}

impl std::fmt::Debug for Results {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Results").field("waiting", &self.len()).finish()
    }
}
