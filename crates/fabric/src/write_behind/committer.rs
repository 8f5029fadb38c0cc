//! The store's thread: the only one that touches the engine. It commits a group as soon as there
//! is one, answers requests between groups, and keeps trying when the engine takes nothing; it must
//! never lose what it was given, nor begin a group before the one before it is committed.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::watch;

use super::{
    overlay,
    queue::{Closing, Queue, Turn},
};
use crate::{
    Bucket, Cursor, Health, Page, Revision, Row, StoreError, Ticket,
    raw::{Group, NotSet, RawError, RawStore, Reader, Watchers},
};

/// The pause after a failed commit: it doubles from the first to the last.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// The pause after a group of several rows: whoever writes that fast gets larger groups, which cost
/// less per row, and waits a little longer for its tickets. A lone write is committed at once.
const GATHER: Duration = Duration::from_micros(200);
/// Rows that a watch reads at a time.
const WATCH_ROWS: usize = 256;

/// What the store's thread owns, so that none of it needs a lock.
pub(super) struct Committer {
    pub(super) queue: Arc<Queue<Self>>,
    pub(super) watchers: Watchers,
    raw: Box<dyn RawStore>,
    signals: Signals,
    stall: Option<Stall>,
}

/// The engine takes no writes at present: when to try again, and why it failed.
struct Stall {
    pause: Duration,
    retry: Instant,
    reason: String,
}

/// What the thread tells everyone who holds the store.
pub(super) struct Signals {
    pub(super) committed: watch::Sender<Ticket>,
    pub(super) health: watch::Sender<Health>,
}

// === impl Committer ===

impl Committer {
    pub(super) fn new(raw: Box<dyn RawStore>, queue: Arc<Queue<Self>>, signals: Signals) -> Self {
        Self { queue, watchers: Watchers::default(), raw, signals, stall: None }
    }

    /// Works until the store is closed.
    pub(super) fn run(mut self) {
        loop {
            match self.queue.next(self.stall.as_ref().map(|stall| stall.retry)) {
                Turn::Work(group, requests) => {
                    let crowded = group.as_ref().is_some_and(|group| group.len() > 1);
                    // A failure is in `self.stall` and in the health.
                    let _kept = group.map(|group| self.commit(group));
                    for request in requests {
                        request(&mut self);
                    }
                    if crowded {
                        thread::park_timeout(GATHER);
                    }
                }
                Turn::Close(closing) => return self.finish(closing),
            }
        }
    }

    fn finish(mut self, closing: Closing) {
        let outcome = loop {
            match self.flush(self.queue.last()) {
                Err(_) if Instant::now() < closing.deadline => thread::park_timeout(FIRST_RETRY),
                outcome => break outcome,
            }
        };
        self.raw.close();
        drop(self);
        if let Some(done) = closing.done {
            // The caller may have stopped waiting.
            let _gone = done.send(outcome);
        }
    }

    /// Commits what waits up to a ticket, and what shares a group with it.
    fn flush(&mut self, last: Ticket) -> Result<(), StoreError> {
        while *self.signals.committed.borrow() < last {
            let Some(group) = self.queue.take() else { break };
            self.commit(group)?;
        }
        Ok(())
    }

    /// Commits the group that was taken from the queue, or gives it back.
    fn commit(&mut self, group: Arc<Group>) -> Result<(), StoreError> {
        match self.raw.commit(&group, &mut self.watchers) {
            Ok(()) => {
                self.queue.settle();
                self.recovered();
                self.signals.committed.send_replace(group.last());
                Ok(())
            }
            Err(RawError(reason)) => {
                drop(group);
                self.queue.give_back();
                self.stalled(reason.clone());
                Err(StoreError::Stalled { reason })
            }
        }
    }

    fn stalled(&mut self, reason: String) {
        let last = self.stall.take();
        let pause = last.map_or(FIRST_RETRY, |stall| LAST_RETRY.min(stall.pause * 2));
        let since = match &*self.signals.health.borrow() {
            Health::Stalled { since, .. } => *since,
            Health::Ok => SystemTime::now(),
        };
        let news = Health::Stalled { since, reason: reason.clone() };
        let changed = self.signals.health.send_if_modified(|health| {
            let changed = *health != news;
            *health = news;
            changed
        });
        if changed {
            tracing::error!(
                reason,
                "nothing can be stored, lamps keep working from memory; the server keeps trying"
            );
        }
        self.stall = Some(Stall { pause, retry: Instant::now() + pause, reason });
    }

    fn recovered(&mut self) {
        if self.stall.take().is_some() {
            self.signals.health.send_replace(Health::Ok);
            tracing::info!("storing works again, nothing was lost");
        }
    }
}

// === impl Committer, requests ===

impl Committer {
    /// The newest value of a key, committed or not.
    pub(super) fn get(&mut self, bucket: Bucket, key: &str) -> Result<Option<Row>, StoreError> {
        match self.queue.get(bucket, key) {
            Some(pending) => Ok(overlay::row(key.to_owned(), pending)),
            None => readable(bucket, self.raw.get(bucket, key)),
        }
    }

    /// The newest rows under a prefix, committed or not.
    pub(super) fn scan(
        &mut self,
        bucket: Bucket,
        prefix: &str,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let from = overlay::start(prefix, from);
        // The queue is asked after the engine: a row can only move from the one to the other
        // through this thread.
        let committed = readable(bucket, self.raw.scan(bucket, prefix, &from, limit))?;
        let pending = self.queue.scan(bucket, prefix, &from, limit);
        Ok(overlay::merge(committed, pending, limit))
    }

    /// Sets a key if its revision is the expected one, when all that was offered before is
    /// committed.
    pub(super) fn compare_and_set(
        &mut self,
        bucket: Bucket,
        key: String,
        expected: Option<Revision>,
        value: Option<&str>,
    ) -> Result<Revision, StoreError> {
        if let Some(stall) = &self.stall {
            return Err(StoreError::Stalled { reason: stall.reason.clone() });
        }
        self.flush(self.queue.last())?;
        let set = self.raw.compare_and_set(bucket, &key, expected, value, &mut self.watchers);
        set.map_err(|not_set| match not_set {
            NotSet::Conflict(current) => StoreError::Conflict { bucket, key, current },
            NotSet::Failed(RawError(reason)) => StoreError::Stalled { reason },
        })
    }

    /// The next rows for a watch; none, and not the last, when its reader has to learn of a gap.
    pub(super) fn watch_page(&mut self, reader: Reader) -> Result<WatchPage, StoreError> {
        let Some((bucket, prefix, from)) = self.watchers.place(reader) else {
            return Ok(WatchPage::default());
        };
        let page = readable(bucket, self.raw.scan(bucket, &prefix, &from, WATCH_ROWS))?;
        let last = page.next.is_none();
        self.watchers.advance(reader, page.next.map(|cursor| cursor.0));
        Ok(WatchPage { rows: page.rows, last })
    }
}

fn readable<T>(bucket: Bucket, read: Result<T, RawError>) -> Result<T, StoreError> {
    read.map_err(|RawError(reason)| StoreError::Unreadable { bucket, reason })
}

/// Rows of a watch's snapshot.
#[derive(Default)]
pub(super) struct WatchPage {
    pub(super) rows: Vec<Row>,
    /// Whether nothing comes after them.
    pub(super) last: bool,
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}
