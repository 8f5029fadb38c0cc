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

/// Something that waits for a commit.
struct WaitingResult {
    ticket: Ticket,
    due: Due,
}

enum Due {
    /// A reply to something that has taken effect.
    Reply {
        /// Whoever has left needs no reply, and must not be kept from closing.
        session: Weak<Session>,
        reply: Box<[u8]>,
    },
    /// What is to come after a reply.
    Act(Box<dyn FnOnce()>),
}

/// The results that are due, in the order of their tickets.
#[derive(Default)]
pub struct Results {
    waiting: RefCell<VecDeque<WaitingResult>>,
}

/// Replies that may wait on this node; beyond it the oldest is never sent. Asterisk does not miss
/// one, and the publish itself has long taken effect.
const MOST: usize = 200_000;

// === impl Results ===

impl Results {
    /// Sends `reply`, a complete stanza, when `ticket` is committed.
    pub fn promise(&self, ticket: Ticket, session: &Rc<Session>, reply: Vec<u8>) {
        let session = Rc::downgrade(session);
        self.push(WaitingResult { ticket, due: Due::Reply { session, reply: reply.into() } });
    }

    /// Does something when `ticket` is committed, after all replies that were promised before.
    pub fn afterwards(&self, ticket: Ticket, act: impl FnOnce() + 'static) {
        self.push(WaitingResult { ticket, due: Due::Act(Box::new(act)) });
    }

    fn push(&self, one: WaitingResult) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= MOST {
            waiting.pop_front();
        }
        waiting.push_back(one);
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
        while let Some(due) = self.next_up_to(safe) {
            match due {
                Due::Reply { session, reply } => {
                    if let Some(session) = session.upgrade() {
                        session.send(&reply);
                    }
                }
                Due::Act(act) => act(),
            }
        }
    }

    fn next_up_to(&self, safe: Ticket) -> Option<Due> {
        let mut waiting = self.waiting.borrow_mut();
        waiting.pop_front_if(|one| one.ticket <= safe).map(|one| one.due)
    }
}

impl std::fmt::Debug for Results {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Results").field("waiting", &self.len()).finish()
    }
}
