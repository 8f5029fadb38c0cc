//! Results that wait until the store has what they acknowledge: the replies of this door, and what comes after them.

use std::rc::{Rc, Weak};

use lampfield_fabric::Ticket;
use lampfield_hub::kit;
use tokio::sync::watch;

use crate::session::Session;

/// What is done when the store has committed the ticket.
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
pub struct Results(kit::Results<Due>);

// === impl Results ===

impl Results {
    /// Sends `reply`, a complete stanza, when `ticket` is committed. Of those beyond the limit the oldest is never sent:
    /// Asterisk does not miss it.
    pub fn promise(&self, ticket: Ticket, session: &Rc<Session>, reply: Vec<u8>) {
        let session = Rc::downgrade(session);
        self.0.promise(ticket, Due::Reply { session, reply: reply.into() });
    }

    /// Does something when `ticket` is committed, after all replies that were promised before.
    pub fn afterwards(&self, ticket: Ticket, act: impl FnOnce() + 'static) {
        self.0.promise(ticket, Due::Act(Box::new(act)));
    }

    /// How many replies wait.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no reply and no act waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Serves until the store has closed.
    pub async fn run(&self, committed: watch::Receiver<Ticket>) {
        let give = |due| match due {
            Due::Reply { session, reply } => {
                if let Some(session) = session.upgrade() {
                    session.send(&reply);
                }
            }
            Due::Act(act) => act(),
        };
        self.0.run(committed, give).await;
    }
}

impl std::fmt::Debug for Results {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Results").field("waiting", &self.len()).finish()
    }
}
