//! A bounded channel that never makes its sender wait: what does not fit is left out, and the
//! reader is told, at the right place in the order, that something is missing. The channels of
//! the libraries either wait, drop silently, or drop the oldest without saying where.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// The sending half. It never waits: what finds no room is left out, and the reader learns of it.
pub(crate) struct Sender<T>(Arc<ChannelState<T>>);

/// The reading half. Dropping it closes the channel.
pub(crate) struct Receiver<T>(Arc<ChannelState<T>>);

/// What the reader gets, in the order of sending.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item<T> {
    /// The next item, with nothing left out before it.
    Next(T),
    /// One or more items were left out here.
    Gap,
}

/// What became of an item that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It waits for the reader.
    Queued,
    /// The queue is full, or the reader has not yet read up to an earlier gap.
    LeftOut,
    /// The reader is gone, so nothing need be sent any more.
    NoReader,
}

struct ChannelState<T> {
    state: Mutex<State<T>>,
    news: Notify,
}

struct State<T> {
    queue: VecDeque<T>,
    capacity: usize,
    /// Something was left out after what is in the queue.
    missed: bool,
    /// The sender or the reader is gone.
    ended: bool,
}

/// A channel in which at most `capacity` items wait (at least one).
pub(crate) fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let capacity = capacity.max(1);
    let state = State { queue: VecDeque::new(), capacity, missed: false, ended: false };
    let shared = Arc::new(ChannelState { state: Mutex::new(state), news: Notify::new() });
    (Sender(shared.clone()), Receiver(shared))
}

// === impl ChannelState ===

impl<T> ChannelState<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Sender ===

impl<T> Sender<T> {
    /// Sends an item if there is room, and leaves it out otherwise; never waits.
    pub(crate) fn send(&self, item: T) -> Sent {
        let mut state = self.0.lock();
        if state.ended {
            return Sent::NoReader;
        }
        if state.missed || state.queue.len() >= state.capacity {
            // The queue is not empty, or the reader has been woken for it already.
            state.missed = true;
            return Sent::LeftOut;
        }
        state.queue.push_back(item);
        drop(state);
        self.0.news.notify_one();
        Sent::Queued
    }

    /// Whether the reader is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.lock().ended
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.news.notify_one();
    }
}

// === impl Receiver ===

impl<T> Receiver<T> {
    /// The next item or gap; `None` when the sender is gone and all has been read. Cancel safe.
    pub(crate) async fn next(&mut self) -> Option<Item<T>> {
        loop {
            if let Some(item) = self.try_next() {
                return Some(item);
            }
            if self.0.lock().ended {
                // It may have sent something before it ended.
                return self.try_next();
            }
            // What happens before this line leaves a permit, so nothing is slept through.
            self.0.news.notified().await;
        }
    }

    /// The next item or gap if one is there now; never waits.
    pub(crate) fn try_next(&mut self) -> Option<Item<T>> {
        let mut state = self.0.lock();
        if let Some(item) = state.queue.pop_front() {
            return Some(Item::Next(item));
        }
        std::mem::take(&mut state.missed).then_some(Item::Gap)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ended = true;
        let left = std::mem::take(&mut state.queue);
        drop(state);
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_gap_is_told_where_it_is() {
        let (sender, mut receiver) = channel(2);
        for number in 0..5 {
            sender.send(number);
        }
        assert_eq!(receiver.next().await, Some(Item::Next(0)));
        assert_eq!(sender.send(5), Sent::LeftOut, "or 5 would come before the gap is told");
        assert_eq!(receiver.next().await, Some(Item::Next(1)));
        assert_eq!(receiver.next().await, Some(Item::Gap));
        assert_eq!(sender.send(6), Sent::Queued);
        assert_eq!(receiver.next().await, Some(Item::Next(6)));
        drop(sender);
        assert_eq!(receiver.next().await, None);
    }

    #[tokio::test]
    async fn nothing_is_sent_to_nobody() {
        let (sender, receiver) = channel(2);
        assert!(!sender.is_closed());
        drop(receiver);
        assert!(sender.is_closed());
        assert_eq!(sender.send(1), Sent::NoReader);
    }

    #[tokio::test]
    async fn no_item_is_lost_between_threads_without_a_gap() {
        const LAST: u32 = 300_000;
        let (sender, mut receiver) = channel(1);
        let sending = std::thread::spawn(move || {
            for number in 1..=LAST {
                sender.send(number);
            }
        });
        let (mut last, mut gap) = (0, false);
        while let Some(item) = receiver.next().await {
            match item {
                Item::Gap => gap = true,
                Item::Next(number) => {
                    assert_eq!(gap, number != last + 1, "{number} after {last}");
                    (last, gap) = (number, false);
                }
            }
        }
        assert_eq!(gap, last != LAST);
        sending.join().unwrap();
    }
}
