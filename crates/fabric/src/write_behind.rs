//! The layer that all stores share: writes wait in a queue, as the newest value of each key, until
//! the engine below has committed them. Reads see what waits as well; it is bounded; it is tried
//! again by itself. Callers must never wait for the engine unless they ask to.

mod committer;
mod overlay;
mod queue;
#[cfg(test)]
mod tests;
mod watch;

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{oneshot, watch as signal};

pub use watch::StoreWatch;

use self::{
    committer::{Committer, Signals},
    queue::{Closing, Queue},
};
use crate::{
    Bucket, Cursor, Health, Page, Refused, Revision, Row, Storage, StoreError, Ticket, Write, gap,
    raw::RawStore,
};

/// The most rows in one page of a scan.
const PAGE_ROWS: usize = 1_000;

/// What the store may use. All have defaults that suit a node of the size in the design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Keys that may wait to be committed. At the limit new keys are refused (`QueueFull`); keys
    /// that already wait can still be given newer values. Default 1,000,000.
    pub pending_keys: usize,
    /// Bytes of keys and values that may wait; behaviour as above. Default 256 MiB.
    pub pending_bytes: usize,
    /// Rows in one group, except after a stall, when all that waits is one. Default 10,000.
    pub group_rows: usize,
    /// The longest key, in bytes. Default 8,192.
    pub key_bytes: usize,
    /// The longest value, in bytes. Default 1 MiB.
    pub value_bytes: usize,
    /// Reads and compare-and-sets that may wait for an answer. Default 4,096.
    pub requests: usize,
    /// Changes that may wait for the reader of one watch before it is told `Resync`. Default 1,024.
    pub watch_queue: usize,
}

/// The store of this server: a queue above an engine, such as [`crate::Embedded`]. Cheap to clone;
/// it closes by [`Storage::close`] or when the last clone is dropped, which does not wait.
#[derive(Clone)]
pub struct Store {
    handle: Arc<Handle>,
}

struct Handle {
    queue: Arc<Queue<Committer>>,
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

// === impl Store ===

impl Store {
    /// A store that keeps its rows in an engine. Starts the thread that alone touches it; needs no
    /// runtime.
    pub(crate) fn over(raw: impl RawStore, limits: StoreLimits) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(limits));
        let (committed, watch_committed) = signal::channel(Ticket::default());
        let (health, watch_health) = signal::channel(Health::Ok);
        let committer = Committer::new(Box::new(raw), queue.clone(), Signals { committed, health });
        thread::Builder::new().name("store".to_owned()).spawn(move || committer.run())?;
        let handle = Handle { queue, committed: watch_committed, health: watch_health };
        Ok(Self { handle: Arc::new(handle) })
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Committer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        ask(&self.handle.queue, work)?.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// Has the store's thread do something; the answer is an error of the channel when it closes first.
fn ask<T: Send + 'static>(
    queue: &Queue<Committer>,
    work: impl FnOnce(&mut Committer) -> Result<T, StoreError> + Send + 'static,
) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
    let (reply, answer) = oneshot::channel();
    queue.request(Box::new(move |committer| {
        if !reply.is_closed() {
            // The caller may go away meanwhile.
            let _gone = reply.send(work(committer));
        }
    }))?;
    Ok(answer)
}

impl Storage for Store {
    type Watch = StoreWatch;

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
        self.ask(move |committer| committer.get(bucket, &key)).await
    }

    async fn scan(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let (prefix, limit) = (prefix.to_owned(), limit.clamp(1, PAGE_ROWS));
        self.ask(move |committer| committer.scan(bucket, &prefix, from, limit)).await
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
        self.ask(move |committer| committer.compare_and_set(bucket, key, expected, new.as_deref()))
            .await
    }

    async fn watch(&self, bucket: Bucket, prefix: &str) -> Result<StoreWatch, StoreError> {
        let (sender, events) = gap::channel(self.handle.queue.limits().watch_queue);
        let prefix = prefix.to_owned();
        let reader =
            self.ask(move |committer| Ok(committer.watchers.add(bucket, prefix, sender))).await?;
        Ok(StoreWatch::new(self.handle.queue.clone(), reader, events))
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
