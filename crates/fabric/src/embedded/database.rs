//! The file: opening, checking, and the few statements that are run on it. It must never be used
//! from more than one thread, nor wait for anything but the disk.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    OpenError, Opened, fault,
    schema::{self, SchemaError},
};
use crate::{
    Bucket, Cursor, Durability, Page, Revision, Row,
    raw::{Group, GroupRow},
};

/// How long to wait for another program that has the file locked, before calling it a stall.
const BUSY: Duration = Duration::from_millis(250);
/// SQLite's own page cache: the system caches the file anyway, and the board has the facts.
const CACHE_KIB: i64 = 512;
/// Pages in the log before they are moved into the file, and the size the log is cut to then.
const CHECKPOINT_PAGES: i64 = 1_000;
const LOG_BYTES: i64 = 4 * 1024 * 1024;
/// Bytes of keys and values after which a page of a scan ends.
const SCAN_BYTES: usize = 4 * 1024 * 1024;

/// An open database file and how it is written to.
pub(super) struct Database {
    connection: Connection,
    file: PathBuf,
    durability: Durability,
    /// Of the last commit: all rows of one have the same.
    revision: u64,
}

// === impl Database ===

impl Database {
    /// Opens and checks the file; one that is damaged is set aside and a new one begun.
    pub(super) fn open(file: &Path) -> Result<(Self, Opened), OpenError> {
        match Self::try_open(file) {
            Err(SchemaError::Sql(error)) if fault::is_damage(&error) => {
                let set_aside = set_aside(file).map_err(|error| OpenError::Unusable {
                    path: file.to_owned(),
                    reason: format!("{} is damaged and cannot be renamed: {error}", file.display()),
                })?;
                let (database, opened) = Self::try_open(file).map_err(|e| refusal(e, file))?;
                Ok((database, Opened { set_aside: Some(set_aside), ..opened }))
            }
            other => other.map_err(|error| refusal(error, file)),
        }
    }

    fn try_open(file: &Path) -> Result<(Self, Opened), SchemaError> {
        let mut connection = Connection::open(file)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(Bucket::ALL.len() * 4);
        check(&connection)?;
        let found = schema::migrate(&mut connection, schema::STEPS)?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
        // What is removed is overwritten: names that may no longer be remembered must not lie in free pages.
        connection.pragma_update_and_check(None, "secure_delete", "ON", |_| Ok(()))?;
        connection
            .pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT_PAGES, |_| Ok(()))?;
        connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))?;

        let behind = found > 0 && (found as usize) < schema::STEPS.len();
        let opened = Opened {
            file: file.to_owned(),
            set_aside: None,
            migrated_from: behind.then_some(found),
        };
        let (file, durability) = (file.to_owned(), Durability::Power);
        let revision = newest(&connection)?;
        Ok((Self { connection, file, durability, revision }, opened))
    }

    /// Writes a group in one transaction: all of it or nothing.
    pub(super) fn apply(&mut self, group: &Group) -> rusqlite::Result<Revision> {
        self.transact(group.durability(), |transaction, revision| {
            for bucket in Bucket::ALL {
                let mut rows = group.rows(bucket).peekable();
                if rows.peek().is_some() {
                    write(transaction, bucket, rows, revision)?;
                }
            }
            Ok(())
        })
    }

    /// Writes one row, or with no value removes it.
    pub(super) fn apply_one(
        &mut self,
        bucket: Bucket,
        key: &str,
        value: Option<&str>,
    ) -> rusqlite::Result<Revision> {
        self.transact(bucket.durability(), |transaction, revision| {
            write(transaction, bucket, [(key, value)], revision)
        })
    }

    fn transact(
        &mut self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>, Revision) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<Revision> {
        self.promise(durability)?;
        let revision = Revision(self.revision + 1);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        work(&transaction, revision)?;
        transaction.commit()?;
        self.revision = revision.0;
        Ok(revision)
    }

    /// Sets what the next commits outlive. SQLite allows that between transactions only.
    fn promise(&mut self, durability: Durability) -> rusqlite::Result<()> {
        if self.durability != durability {
            let level = match durability {
                Durability::Process => "NORMAL",
                Durability::Power => "FULL",
            };
            self.connection.pragma_update(None, "synchronous", level)?;
            self.durability = durability;
        }
        Ok(())
    }

    /// The stored value of a key.
    pub(super) fn get(&self, bucket: Bucket, key: &str) -> rusqlite::Result<Option<Row>> {
        let sql = format!("SELECT key, value, revision FROM {bucket} WHERE key = ?1");
        self.connection.prepare_cached(&sql)?.query_row([key], read_row).optional()
    }

    /// Stored rows from a key on, at most `limit`, while their keys begin with `prefix`.
    pub(super) fn scan(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: &str,
        limit: usize,
    ) -> rusqlite::Result<Page> {
        let sql = format!("SELECT key, value, revision FROM {bucket} WHERE key >= ?1 ORDER BY key");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for row in statement.query_map([from], read_row)? {
            let row = row?;
            if !row.key.starts_with(prefix) {
                break;
            }
            if rows.len() >= limit || bytes > SCAN_BYTES {
                return Ok(Page { rows, next: Some(Cursor(row.key)) });
            }
            bytes += row.key.len() + row.value.len();
            rows.push(row);
        }
        Ok(Page { rows, next: None })
    }

    /// Moves the log into the file, so that the file alone is complete.
    pub(super) fn checkpoint(&self) -> rusqlite::Result<()> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    /// What an error means, in words for the operator.
    pub(super) fn explain(&self, error: &rusqlite::Error) -> String {
        fault::explain(error, &self.file)
    }

    /// Runs any statement: how tests bring about faults.
    #[cfg(test)]
    pub(super) fn run(&self, sql: &str) {
        self.connection.execute_batch(sql).unwrap();
    }
}

/// The highest revision in the file: new ones go on from there.
fn newest(connection: &Connection) -> rusqlite::Result<u64> {
    Bucket::ALL.iter().try_fold(0, |newest, bucket| {
        let sql = format!("SELECT ifnull(max(revision), 0) FROM {bucket}");
        let revision = connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?;
        Ok(newest.max(revision.cast_unsigned()))
    })
}

fn write<'g>(
    transaction: &Transaction<'_>,
    bucket: Bucket,
    rows: impl IntoIterator<Item = GroupRow<'g>>,
    revision: Revision,
) -> rusqlite::Result<()> {
    let mut put = transaction.prepare_cached(&format!(
        "INSERT INTO {bucket} (key, value, revision) VALUES (?1, ?2, ?3) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, revision = excluded.revision"
    ))?;
    let mut remove = transaction.prepare_cached(&format!("DELETE FROM {bucket} WHERE key = ?1"))?;
    for (key, value) in rows {
        match value {
            Some(value) => put.execute(params![key, value, revision.0.cast_signed()])?,
            None => remove.execute([key])?,
        };
    }
    Ok(())
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let revision = Some(Revision(row.get::<_, i64>(2)?.cast_unsigned()));
    Ok(Row { key: row.get(0)?, value: row.get(1)?, revision })
}

/// Reads the whole file and fails with `DatabaseCorrupt` when its structure is not sound.
fn check(connection: &Connection) -> rusqlite::Result<()> {
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        return Ok(());
    }
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Err(rusqlite::Error::SqliteFailure(code, Some(verdict)))
}

/// Renames the file and its log, under which SQLite still finds them together.
fn set_aside(file: &Path) -> io::Result<PathBuf> {
    let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
    let aside = beside(file, &format!(".corrupt-{time}"));
    fs::rename(file, &aside)?;
    for side in ["-wal", "-shm"] {
        match fs::rename(beside(file, side), beside(&aside, side)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::OpenOptions::new().write(true).create_new(true).open(file)?;
    Ok(aside)
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

fn refusal(error: SchemaError, file: &Path) -> OpenError {
    let path = file.to_owned();
    match error {
        SchemaError::Newer { found, known } => OpenError::Newer { file: path, found, known },
        SchemaError::Sql(error) => {
            OpenError::Unusable { path, reason: fault::explain(&error, file) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Write;

    fn group(buckets: &[Bucket]) -> Group {
        let put = |bucket: &Bucket| {
            let (key, value) = ("key".to_owned(), Some("1".to_owned()));
            Write { bucket: *bucket, key, value }
        };
        buckets.iter().map(put).collect()
    }

    #[test]
    fn each_group_is_as_durable_as_its_buckets_promise() {
        let (normal, full) = (1, 2);
        let folder = tempfile::tempdir().unwrap();
        let (mut database, _) = Database::open(&folder.path().join("lampfield.db")).unwrap();
        for (buckets, expected) in [
            (&[Bucket::Facts, Bucket::Origins][..], normal),
            (&[Bucket::Facts, Bucket::Rosters], full),
            (&[Bucket::Tombstones], normal),
            (&[Bucket::Accounts], full),
        ] {
            database.apply(&group(buckets)).unwrap();
            let level = database.connection.pragma_query_value(None, "synchronous", |r| r.get(0));
            assert_eq!(level, Ok(expected), "{buckets:?}");
        }
        let log = database.connection.pragma_query_value(None, "journal_mode", |row| row.get(0));
        assert_eq!(log, Ok("wal".to_owned()));
    }
}
