//! The audit log: who has changed what, or has tried to. An entry for each try of an operation that changes anything,
//! written when the try has ended. It lies in the store's bucket `audit`, survives a restart, and at its limit the
//! oldest entry goes. Nobody waits for it, and nothing is decided by it.

mod entry;
mod lamp;

use std::cell::Cell;
use std::future::Future;

use lampfield_board::WallTime;
use lampfield_board::history::Masks;
use lampfield_fabric::{Bucket, Ledger, Row, Storage, Store, StoreError, Write};

pub use entry::AuditEntry;
pub(crate) use lamp::MeantLamp;

use entry::DONE;

/// Entries that are kept.
const LIMIT: u64 = 10_000;

/// Digits of a key that are the same for all entries of a page: pages of a hundred, so that reading one takes the core
/// thread no long time.
const PAGE_DIGITS: usize = 14;

/// Entries of one page.
const PAGE: u64 = 100;

/// The latest changes, in the store.
#[derive(Debug)]
pub struct AuditLog {
    ledger: Ledger,
    /// The number of the next entry, from 1 on.
    next: Cell<u64>,
    /// The number of the oldest one that is kept, or of the next where there is none.
    oldest: Cell<u64>,
    /// The names that it may not hold, as those of the history.
    masks: Masks,
}

/// Which entries somebody wants to see.
pub struct WantedEntries<F> {
    /// Only entries that were begun at this moment or later.
    pub since: WallTime,
    /// At most so many, the newest.
    pub limit: usize,
    /// Only those of which this holds.
    pub is_wanted: F,
}

/// An entry that is written when it is dropped: also a try that nobody waits for any longer has been one.
#[derive(Debug)]
pub(crate) struct Try<'a> {
    audit: &'a AuditLog,
    entry: AuditEntry,
}

// === impl AuditLog ===

impl AuditLog {
    /// The log as it was left, but for the names that `masks` hides.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(store: Store, masks: Masks) -> Result<Self, StoreError> {
        let (mut next, mut kept, mut from) = (1, Vec::new(), None);
        let mut masked = Vec::new();
        loop {
            let page = store.scan(Bucket::Audit, "", from, 1_000).await?;
            kept.extend(page.rows.iter().filter_map(number));
            if !masks.is_empty() {
                masked.extend(page.rows.iter().filter_map(|row| self::masked(row, &masks)));
            }
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        if let Some(newest) = kept.last() {
            next = newest.saturating_add(1);
        }
        let oldest = next.saturating_sub(LIMIT).max(kept.first().copied().unwrap_or(next));
        let (next, ledger) = (Cell::new(next), Ledger::new(store));
        let audit = Self { ledger, next, oldest: Cell::new(oldest), masks };
        masked.into_iter().for_each(|(number, entry)| audit.put(number, Some(entry)));
        // A crash may have come between an entry and the removal of the oldest.
        kept.into_iter()
            .filter(|number| *number < oldest)
            .for_each(|number| audit.put(number, None));
        Ok(audit)
    }

    /// Stores what found no room. Runs until the store is closed; must be spawned once.
    pub fn run(&self) -> impl Future<Output = ()> {
        self.ledger.pay()
    }

    /// How many entries are kept, of all boards.
    pub fn len(&self) -> u64 {
        self.next.get() - self.oldest.get()
    }

    /// Whether no entry is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many can be kept; the oldest goes first.
    pub fn limit(&self) -> u64 {
        LIMIT
    }

    /// The entries that somebody wants to see, the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn read<F>(&self, wanted: WantedEntries<F>) -> Result<Vec<AuditEntry>, StoreError>
    where
        F: Fn(&AuditEntry) -> bool,
    {
        let mut found = Vec::new();
        let mut page = self.next.get() / PAGE;
        loop {
            let prefix: String = key(page * PAGE).chars().take(PAGE_DIGITS).collect();
            let store = self.ledger.store();
            let rows = store.scan(Bucket::Audit, &prefix, None, PAGE as usize).await?.rows;
            let entries: Vec<_> = rows.iter().rev().filter_map(readable).collect();
            // Entries stand in the order in which the tries ended, so that an older one may come before others.
            let is_past = !entries.is_empty() && entries.iter().all(|one| one.at < wanted.since);
            let is_wanted =
                |entry: &AuditEntry| entry.at >= wanted.since && (wanted.is_wanted)(entry);
            let room = wanted.limit - found.len();
            found.extend(entries.into_iter().filter(is_wanted).take(room));
            let is_last = page <= self.oldest.get() / PAGE;
            if is_last || is_past || found.len() >= wanted.limit {
                return Ok(found);
            }
            page -= 1;
        }
    }

    /// Begins the entry of a try; its end is told to what is returned.
    pub(crate) fn begin(&self, entry: AuditEntry) -> Try<'_> {
        Try { audit: self, entry }
    }

    fn write(&self, entry: &AuditEntry) {
        let number = self.next.get();
        self.next.set(number + 1);
        self.put(number, Some(entry.to_json()));
        if self.len() > LIMIT {
            let oldest = self.oldest.replace(self.oldest.get() + 1);
            self.put(oldest, None);
        }
    }

    fn put(&self, number: u64, value: Option<String>) {
        // While so much waits for room in the store, the operations themselves are refused.
        if self.ledger.is_full() {
            tracing::error!(code = "not-stored", "an entry of the audit log is lost");
            return;
        }
        let write = Write { bucket: Bucket::Audit, key: key(number), value };
        // What is refused for now is owed, and the ledger has logged it.
        if let Err(error) = self.ledger.write(write)
            && error.is_final()
        {
            tracing::error!(code = "not-stored", %error, "an entry of the audit log is lost");
        }
    }
}

/// The number of an entry, by its row.
fn number(row: &Row) -> Option<u64> {
    row.key.parse().ok()
}

/// An entry anew, where it names what must not be named any more.
fn masked(row: &Row, masks: &Masks) -> Option<(u64, String)> {
    let mut entry: AuditEntry = serde_json::from_str(&row.value).ok()?;
    entry.mask(masks).then_some((number(row)?, entry.to_json()))
}

/// The key of an entry.
fn key(number: u64) -> String {
    format!("{number:016}")
}

fn readable(row: &Row) -> Option<AuditEntry> {
    match serde_json::from_str(&row.value) {
        Ok(entry) => Some(entry),
        Err(error) => {
            let (bucket, key) = (Bucket::Audit.name(), &row.key);
            tracing::warn!(code = "row-unreadable", bucket, key, %error, "a stored row was left out");
            None
        }
    }
}

// === impl Try ===

impl Try<'_> {
    /// It has been done, to this lamp if it was about one.
    pub(crate) fn done(mut self, lamp: Option<&str>) {
        DONE.clone_into(&mut self.entry.outcome);
        self.entry.lamp = lamp.map(str::to_owned);
    }

    /// It was refused, for the reason of this code.
    pub(crate) fn refused(mut self, code: &str) {
        code.clone_into(&mut self.entry.outcome);
    }
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        self.entry.mask(&self.audit.masks);
        self.audit.write(&self.entry);
    }
}

#[cfg(test)]
mod tests;
