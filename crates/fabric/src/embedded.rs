//! The store of a single node: one SQLite file in the data folder, written by a thread of its own.
//! What callers see is the newest value of each key, whether it has reached the disk or not; they
//! must never wait for the disk unless they ask to.

mod database;
mod fault;
mod folder;
mod group;
mod queue;
mod reading;
mod schema;
#[cfg(test)]
mod tests;
mod watch;
mod watchers;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch as signal};

pub use watch::EmbeddedWatch;

use self::{
    database::Database,
    folder::Folder,
    queue::{Closing, Queue},
    writer::{Signals, Writer},
};
use crate::{
    Bucket, Cursor, Health, Page, Refused, Revision, Row, Storage, StoreError, Ticket, Write, gap,
};

/// The most rows in one page of a scan.
const PAGE_ROWS: usize = 1_000;

/// What the store may use. All have defaults that suit a node of the size in the design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Keys that may wait for the disk. At the limit new keys are refused (`QueueFull`); keys
    /// that already wait can still be given newer values. Default 1,000,000.
    pub pending_keys: usize,
    /// Bytes of keys and values that may wait for the disk; behaviour as above. Default 256 MiB.
    pub pending_bytes: usize,
    /// Rows in one transaction, except after a stall, when all that waits is one. Default 10,000.
    pub group_rows: usize,
    /// The longest key. Default 8,192.
    pub key_bytes: usize,
    /// The longest value. Default 1 MiB.
    pub value_bytes: usize,
    /// Reads and compare-and-sets that may wait for an answer. Default 4,096.
    pub requests: usize,
    /// Changes that may wait for the reader of one watch before it is told `Resync`. Default 1,024.
    pub watch_queue: usize,
}

/// What was found when the store was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The database file.
    pub file: PathBuf,
    /// Where a damaged file was put aside; the store then began empty. To be told to the operator.
    pub set_aside: Option<PathBuf>,
    /// The schema version before migrations, when any ran on an existing file.
    pub migrated_from: Option<u32>,
}

/// Why the store could not be opened. Each text can be shown to a person as it is.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server uses the folder.
    #[error("{} is in use by another server (process {pid})", folder.display())]
    Held {
        /// The data folder.
        folder: PathBuf,
        /// The process that holds it, or "unknown".
        pid: String,
    },
    /// The file was written by a newer version.
    #[error("{} has schema {found}, this version knows up to {known}: use the newer version again or restore a backup", file.display())]
    Newer {
        /// The database file.
        file: PathBuf,
        /// Its schema version.
        found: u32,
        /// The newest one known here.
        known: u32,
    },
    /// The folder or the file cannot be used.
    #[error("{reason}")]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with which file, and how to mend it.
        reason: String,
    },
}

/// SQLite in the data folder. Cheap to clone; the store closes by [`Storage::close`] or when the
/// last clone is dropped, which does not wait.
#[derive(Clone)]
pub struct Embedded {
    handle: Arc<Handle>,
}

struct Handle {
    queue: Arc<Queue>,
    committed: signal::Receiver<Ticket>,
    health: signal::Receiver<Health>,
}

// === impl StoreLimits ===

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            pending_keys: 1_000_000,
            pending_bytes: 256 * 1024 * 1024,
            group_rows: 10_000,
            key_bytes: 8_192,
            value_bytes: 1024 * 1024,
            requests: 4_096,
            watch_queue: 1_024,
        }
    }
}

// === impl Embedded ===

impl Embedded {
    /// Opens the store in a data folder, which is made (mode 0700) if need be. Blocks: it checks
    /// the whole file. Needs no runtime.
    ///
    /// # Errors
    /// When another server holds the folder, the file is newer than this program, or the disk
    /// does not allow it. A damaged file is no error: it is set aside, see [`Opened`].
    pub fn open(folder: &Path, limits: StoreLimits) -> Result<(Self, Opened), OpenError> {
        let folder = Folder::hold(folder)?;
        let file = folder.database()?;
        let (database, opened) = Database::open(&file)?;
        let unusable = |reason| OpenError::Unusable { path: file.clone(), reason };
        let newest = database.newest().map_err(|error| unusable(database.explain(&error)))?;

        let queue = Arc::new(Queue::new(limits, Ticket(newest)));
        let (committed, watch_committed) = signal::channel(Ticket(newest));
        let (health, watch_health) = signal::channel(Health::Ok);
        let signals = Signals { committed, health };
        let writer = Writer::new(folder, database, queue.clone(), signals);
        thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| unusable(format!("the store's thread cannot be started: {error}")))?;

        let handle = Handle { queue, committed: watch_committed, health: watch_health };
        Ok((Self { handle: Arc::new(handle) }, opened))
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        ask(&self.handle.queue, work)?.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// Has the store's thread do something; the answer is an error of the channel when it closes first.
fn ask<T: Send + 'static>(
    queue: &Queue,
    work: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
    let (reply, answer) = oneshot::channel();
    queue.request(Box::new(move |writer| {
        if !reply.is_closed() {
            // The caller may go away meanwhile.
            let _gone = reply.send(work(writer));
        }
    }))?;
    Ok(answer)
}

impl Storage for Embedded {
    fn offer(&self, write: Write) -> Result<Ticket, Box<Refused>> {
        self.handle.queue.write(write)
    }

    fn committed(&self) -> signal::Receiver<Ticket> {
        self.handle.committed.clone()
    }

    fn health(&self) -> signal::Receiver<Health> {
        self.handle.health.clone()
    }

    fn waiting(&self) -> usize {
        self.handle.queue.keys()
    }

    async fn get(&self, bucket: Bucket, key: &str) -> Result<Option<Row>, StoreError> {
        let key = key.to_owned();
        self.ask(move |writer| writer.get(bucket, &key)).await
    }

    async fn scan(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let (prefix, limit) = (prefix.to_owned(), limit.clamp(1, PAGE_ROWS));
        self.ask(move |writer| writer.scan(bucket, &prefix, from, limit)).await
    }

    async fn compare_and_set(
        &self,
        bucket: Bucket,
        key: &str,
        expected: Option<Revision>,
        new: Option<String>,
    ) -> Result<Revision, StoreError> {
        self.handle.queue.check(bucket, key, new.as_deref())?;
        let key = key.to_owned();
        self.ask(move |writer| writer.compare_and_set(bucket, key, expected, new)).await
    }

    async fn watch(&self, bucket: Bucket, prefix: &str) -> Result<crate::Watch, StoreError> {
        let (sender, events) = gap::channel(self.handle.queue.limits().watch_queue);
        let prefix = prefix.to_owned();
        let reader =
            self.ask(move |writer| Ok(writer.watchers.add(bucket, prefix, sender))).await?;
        Ok(crate::Watch::Embedded(EmbeddedWatch::new(self.handle.queue.clone(), reader, events)))
    }

    async fn close(&self, wait: Duration) -> Result<(), StoreError> {
        let (done, outcome) = oneshot::channel();
        self.handle.queue.close(Closing { deadline: Instant::now() + wait, done: Some(done) })?;
        outcome.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // One attempt at what waits; it fails only when the store has been closed already.
        let _closed = self.queue.close(Closing { deadline: Instant::now(), done: None });
    }
}
