//! A store that keeps to the contract of [`Storage`](crate::Storage) and does nothing beyond it: it
//! commits row by row, in any order that is allowed, and stops or crashes between two of them. For
//! the tests of the layer above the engines, and of whoever writes to a store.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use crate::{
    Bucket, Cursor, Page, Revision, Row, Store, StoreLimits, Write,
    raw::{Group, NotSet, RawError, RawStore, Watchers},
};

/// What outlives a crash of [`TornDisk`]. Every clone is the same disk.
#[derive(Clone)]
pub struct TornDisk(Arc<Shared>);

struct Shared {
    state: Mutex<DiskState>,
    released: Condvar,
}

struct DiskState {
    rows: BTreeMap<(Bucket, String), (String, Revision)>,
    revision: u64,
    random: u64,
    /// How many rows are still committed before the fault comes.
    left: Option<usize>,
    fault: Fault,
    /// Whether commits wait until [`TornDisk::release`].
    held: bool,
    /// Raised by each start: the store of before can do nothing any more.
    run: u64,
}

/// What happens when the last row before the fault is committed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Commits fail, and reads still work: a full disk.
    Stall,
    /// Commits and reads fail: the machine has lost its power.
    Crash,
}

/// The engine of one run of the store, which ends at the next start.
struct Torn {
    disk: TornDisk,
    run: u64,
}

/// What a crash after any number of these writes may leave of them: they are committed step after
/// step, those of one step in any order. Writes that a newer one of the same key replaces are left
/// out.
pub fn commit_steps(writes: impl IntoIterator<Item = Write>) -> Vec<Vec<Write>> {
    let group: Group = writes.into_iter().collect();
    let steps = group.steps().map(|(bucket, rows)| {
        let write = |(key, value): (&str, Option<&str>)| Write {
            bucket,
            key: key.to_owned(),
            value: value.map(str::to_owned),
        };
        rows.into_iter().map(write).collect()
    });
    steps.collect()
}

// === impl TornDisk ===

impl TornDisk {
    /// An empty disk. The same seed gives the same order of commits.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // The generator must not begin at 0.
        let random = seed.wrapping_mul(2).wrapping_add(1);
        let state = DiskState {
            rows: BTreeMap::new(),
            revision: 0,
            random,
            left: None,
            fault: Fault::Stall,
            held: false,
            run: 0,
        };
        Self(Arc::new(Shared { state: Mutex::new(state), released: Condvar::new() }))
    }

    /// Starts a store on what is there. A fault that was asked for is over, and the store of
    /// before is cut off.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(&self, limits: StoreLimits) -> io::Result<Store> {
        let mut state = self.lock();
        state.run += 1;
        state.left = None;
        state.held = false;
        let torn = Torn { disk: self.clone(), run: state.run };
        drop(state);
        Store::over(torn, limits)
    }

    /// Lets the store crash when it has committed this many more rows: from then on it commits
    /// nothing and answers nothing.
    pub fn crash_after(&self, rows: usize) {
        self.fault_after(rows, Fault::Crash);
    }

    /// Lets each commit fail from the row on that comes after this many more, until
    /// [`TornDisk::recover`]. What is committed can be read.
    pub fn stall_after(&self, rows: usize) {
        self.fault_after(rows, Fault::Stall);
    }

    /// Ends the fault of [`TornDisk::stall_after`]: the store can commit again.
    pub fn recover(&self) {
        self.lock().left = None;
    }

    /// Lets the next commits wait, and with them all that is asked, until [`TornDisk::release`].
    pub fn hold(&self) {
        self.lock().held = true;
    }

    /// Ends [`TornDisk::hold`]: what waits is committed.
    pub fn release(&self) {
        self.lock().held = false;
        self.0.released.notify_all();
    }

    /// What would be found at a start now, in the order of buckets and keys.
    #[must_use]
    pub fn rows(&self) -> Vec<(Bucket, String, String)> {
        let state = self.lock();
        let rows = state.rows.iter();
        rows.map(|((bucket, key), (value, _))| (*bucket, key.clone(), value.clone())).collect()
    }

    fn fault_after(&self, rows: usize, fault: Fault) {
        let mut state = self.lock();
        (state.left, state.fault) = (Some(rows), fault);
    }

    fn lock(&self) -> MutexGuard<'_, DiskState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while commits are held.
    fn lock_released(&self) -> MutexGuard<'_, DiskState> {
        let held = |state: &mut DiskState| state.held;
        let state = self.0.released.wait_while(self.lock(), held);
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl DiskState ===

impl DiskState {
    /// A number below `end`, which is not 0 (xorshift64).
    fn below(&mut self, end: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % end as u64).unwrap_or_default()
    }

    /// Commits one row, unless the fault has come.
    fn write(
        &mut self,
        bucket: Bucket,
        key: &str,
        value: Option<&str>,
    ) -> Result<Revision, RawError> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or_else(faulty)?;
        }
        self.revision += 1;
        let revision = Revision(self.revision);
        let place = (bucket, key.to_owned());
        match value {
            Some(value) => self.rows.insert(place, (value.to_owned(), revision)),
            None => self.rows.remove(&place),
        };
        Ok(revision)
    }
}

// === impl Torn ===

impl Torn {
    fn disk(&self) -> Result<MutexGuard<'_, DiskState>, RawError> {
        let state = self.disk.lock();
        let crashed = state.left == Some(0) && state.fault == Fault::Crash;
        if state.run != self.run || crashed { Err(faulty()) } else { Ok(state) }
    }
}

impl RawStore for Torn {
    fn commit(&mut self, group: &Group, watchers: &mut Watchers) -> Result<(), RawError> {
        drop(self.disk.lock_released());
        for (bucket, mut rows) in group.steps() {
            while !rows.is_empty() {
                let mut disk = self.disk()?;
                let at = disk.below(rows.len());
                let (key, value) = rows.swap_remove(at);
                let revision = disk.write(bucket, key, value)?;
                watchers.tell(bucket, key, value, revision);
            }
        }
        Ok(())
    }

    fn get(&mut self, bucket: Bucket, key: &str) -> Result<Option<Row>, RawError> {
        let disk = self.disk()?;
        let found = disk.rows.get_key_value(&(bucket, key.to_owned()));
        Ok(found.map(row))
    }

    fn scan(
        &mut self,
        bucket: Bucket,
        prefix: &str,
        from: &str,
        limit: usize,
    ) -> Result<Page, RawError> {
        let disk = self.disk()?;
        let wanted = |((of, key), _): &(&(Bucket, String), &(String, Revision))| {
            *of == bucket && key.starts_with(prefix)
        };
        let mut rows = disk.rows.range((bucket, from.to_owned())..).take_while(wanted).map(row);
        let page = rows.by_ref().take(limit).collect();
        Ok(Page { rows: page, next: rows.next().map(|row| Cursor(row.key)) })
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
        let mut disk = self.disk().map_err(NotSet::Failed)?;
        let revision = disk.write(bucket, key, new).map_err(NotSet::Failed)?;
        watchers.tell(bucket, key, new, revision);
        Ok(revision)
    }

    fn close(&mut self) {}
}

fn row(((_, key), (value, revision)): (&(Bucket, String), &(String, Revision))) -> Row {
    Row { key: key.clone(), value: value.clone(), revision: Some(*revision) }
}

fn faulty() -> RawError {
    RawError("a test asked for this fault".to_owned())
}

impl std::fmt::Debug for TornDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TornDisk").field("rows", &self.lock().rows.len()).finish()
    }
}
