//! The store of a single node: one SQLite file in the data folder, written by a thread of its own.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    Bucket, Cursor, Event, Health, Page, Revision, Row, Storage, StoreError, Ticket, Write,
};

/// What the store may use. All have defaults that suit a node of the size in the design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
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
    #[error("{}: {reason}", path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong and how to mend it.
        reason: String,
    },
}

/// SQLite in the data folder. Cheap to clone; the store closes by [`Storage::close`] or when the
/// last clone is dropped.
#[derive(Clone)]
pub struct Embedded {}

/// A watch on some keys; see [`crate::Watch`].
pub struct Watch {}

// === impl Limits ===

impl Default for Limits {
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
    pub fn open(folder: &Path, _limits: Limits) -> Result<(Self, Opened), OpenError> {
        Err(OpenError::Unusable { path: folder.to_owned(), reason: "not yet".to_owned() })
    }
}

impl Storage for Embedded {
    fn write(&self, _write: Write) -> Result<Ticket, StoreError> {
        Err(StoreError::Closed)
    }

    fn committed(&self) -> watch::Receiver<Ticket> {
        watch::channel(Ticket(0)).1
    }

    fn health(&self) -> watch::Receiver<Health> {
        watch::channel(Health::Ok).1
    }

    async fn get(&self, _bucket: Bucket, _key: &str) -> Result<Option<Row>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn scan(
        &self,
        _bucket: Bucket,
        _prefix: &str,
        _from: Option<Cursor>,
        _limit: usize,
    ) -> Result<Page, StoreError> {
        Err(StoreError::Closed)
    }

    async fn compare_and_set(
        &self,
        _bucket: Bucket,
        _key: &str,
        _expected: Option<Revision>,
        _new: Option<String>,
    ) -> Result<Revision, StoreError> {
        Err(StoreError::Closed)
    }

    async fn watch(&self, _bucket: Bucket, _prefix: &str) -> Result<crate::Watch, StoreError> {
        Err(StoreError::Closed)
    }

    async fn close(&self, _wait: Duration) -> Result<(), StoreError> {
        Err(StoreError::Closed)
    }
}

// === impl Watch ===

impl Watch {
    pub(crate) async fn next(&mut self) -> Result<Event, StoreError> {
        Err(StoreError::Closed)
    }
}
