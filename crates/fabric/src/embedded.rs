//! The engine of a single node: one SQLite file in the data folder. It commits a whole group at
//! once or nothing of it, which is more than [`crate::Storage`] promises and nobody may rely on.

mod database;
mod fault;
mod folder;
mod schema;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use self::{database::Database, folder::Folder};
use crate::{
    Bucket, Page, Revision, Row, Store, StoreLimits,
    raw::{Group, NotSet, RawError, RawStore, Watchers},
};

/// What was found when the store was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The database file in the data folder.
    pub file: PathBuf,
    /// Where a damaged file was put aside; the store then began empty. To be told to the operator.
    pub set_aside: Option<PathBuf>,
    /// The schema version before migrations, when any ran on an existing file.
    pub migrated_from: Option<u32>,
}

/// Why the store could not be opened. Each text can be shown to a person as it is.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server, still running, uses the folder.
    #[error("{} is in use by another server (process {pid})", folder.display())]
    Held {
        /// The data folder that both were given.
        folder: PathBuf,
        /// The process that holds it, or "unknown".
        pid: String,
    },
    /// The file was written by a newer version.
    #[error("{} has schema {found}, this version knows up to {known}: use the newer version again or restore a backup", file.display())]
    Newer {
        /// The database file that was found and left as it was.
        file: PathBuf,
        /// The schema version that the file has.
        found: u32,
        /// The newest one known here.
        known: u32,
    },
    /// The folder or the file cannot be used.
    #[error("{reason}")]
    Unusable {
        /// The file or folder that cannot be used.
        path: PathBuf,
        /// What is wrong with which file, and how to mend it.
        reason: String,
    },
}

/// SQLite in the data folder.
pub struct Embedded {
    database: Database,
    // Declared last: the folder is let go when the file is closed.
    _folder: Folder,
}

// === impl Embedded ===

impl Embedded {
    /// Opens the store in a data folder, which is made (mode 0700) if need be. Blocks: it checks
    /// the whole file. Needs no runtime.
    ///
    /// # Errors
    /// When another server holds the folder, the file is newer than this program, or the disk
    /// does not allow it. A damaged file is no error: it is set aside, see [`Opened`].
    pub fn open(folder: &Path, limits: StoreLimits) -> Result<(Store, Opened), OpenError> {
        let (embedded, opened) = Self::open_raw(folder)?;
        let store = Store::over(embedded, limits).map_err(|error| OpenError::Unusable {
            path: opened.file.clone(),
            reason: format!("the store's thread cannot be started: {error}"),
        })?;
        Ok((store, opened))
    }

    fn open_raw(folder: &Path) -> Result<(Self, Opened), OpenError> {
        let folder = Folder::hold(folder)?;
        let (database, opened) = Database::open(&folder.database()?)?;
        Ok((Self { database, _folder: folder }, opened))
    }

    fn explained<T>(&self, result: rusqlite::Result<T>) -> Result<T, RawError> {
        result.map_err(|error| RawError(self.database.explain(&error)))
    }
}

impl RawStore for Embedded {
    fn commit(&mut self, group: &Group, watchers: &mut Watchers) -> Result<(), RawError> {
        let applied = self.database.apply(group);
        let revision = self.explained(applied)?;
        if watchers.is_empty() {
            return Ok(());
        }
        for bucket in Bucket::ALL {
            for (key, value) in group.rows(bucket) {
                watchers.tell(bucket, key, value, revision);
            }
        }
        Ok(())
    }

    fn get(&mut self, bucket: Bucket, key: &str) -> Result<Option<Row>, RawError> {
        self.explained(self.database.get(bucket, key))
    }

    fn scan(
        &mut self,
        bucket: Bucket,
        prefix: &str,
        from: &str,
        limit: usize,
    ) -> Result<Page, RawError> {
        self.explained(self.database.scan(bucket, prefix, from, limit))
    }

    fn compare_and_set(
        &mut self,
        bucket: Bucket,
        key: &str,
        expected: Option<Revision>,
        new: Option<&str>,
        watchers: &mut Watchers,
    ) -> Result<Revision, NotSet> {
        let current = self.get(bucket, key).map_err(NotSet::Failed)?.and_then(|row| row.revision);
        if current != expected {
            return Err(NotSet::Conflict(current));
        }
        let applied = self.database.apply_one(bucket, key, new);
        let revision = self.explained(applied).map_err(NotSet::Failed)?;
        watchers.tell(bucket, key, new, revision);
        Ok(revision)
    }

    fn close(&mut self) {
        if let Err(error) = self.database.checkpoint() {
            // The log stays beside the file and is read at the next start.
            tracing::warn!(reason = self.database.explain(&error), "store closed with its log");
        }
    }
}
