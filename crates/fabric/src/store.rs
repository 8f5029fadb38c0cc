//! The store as its users see it: writes that never wait, tickets that say when they are safe,
//! reads that see every earlier write. It must never block the thread that calls it, nor promise
//! what only one of its engines can keep.

use std::{
    future::Future,
    time::{Duration, SystemTime},
};

use tokio::sync::watch;

use crate::{Bucket, Revision, StoreError};

/// The number of a write. Tickets rise with each write of this run of the store; a ticket is
/// committed when the group that holds its write, or a newer one of the same key, is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// One change: a new value, or none to remove the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The bucket that the key is in.
    pub bucket: Bucket,
    /// 1 to [`crate::StoreLimits::key_bytes`] bytes, no NUL.
    pub key: String,
    /// JSON text, at most [`crate::StoreLimits::value_bytes`] bytes; `None` removes the key.
    pub value: Option<String>,
}

/// A write that was not taken, given back with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The write as it was handed over, to be tried again later.
    pub write: Write,
    /// Why the store has not taken it.
    pub error: StoreError,
}

/// A key of a bucket with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key within its bucket, 1 to [`crate::StoreLimits::key_bytes`] bytes.
    pub key: String,
    /// JSON text, byte for byte as it was written.
    pub value: String,
    /// Which value this is; none while it waits to be committed, because the engine numbers what
    /// it commits. A watch tells of nothing without one.
    pub revision: Option<Revision>,
}

/// Where a scan goes on. Opaque; it stays valid while the store changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub(crate) String);

/// Some rows of a scan in the byte order of their keys. A page may be shorter than asked for, even
/// empty, and yet have a successor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// At most as many rows as were asked for.
    pub rows: Vec<Row>,
    /// Where to go on; `None` when this was the last page.
    pub next: Option<Cursor>,
}

/// Whether writes are committed at present. Everyone who shares the store sees the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// The last commit succeeded, or there was none yet.
    #[default]
    Ok,
    /// They are not: they are kept as the newest value of each key and tried again by itself.
    Stalled {
        /// When the first of the failed attempts was made.
        since: SystemTime,
        /// For people: what is wrong, where, and how to mend it.
        reason: String,
    },
}

/// What a watch tells. The order is: `Put` for all that is there, `Current`, then each change as
/// it is committed; after `Resync` it begins again with all that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A key has this value: it was there when the watch began, or has been committed since.
    Put(Row),
    /// The key has been removed, and the removal is committed.
    Deleted {
        /// The key that is gone from its bucket.
        key: String,
        /// The revision of the removal.
        revision: Revision,
    },
    /// Everything that was there at the beginning has been told; changes follow.
    Current,
    /// The reader fell behind and changes were left out. What it knows is to be forgotten: all
    /// that is there follows, then `Current`.
    Resync,
}

/// A watch on some keys of a store; dropping it ends it.
pub trait Watch: Send {
    /// The next thing to know. Safe to be dropped half-done and called again.
    ///
    /// # Errors
    /// `Closed` after the store has closed; `Unreadable` when the rows cannot be read (calling
    /// again tries again).
    fn next(&mut self) -> impl Future<Output = Result<Event, StoreError>> + Send;
}

/// Named buckets of keys. Cheap to clone; every clone is the same store.
///
/// What holds for a caller:
///
/// - **The newest value of a key wins.** Values of one key are committed in the order of their
///   tickets, though not each of them, and an older one never comes back.
///   *NATS:* one node writes a key, each time under the revision that it has, so that a write that
///   was given up and arrives late is refused.
/// - **Reads see every earlier write**, committed or not: `get` and `scan` show what waits over what
///   is committed. A scan is no snapshot: its pages see what is there when they are read.
///   *NATS:* the queue is above every engine, and committed rows are read from the copy of a bucket
///   that each node keeps; what other nodes commit is there a little later.
/// - **Tickets are committed in order.** Once [`Storage::committed`] says `t`, all writes up to `t`
///   outlive what [`Bucket::durability`] promises. Whoever must not do one thing before another is
///   safe waits for its ticket.
///   *NATS:* a write is committed when JetStream has acknowledged it: with one replica that outlives
///   the death of the process, and with `sync_interval: always` power loss as well.
/// - **Nothing is all or nothing.** A crash may keep one row of two that were written together, in
///   one bucket as in two. Of what has not been committed, what is left follows this order alone:
///   what is put comes before what is removed; of two rows that are put, the one in the earlier
///   bucket of [`Bucket::ALL`] comes first; of two that are removed, the one in the later bucket;
///   and in one bucket any order will do. It holds for what is written in that order, as long as
///   neither key is written again. Nothing is promised of a row that is put after another was
///   removed.
///   *NATS:* a group goes out bucket by bucket, and a bucket's acknowledgements are waited for
///   before the next; no transaction spans two messages, let alone two buckets.
/// - **A compare-and-set is exact.** It is made on what is committed, after every write that was
///   offered before it, and of several at once one wins.
///   *NATS:* JetStream compares the revision where the bucket has its home; where that is out of
///   reach the answer is `Stalled`.
/// - **A watch tells what is committed**, key by key in the order of the revisions; what waits it
///   does not tell, as it may still be overtaken. Where it cannot follow it says so, and begins
///   again; it leaves out values that have been replaced meanwhile.
///   *NATS:* a consumer of the bucket's stream; one that fell silent is opened again, which is
///   `Resync`.
///
/// The engine below ([`crate::Embedded`]) tells only what is committed; what it does beyond this (a
/// group at once, for instance) must not be relied on, and `testing::TornDisk` shows who does.
pub trait Storage: Clone + Send + Sync + 'static {
    /// What [`Storage::watch`] gives: the rows of a bucket first, then each change.
    type Watch: Watch;

    /// Takes a write and returns at once.
    ///
    /// # Errors
    /// `BadKey`, `BadValue`, `Closed`, and `QueueFull` when nothing could be committed for long;
    /// with the write, so that it can be offered again.
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

    /// Whether writes are committed at present, and each change of that.
    fn health(&self) -> watch::Receiver<Health>;

    /// How many keys wait to be committed.
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
    /// not exist). Returns when that is committed. Of a value that waits nobody knows the revision:
    /// wait for its ticket and read again.
    ///
    /// # Errors
    /// `Conflict`; `Stalled` when nothing can be written, or nobody can say whether it was: read
    /// before you try again. Otherwise as for `get` and `write`.
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
    ) -> impl Future<Output = Result<Self::Watch, StoreError>> + Send;

    /// Stores what waits and closes. Every clone then answers `Closed`.
    ///
    /// # Errors
    /// `Stalled` when not everything could be stored within `wait`: the rest is lost.
    fn close(&self, wait: Duration) -> impl Future<Output = Result<(), StoreError>> + Send;
}
