//! What the peers whose sockets are full have left unread, all together.
//!
//! One peer is bounded by a limit of its own, but many at their limits would take more memory than
//! there is. At the limit for all, the connection that has left most unread is given up. A peer
//! that comes near it is not listened to meanwhile ([`Arrears::share`]), so that asking without
//! reading does not get that far.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use slab::Slab;

use super::link::Link;

/// What is left of the limit has so many shares.
const SHARES: usize = 64;

/// The links in arrears, as many as there are connections at the most.
#[derive(Debug)]
pub(super) struct Arrears {
    /// Bytes that all may leave unread.
    limit: Cell<usize>,
    bytes: Cell<usize>,
    links: RefCell<Slab<Arrear>>,
}

/// One link in arrears.
#[derive(Debug)]
struct Arrear {
    link: Weak<Link>,
    bytes: usize,
}

// === impl Arrears ===

impl Arrears {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit: Cell::new(limit), bytes: Cell::new(0), links: RefCell::default() }
    }

    /// A link's socket is full. The number it is known by until [`Arrears::leave`].
    pub(super) fn join(&self, link: Weak<Link>) -> usize {
        self.links.borrow_mut().insert(Arrear { link, bytes: 0 })
    }

    /// A link has written everything, or has ended.
    pub(super) fn leave(&self, number: usize) {
        if let Some(arrear) = self.links.borrow_mut().try_remove(number) {
            self.bytes.set(self.bytes.get() - arrear.bytes);
        }
    }

    /// How much a link has left unread now.
    pub(super) fn note(&self, number: usize, bytes: usize) {
        if let Some(arrear) = self.links.borrow_mut().get_mut(number) {
            self.bytes.set(self.bytes.get() - arrear.bytes + bytes);
            arrear.bytes = bytes;
        }
    }

    /// The link that has left most unread, if it is too much for all together.
    pub(super) fn worst(&self) -> Option<Rc<Link>> {
        if self.bytes.get() <= self.limit.get() {
            return None;
        }
        let links = self.links.borrow();
        links.iter().max_by_key(|(_, arrear)| arrear.bytes)?.1.link.upgrade()
    }

    /// How much a link may leave unread and still be listened to: a part of what is left, so that
    /// many come close to the limit together and do not reach it (the dynamic threshold of
    /// Choudhury and Hahne). Usually 2 MiB, thousands of results. COMPAT(asterisk<=22): several of
    /// its threads write into a full socket at the same time and mix their words, so as long as
    /// there is room its socket does not fill.
    pub(super) fn share(&self) -> usize {
        self.limit.get().saturating_sub(self.bytes.get()) / SHARES
    }

    /// How many bytes all together may leave unread.
    pub(super) fn limit(&self) -> usize {
        self.limit.get()
    }

    /// From now on this is the limit for all. Who is beyond it goes when more is said to one of
    /// them.
    pub(super) fn set_limit(&self, limit: usize) {
        self.limit.set(limit);
    }
}
