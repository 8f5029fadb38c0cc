//! What a client has not read yet, for doors that write bytes: bounded by what the door asks before it goes on.
//!
//! Nothing that is appended is refused. A door asks for [`Unread::room`] before it reads the next request, and the
//! [`Watchers`](super::Watchers) keep changes back where there is none; so at most one answer and one chunk of changes go
//! beyond the bound.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Notify;

use super::watchers::Watcher;
use crate::Room;

/// The bytes that one client has still to read. Its door hands them to the client in a task of its own, by
/// [`Unread::take`].
#[derive(Debug)]
pub struct Unread {
    bytes: RefCell<Vec<u8>>,
    comfortable: usize,
    is_over: Cell<bool>,
    appended: Notify,
    taken: Notify,
    behind: Rc<Notify>,
}

// === impl Unread ===

impl Unread {
    /// Nothing yet. Above `comfortable` bytes the client counts as crowded; `behind` is what wakes the door's
    /// catch-up, and is told when there is room again.
    #[must_use]
    pub fn new(comfortable: usize, behind: &Rc<Notify>) -> Rc<Self> {
        let (bytes, is_over) = (RefCell::default(), Cell::default());
        let (appended, taken, behind) = (Notify::new(), Notify::new(), Rc::clone(behind));
        Rc::new(Self { bytes, comfortable, is_over, appended, taken, behind })
    }

    /// Appends what the client is to read.
    pub fn append(&self, bytes: &[u8]) {
        self.bytes.borrow_mut().extend_from_slice(bytes);
        self.appended.notify_one();
    }

    /// Waits until there is room, or nothing more is to come: a client that asks and does not read is not listened to.
    pub async fn room(&self) {
        while self.is_crowded() && !self.is_over() {
            self.taken.notified().await;
        }
    }

    /// What is to be read now, as soon as there is anything; none when all has been taken and nothing more is to come.
    /// What was taken the last time has then been written.
    pub async fn take(&self) -> Option<Vec<u8>> {
        loop {
            let bytes = std::mem::take(&mut *self.bytes.borrow_mut());
            self.taken.notify_one();
            self.behind.notify_one();
            match bytes.is_empty() {
                false => return Some(bytes),
                true if self.is_over() => return None,
                true => self.appended.notified().await,
            }
        }
    }

    /// Nothing more is to come: what is unread is still taken.
    pub fn end(&self) {
        self.is_over.set(true);
        self.appended.notify_one();
        self.taken.notify_one();
    }

    /// Whether nothing more is to come.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// Waits until nothing more is to come.
    pub async fn over(&self) {
        while !self.is_over() {
            self.taken.notified().await;
        }
    }

    fn is_crowded(&self) -> bool {
        self.bytes.borrow().len() > self.comfortable
    }
}

impl Watcher for Rc<Unread> {
    fn room(&self) -> Room {
        if self.is_crowded() { Room::Full } else { Room::Free }
    }

    fn send(&self, written: &[u8]) {
        self.append(written);
    }

    fn is_drained(&self) -> bool {
        self.bytes.borrow().is_empty()
    }
}
