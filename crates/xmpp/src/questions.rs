//! Questions of clients to PBXs, kept until the PBX makes a pause. What else the asker sends to it
//! meanwhile does not wait for them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use lampfield_xmpp_stream::FullJid;
use tokio::sync::Notify;

use crate::session::Session;

/// One question that waits.
#[derive(Debug)]
pub struct Question {
    /// Its id, for the answer.
    pub id: Box<str>,
    /// Who asks. Whoever has left must not be kept from closing.
    pub from: Weak<Session>,
    /// The PBX that is asked. It may be gone before it makes a pause.
    pub to: Weak<Session>,
    /// The address of who is asked.
    pub address: FullJid,
    /// The stanza with `from` and `to`, as it goes to the PBX.
    pub stanza: Box<[u8]>,
    since: Instant,
}

/// Too many questions wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many questions wait for a PBX to pause")]
pub struct TooMany;

/// The questions that wait, in the order in which they were asked.
#[derive(Debug, Default)]
pub struct Questions {
    waiting: RefCell<VecDeque<Question>>,
    bytes: Cell<usize>,
    some: Notify,
}

// === impl Question ===

impl Question {
    /// How long it waits at the most.
    pub const PATIENCE: Duration = Duration::from_secs(30);
    /// What a waiting question counts for besides its stanza, in bytes.
    const BYTES: usize = 256;

    /// A question that has just been asked.
    pub fn new(id: &str, from: &Rc<Session>, to: &Rc<Session>, stanza: Vec<u8>) -> Self {
        Self {
            id: id.into(),
            from: Rc::downgrade(from),
            to: Rc::downgrade(to),
            address: to.jid.clone(),
            stanza: stanza.into(),
            since: Instant::now(),
        }
    }

    fn bytes(&self) -> usize {
        Self::BYTES + self.stanza.len()
    }

    /// Whether its wait is over, in one way or the other.
    fn is_due(&self) -> bool {
        self.since.elapsed() >= Self::PATIENCE
            || self.to.upgrade().is_none_or(|to| to.link.is_quiet())
    }
}

// === impl Questions ===

impl Questions {
    /// Bytes of all questions together; one more is refused.
    const MOST_BYTES: usize = 1024 * 1024;
    /// Questions of one asker; one more is refused.
    const MOST_OF_ONE: usize = 64;

    /// Keeps a question.
    ///
    /// # Errors
    /// A limit is reached.
    pub fn put(&self, question: Question) -> Result<(), TooMany> {
        let mut waiting = self.waiting.borrow_mut();
        let bytes = self.bytes.get() + question.bytes();
        let of_one = waiting.iter().filter(|other| Weak::ptr_eq(&other.from, &question.from));
        if bytes > Self::MOST_BYTES || of_one.count() >= Self::MOST_OF_ONE {
            return Err(TooMany);
        }
        self.bytes.set(bytes);
        waiting.push_back(question);
        self.some.notify_one();
        Ok(())
    }

    /// Waits until there is one.
    pub async fn some(&self) {
        while self.waiting.borrow().is_empty() {
            self.some.notified().await;
        }
    }

    /// Takes out those whose wait is over.
    pub fn take_due(&self) -> VecDeque<Question> {
        let mut waiting = self.waiting.borrow_mut();
        let (due, rest): (VecDeque<_>, VecDeque<_>) = waiting.drain(..).partition(Question::is_due);
        *waiting = rest;
        self.bytes.set(waiting.iter().map(Question::bytes).sum());
        due
    }
}
