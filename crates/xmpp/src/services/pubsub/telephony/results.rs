//! Results that wait until the store has what they acknowledge.
//!
//! A change is delivered first, then the group that holds it is committed, and only then does its
//! publisher get its result. While the disk takes nothing, results are withheld and lamps go on.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use lampfield_fabric::Ticket;
use tokio::sync::watch;

use crate::services::reply;
use crate::session::Session;

/// One publish that has taken effect and waits for its commit.
struct Waiting {
    ticket: Ticket,
    session: Rc<Session>,
    service: Rc<str>,
    id: Box<str>,
}

/// The results that are due, in the order of their tickets.
#[derive(Default)]
pub struct Results {
    waiting: RefCell<VecDeque<Waiting>>,
}

/// Results that may wait on this node; beyond it the oldest is never sent. Asterisk does not miss
/// a result, and the publish itself has long taken effect.
const MOST: usize = 200_000;

// === impl Results ===

impl Results {
    /// Answers a publish when `ticket` is committed.
    pub fn promise(&self, ticket: Ticket, session: &Rc<Session>, service: &Rc<str>, id: &str) {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.len() >= MOST {
            waiting.pop_front();
        }
        waiting.push_back(Waiting {
            ticket,
            session: Rc::clone(session),
            service: Rc::clone(service),
            id: id.into(),
        });
    }

    /// How many publishes wait for their result.
    pub fn len(&self) -> usize {
        self.waiting.borrow().len()
    }

    /// Whether every publish has its result.
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
        let mut out = Vec::new();
        while let Some(due) = waiting.pop_front_if(|due| due.ticket <= safe) {
            out.clear();
            let to = Some(due.session.jid.as_str());
            reply::result(&mut out, &due.id, Some(&due.service), to, &[]);
            due.session.send(&out);
        }
    }
}

impl std::fmt::Debug for Results {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Results").field("waiting", &self.len()).finish()
    }
}
