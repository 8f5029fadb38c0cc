//! The store's thread: the only one that touches the file. It commits a group as soon as there is
//! one, answers requests between groups, and keeps trying when the disk is away; it must never
//! lose or reorder what it was given.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::watch;

use super::{
    database::Database,
    folder::Folder,
    group::{Group, Pending},
    queue::{Closing, Queue, Turn},
    reading,
    watchers::{Reader, Watchers},
};
use crate::{Bucket, Cursor, Health, Page, Revision, Row, StoreError, Ticket};

/// The pause after a failed commit: it doubles from the first to the last.
const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// The pause after a group of several rows: whoever writes that fast gets larger groups, which cost
/// less per row, and waits a little longer for its tickets. A lone write is committed at once.
const GATHER: Duration = Duration::from_micros(200);
/// Rows that a watch reads at a time.
const WATCH_ROWS: usize = 256;

/// What the thread owns.
pub(super) struct Writer {
    pub(super) database: Database,
    pub(super) queue: Arc<Queue>,
    pub(super) watchers: Watchers,
    committed: watch::Sender<Ticket>,
    health: watch::Sender<Health>,
    stall: Option<Stall>,
    // Declared last: the folder is let go when the file is closed.
    _folder: Folder,
}

/// The disk is away.
struct Stall {
    pause: Duration,
    retry: Instant,
    reason: String,
}

/// What the thread tells everyone.
pub(super) struct Signals {
    pub(super) committed: watch::Sender<Ticket>,
    pub(super) health: watch::Sender<Health>,
}

// === impl Writer ===

impl Writer {
    pub(super) fn new(
        folder: Folder,
        database: Database,
        queue: Arc<Queue>,
        signals: Signals,
    ) -> Self {
        let Signals { committed, health } = signals;
        let watchers = Watchers::default();
        Self { database, queue, watchers, committed, health, stall: None, _folder: folder }
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
            match self.flush() {
                Err(_) if Instant::now() < closing.deadline => thread::park_timeout(FIRST_RETRY),
                outcome => break outcome,
            }
        };
        if let Err(error) = self.database.checkpoint() {
            // The log stays beside the file and is read at the next start.
            tracing::warn!(reason = self.database.explain(&error), "store closed with its log");
        }
        drop(self);
        if let Some(done) = closing.done {
            // The caller may have stopped waiting.
            let _gone = done.send(outcome);
        }
    }

    /// Commits everything that waits.
    fn flush(&mut self) -> Result<(), StoreError> {
        while let Some(group) = self.queue.take() {
            self.commit(group)?;
        }
        Ok(())
    }

    /// Commits the group that was taken from the queue, or gives it back.
    fn commit(&mut self, group: Arc<Group>) -> Result<(), StoreError> {
        match self.database.apply(&group) {
            Ok(()) => {
                self.queue.settle();
                self.recovered();
                self.watchers.tell(&group);
                self.committed.send_replace(group.last());
                Ok(())
            }
            Err(error) => {
                drop(group);
                self.queue.give_back();
                Err(StoreError::Stalled { reason: self.stalled(&error) })
            }
        }
    }

    fn stalled(&mut self, error: &rusqlite::Error) -> String {
        let reason = self.database.explain(error);
        let last = self.stall.take();
        let pause = last.map_or(FIRST_RETRY, |stall| LAST_RETRY.min(stall.pause * 2));
        let since = match &*self.health.borrow() {
            Health::Stalled { since, .. } => *since,
            Health::Ok => SystemTime::now(),
        };
        let news = Health::Stalled { since, reason: reason.clone() };
        let changed = self.health.send_if_modified(|health| {
            let changed = *health != news;
            *health = news;
            changed
        });
        if changed {
            tracing::error!(
                reason,
                "nothing can be stored, lamps go on from memory; storing goes on by itself"
            );
        }
        self.stall = Some(Stall { pause, retry: Instant::now() + pause, reason: reason.clone() });
        reason
    }

    fn recovered(&mut self) {
        if self.stall.take().is_some() {
            self.health.send_replace(Health::Ok);
            tracing::info!("storing goes on, nothing was lost");
        }
    }
}

// === impl Writer, requests ===

impl Writer {
    /// The newest value of a key, committed or not.
    pub(super) fn get(&mut self, bucket: Bucket, key: &str) -> Result<Option<Row>, StoreError> {
        match self.queue.get(bucket, key) {
            Some(pending) => Ok(reading::row(key.to_owned(), pending)),
            None => self.readable(bucket, self.database.get(bucket, key)),
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
        let from = reading::start(prefix, from);
        // The queue is asked after the file: a row can only move from the queue to the file
        // through this thread.
        let stored = self.readable(bucket, self.database.scan(bucket, prefix, &from, limit))?;
        let pending = self.queue.scan(bucket, prefix, &from, limit);
        Ok(reading::merge(stored, pending, limit))
    }

    /// Sets a key if its revision is the expected one, in a transaction of its own.
    pub(super) fn compare_and_set(
        &mut self,
        bucket: Bucket,
        key: String,
        expected: Option<Revision>,
        value: Option<String>,
    ) -> Result<Revision, StoreError> {
        if let Some(stall) = &self.stall {
            return Err(StoreError::Stalled { reason: stall.reason.clone() });
        }
        let ticket = loop {
            self.flush()?;
            if let Some(ticket) = self.queue.claim(bucket, &key) {
                break ticket;
            }
        };
        let stored = self.readable(bucket, self.database.get(bucket, &key))?;
        let current = stored.map(|row| row.revision);
        if current != expected {
            return Err(StoreError::Conflict { bucket, key, current });
        }
        let group = Group::of_one((bucket, key), Pending { value, ticket });
        self.database
            .apply(&group)
            .map_err(|error| StoreError::Stalled { reason: self.database.explain(&error) })?;
        self.watchers.tell(&group);
        Ok(Revision(ticket.0))
    }

    /// The next rows for a watch; none, and not the last, when its reader has to learn of a gap.
    pub(super) fn watch_page(&mut self, reader: Reader) -> Result<WatchPage, StoreError> {
        let Some((bucket, prefix, from)) = self.watchers.place(reader) else {
            return Ok(WatchPage::default());
        };
        let read = self.database.scan(bucket, &prefix, &from, WATCH_ROWS);
        let (rows, next) = self.readable(bucket, read)?;
        let last = next.is_none();
        self.watchers.advance(reader, next);
        Ok(WatchPage { rows, last })
    }

    fn readable<T>(&self, bucket: Bucket, read: rusqlite::Result<T>) -> Result<T, StoreError> {
        read.map_err(|error| StoreError::Unreadable {
            bucket,
            reason: self.database.explain(&error),
        })
    }
}

/// Rows of a watch's snapshot.
#[derive(Default)]
pub(super) struct WatchPage {
    pub(super) rows: Vec<Row>,
    /// Whether nothing comes after them.
    pub(super) last: bool,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}
