//! Writes every touched connection once per turn of the run queue.
//!
//! The flush task is woken by the first append and therefore queued behind everything that is
//! ready at that moment: a burst of events costs one write per socket, and a lone event is
//! written as soon as its handler returns. Batching never waits for a timer.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::sync::Notify;

use super::buffers::BufferPool;
use super::link::Link;
use super::loans::Lender;

/// The connections of one thread that have something to write.
#[derive(Debug, Default)]
pub struct Flusher {
    touched: RefCell<Vec<Rc<Link>>>,
    wake: Notify,
    /// Told when a connection that was crowded has written everything.
    pub roomy: Notify,
    pub(super) pool: BufferPool,
    pub(super) lender: Rc<Lender>,
}

impl Flusher {
    /// A flusher with nothing to do; [`Flusher::run`] must be spawned once beside it.
    pub fn new() -> Rc<Self> {
        Rc::new(Self::default())
    }

    /// Notes that a connection wants to be written at the end of this turn.
    pub(super) fn touch(&self, link: Rc<Link>) {
        let mut touched = self.touched.borrow_mut();
        if touched.is_empty() {
            self.wake.notify_one();
        }
        touched.push(link);
    }

    /// Serves for ever: one pass over the touched connections per wake-up.
    pub async fn run(self: Rc<Self>) {
        let mut batch = Vec::new();
        loop {
            self.wake.notified().await;
            std::mem::swap(&mut batch, &mut *self.touched.borrow_mut());
            for link in batch.drain(..) {
                link.flush();
            }
        }
    }
}
