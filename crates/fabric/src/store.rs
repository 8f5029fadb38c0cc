//! The store as its users see it: writes that never wait, tickets that say when they are safe,
//! reads that see every earlier write. It must never block the thread that calls it.

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use crate::{Bucket, Embedded, StoreError, embedded};

/// The number of a write. Tickets rise with each write of this run of the store; a ticket is
/// committed when the group that holds its write, or a newer one of the same key, is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Tells one value of a key from the next. It rises with every change of a key while that key
/// exists; compare for equality or order within one key only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// One change: a new value, or none to remove the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Where.
    pub bucket: Bucket,
    /// 1 to [`crate::StoreLimits::key_bytes`] bytes, no NUL.
    pub key: String,
    /// JSON text, at most [`crate::StoreLimits::value_bytes`] bytes; `None` removes the key.
    pub value: Option<String>,
}

/// A write that was not taken, given back with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// As it was handed over.
    pub write: Write,
    /// Why it was not taken.
    pub error: StoreError,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub key: String,
    /// JSON text, as it was written.
    pub value: String,
    /// Which value this is.
    pub revision: Revision,
}

/// Where a scan goes on. Opaque; it stays valid while the store changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub(crate) String);

/// Some rows of a scan in the byte order of their keys. A page may be shorter than asked for, even
/// empty, and yet have a successor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// Where to go on; `None` when this was the last page.
    pub next: Option<Cursor>,
}

/// Whether writes reach the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// They do.
    #[default]
    Ok,
    /// They do not: they are kept as the newest value of each key and tried again by itself.
    Stalled {
        /// When the first attempt failed.
        since: SystemTime,
        /// For people: what is wrong, where, and how to mend it.
        reason: String,
    },
}

/// What a watch tells. The order is: `Put` for all that is there, `Current`, then each change as
/// it is committed; after `Resync` it begins again with all that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A key has this value.
    Put(Row),
    /// A key is gone.
    Deleted {
        /// The key.
        key: String,
        /// The revision of the removal.
        revision: Revision,
    },
    /// Everything that was there has been told.
    Current,
    /// The reader fell behind and changes were left out. What it knows is to be forgotten: all
    /// that is there follows, then `Current`.
    Resync,
}

/// Named buckets of keys. Cheap to clone; every clone is the same store.
///
/// Calls from one thread take effect in the order of the calls: a read sees every earlier write,
/// committed or not.
pub trait Storage: Clone + Send + Sync + 'static {
    /// Takes a write and returns at once. The newest value of a key is the one that is stored; a
    /// group of writes becomes visible after a crash entirely or not at all, in the order of the
    /// tickets.
    ///
    /// # Errors
    /// `BadKey`, `BadValue`, `Closed`, and `QueueFull` when the disk has been away for long; with
    /// the write, so that it can be offered again.
    fn offer(&self, write: Write) -> Result<Ticket, Box<Refused>>;

    /// As [`Storage::offer`], for whoever changes nothing before the write is taken.
    ///
    /// # Errors
    /// As [`Storage::offer`].
    fn write(&self, write: Write) -> Result<Ticket, StoreError> {
        self.offer(write).map_err(|refused| refused.error)
    }

    /// The highest ticket up to which every write is safe, as its bucket's durability says.
    fn committed(&self) -> watch::Receiver<Ticket>;

    /// Whether writes reach the disk.
    fn health(&self) -> watch::Receiver<Health>;

    /// How many keys wait to be stored.
    fn waiting(&self) -> usize;

    /// The value of a key.
    ///
    /// # Errors
    /// `Unreadable`, `TooManyRequests`, `Closed`.
    fn get(
        &self,
        bucket: Bucket,
        key: &str,
    ) -> impl Future<Output = Result<Option<Row>, StoreError>> + Send;

    /// The next rows, at most `limit` (1 to 1,000), whose keys begin with `prefix`.
    ///
    /// # Errors
    /// As for [`Storage::get`].
    fn scan(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<Cursor>,
        limit: usize,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;

    /// Sets (or with `None` removes) a key if its revision is still `expected` (`None`: if it does
    /// not exist). Returns when that is committed.
    ///
    /// # Errors
    /// `Conflict`; `Stalled` when nothing can be written; otherwise as for `get` and `write`.
    fn compare_and_set(
        &self,
        bucket: Bucket,
        key: &str,
        expected: Option<Revision>,
        new: Option<String>,
    ) -> impl Future<Output = Result<Revision, StoreError>> + Send;

    /// Everything under a prefix, then its changes as they are committed. The reader sets the
    /// pace: at most [`crate::StoreLimits::watch_queue`] changes wait for it, then it is told `Resync`.
    ///
    /// # Errors
    /// As for [`Storage::get`].
    fn watch(
        &self,
        bucket: Bucket,
        prefix: &str,
    ) -> impl Future<Output = Result<Watch, StoreError>> + Send;

    /// Stores what waits and closes. Every clone then answers `Closed`.
    ///
    /// # Errors
    /// `Stalled` when not everything could be stored within `wait`: the rest is lost.
    fn close(&self, wait: Duration) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The store of this server. Closed set: adding one is a design decision.
#[derive(Clone)]
pub enum Store {
    /// SQLite in the data folder, for one node.
    Embedded(Embedded),
}

/// A watch on some keys of a store; dropping it ends it.
pub enum Watch {
    /// On the embedded store.
    Embedded(embedded::EmbeddedWatch),
}

// === impl Store ===

impl Storage for Store {
    fn offer(&self, write: Write) -> Result<Ticket, Box<Refused>> {
        match self {
            Self::Embedded(store) => store.offer(write),
        }
    }

    fn committed(&self) -> watch::Receiver<Ticket> {
        match self {
            Self::Embedded(store) => store.committed(),
        }
    }

    fn health(&self) -> watch::Receiver<Health> {
        match self {
            Self::Embedded(store) => store.health(),
        }
    }

    fn waiting(&self) -> usize {
        match self {
            Self::Embedded(store) => store.waiting(),
        }
    }

    async fn get(&self, bucket: Bucket, key: &str) -> Result<Option<Row>, StoreError> {
        match self {
            Self::Embedded(store) => store.get(bucket, key).await,
        }
    }

    async fn scan(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        match self {
            Self::Embedded(store) => store.scan(bucket, prefix, from, limit).await,
        }
    }

    async fn compare_and_set(
        &self,
        bucket: Bucket,
        key: &str,
        expected: Option<Revision>,
        new: Option<String>,
    ) -> Result<Revision, StoreError> {
        match self {
            Self::Embedded(store) => store.compare_and_set(bucket, key, expected, new).await,
        }
    }

    async fn watch(&self, bucket: Bucket, prefix: &str) -> Result<Watch, StoreError> {
        match self {
            Self::Embedded(store) => store.watch(bucket, prefix).await,
        }
    }

    async fn close(&self, wait: Duration) -> Result<(), StoreError> {
        match self {
            Self::Embedded(store) => store.close(wait).await,
        }
    }
}

// === impl Watch ===

impl Watch {
    /// The next thing to know.
    ///
    /// # Errors
    /// `Closed` after the store has closed; `Unreadable` when the rows cannot be read (calling
    /// again tries again).
    pub async fn next(&mut self) -> Result<Event, StoreError> {
        match self {
            Self::Embedded(watch) => watch.next().await,
        }
    }
}
