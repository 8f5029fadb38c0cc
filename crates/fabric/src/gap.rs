//! A bounded channel that never makes its sender wait: what does not fit is left out, and the
//! reader is told, at the right place in the order, that something is missing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::mpsc;

/// The sending half. Only one thread at a time may send, or the place of a gap is not exact.
#[derive(Clone)]
pub(crate) struct Sender<T> {
    queue: mpsc::Sender<T>,
    missed: Arc<AtomicBool>,
}

/// The reading half.
pub(crate) struct Receiver<T> {
    queue: mpsc::Receiver<T>,
    missed: Arc<AtomicBool>,
}

/// What the reader gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item<T> {
    /// The next item.
    Next(T),
    /// One or more items were left out here.
    Gap,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It waits for the reader.
    Queued,
    /// The queue is full, or the reader has not yet read up to an earlier gap.
    LeftOut,
    /// There is no reader any more.
    NoReader,
}

/// A channel in which at most `capacity` items wait (at least one).
pub(crate) fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel(capacity.max(1));
    let missed = Arc::new(AtomicBool::new(false));
    (Sender { queue: sender, missed: missed.clone() }, Receiver { queue: receiver, missed })
}

// === impl Sender ===

impl<T> Sender<T> {
    /// Sends or leaves out, at once.
    pub(crate) fn send(&self, item: T) -> Sent {
        if self.queue.is_closed() {
            return Sent::NoReader;
        }
        if self.missed.load(Ordering::Acquire) {
            return Sent::LeftOut;
        }
        match self.queue.try_send(item) {
            Ok(()) => Sent::Queued,
            Err(mpsc::error::TrySendError::Closed(_)) => Sent::NoReader,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.missed.store(true, Ordering::Release);
                Sent::LeftOut
            }
        }
    }

    /// Whether the reader is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }
}

// === impl Receiver ===

impl<T> Receiver<T> {
    /// The next item or gap; `None` when the sender is gone and all has been read. Cancel safe.
    pub(crate) async fn next(&mut self) -> Option<Item<T>> {
        if let Some(item) = self.try_next() {
            return Some(item);
        }
        // The queue was empty and there is no gap: a gap can only follow a full queue.
        self.queue.recv().await.map(Item::Next)
    }

    /// What is there now.
    pub(crate) fn try_next(&mut self) -> Option<Item<T>> {
        if let Ok(item) = self.queue.try_recv() {
            return Some(Item::Next(item));
        }
        self.missed.swap(false, Ordering::AcqRel).then_some(Item::Gap)
    }
}
