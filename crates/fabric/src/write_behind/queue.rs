//! What waits for the store's thread: writes as the newest value of each key, in groups that are
//! committed one after another, and requests. It must never hold its lock while the engine works,
//! because the thread that serves every connection takes that lock.

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    iter, mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::StoreLimits;
use crate::{
    Bucket, Refused, StoreError, Ticket, Write,
    raw::{Group, Key, Pending, Slice, size},
};

/// A call that the store's thread makes between two groups, on whatever works there.
pub(super) type Request<W> = Box<dyn FnOnce(&mut W) + Send>;

/// What the store's thread does next.
pub(super) enum Turn<W> {
    /// Commit the group, if any, then answer the requests.
    Work(Option<Arc<Group>>, Vec<Request<W>>),
    /// Store what is left by the deadline, and stop.
    Close(Closing),
}

/// How the store is to end.
pub(super) struct Closing {
    /// When to give up what cannot be stored.
    pub(super) deadline: Instant,
    /// Whoever waits to hear whether everything was stored.
    pub(super) done: Option<oneshot::Sender<Result<(), StoreError>>>,
}

/// Shared by the store's handles and its thread, on which a `W` works.
pub(super) struct Queue<W> {
    limits: StoreLimits,
    waiting: Mutex<Waiting<W>>,
    wake: Condvar,
}

struct Waiting<W> {
    /// Groups that take no more rows, the oldest first.
    sealed: VecDeque<Group>,
    /// The group that new writes go into.
    open: Group,
    /// The group that is being committed; its rows still count.
    in_flight: Option<Arc<Group>>,
    keys: usize,
    bytes: usize,
    last: Ticket,
    /// The last attempt to commit failed: everything that waits is one group, of any size.
    stalled: bool,
    requests: VecDeque<Request<W>>,
    asleep: bool,
    closing: Option<Closing>,
    closed: bool,
}

// === impl Queue ===

impl<W> Queue<W> {
    /// A queue in which nothing waits, with these limits.
    pub(super) fn new(limits: StoreLimits) -> Self {
        Self { limits, waiting: Mutex::default(), wake: Condvar::new() }
    }

    pub(super) fn limits(&self) -> &StoreLimits {
        &self.limits
    }

    /// Takes a write in if the limits allow it, and gives the ticket of its commit.
    pub(super) fn write(&self, write: Write) -> Result<Ticket, Box<Refused>> {
        if let Err(error) = self.check(write.bucket, &write.key, write.value.as_deref()) {
            return Err(Box::new(Refused { write, error }));
        }
        let mut waiting = self.lock();
        let ticket = waiting.insert(write, &self.limits)?;
        self.rouse(&mut waiting);
        Ok(ticket)
    }

    /// Whether a key and value may be stored at all.
    pub(super) fn check(
        &self,
        bucket: Bucket,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), StoreError> {
        let (bytes, limit) = (key.len(), self.limits.key_bytes);
        if bytes == 0 || bytes > limit || key.contains('\0') {
            return Err(StoreError::BadKey { bucket, bytes, limit });
        }
        let (bytes, limit) = (value.map_or(0, str::len), self.limits.value_bytes);
        if bytes > limit {
            return Err(StoreError::BadValue { bucket, key: key.to_owned(), bytes, limit });
        }
        Ok(())
    }

    /// Takes a question for the store's thread, unless too many wait already.
    pub(super) fn request(&self, request: Request<W>) -> Result<(), StoreError> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(StoreError::Closed);
        }
        if waiting.requests.len() >= self.limits.requests {
            return Err(StoreError::TooManyRequests { limit: self.limits.requests });
        }
        waiting.requests.push_back(request);
        self.rouse(&mut waiting);
        Ok(())
    }

    /// Takes no more writes, and has the thread store the rest and end.
    pub(super) fn close(&self, closing: Closing) -> Result<(), StoreError> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(StoreError::Closed);
        }
        waiting.closed = true;
        waiting.closing = Some(closing);
        self.rouse(&mut waiting);
        Ok(())
    }

    /// Keys that wait to be committed.
    pub(super) fn keys(&self) -> usize {
        self.lock().keys
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<W>> {
        // Nothing in here panics half-way through a change.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waking costs a system call: only when the thread sleeps.
    fn rouse(&self, waiting: &mut Waiting<W>) {
        if mem::take(&mut waiting.asleep) {
            self.wake.notify_one();
        }
    }
}

// === impl Queue, for the store's thread ===

impl<W> Queue<W> {
    /// Waits for something to do. Groups are left alone until `retry`.
    pub(super) fn next(&self, retry: Option<Instant>) -> Turn<W> {
        let mut waiting = self.lock();
        loop {
            if let Some(closing) = waiting.closing.take() {
                return Turn::Close(closing);
            }
            let pause = retry
                .map(|retry| retry.saturating_duration_since(Instant::now()))
                .filter(|pause| !pause.is_zero());
            let group = if pause.is_none() { waiting.take() } else { None };
            if group.is_some() || !waiting.requests.is_empty() {
                return Turn::Work(group, waiting.requests.drain(..).collect());
            }
            waiting.asleep = true;
            let pause = pause.filter(|_| waiting.has_rows());
            waiting = self.sleep(waiting, pause);
            waiting.asleep = false;
        }
    }

    fn sleep<'a>(
        &self,
        waiting: MutexGuard<'a, Waiting<W>>,
        pause: Option<Duration>,
    ) -> MutexGuard<'a, Waiting<W>> {
        match pause {
            None => self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            Some(pause) => {
                self.wake.wait_timeout(waiting, pause).unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// The oldest group, to be committed; [`Queue::settle`] or [`Queue::give_back`] must follow.
    pub(super) fn take(&self) -> Option<Arc<Group>> {
        self.lock().take()
    }

    /// The group that was taken is committed.
    pub(super) fn settle(&self) {
        self.lock().settle();
    }

    /// The group that was taken could not be committed: everything that waits becomes one group,
    /// so that a long stall costs one row per key.
    pub(super) fn give_back(&self) {
        self.lock().give_back();
    }

    /// The ticket of the newest write.
    pub(super) fn last(&self) -> Ticket {
        self.lock().last
    }

    /// The newest value of a key that waits.
    pub(super) fn get(&self, bucket: Bucket, key: &str) -> Option<Pending> {
        let key = (bucket, key.to_owned());
        self.lock().groups().rev().find_map(|group| group.get(&key)).cloned()
    }

    /// For each group, oldest first: what waits from a key on, at most `limit` rows of each.
    pub(super) fn scan(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: &str,
        limit: usize,
    ) -> Vec<Slice<(String, Pending)>> {
        let slice = |group: &Group| group.scan(bucket, prefix, from, limit);
        self.lock().groups().map(slice).collect()
    }

    /// The thread ends: whoever still waits learns it by the drop of what they left.
    pub(super) fn abandon(&self) {
        let mut waiting = self.lock();
        let left = mem::replace(&mut *waiting, Waiting { closed: true, ..Waiting::default() });
        drop(waiting);
        drop(left);
    }
}

// === impl Waiting ===

/// By hand, because what works on the thread need not have one.
impl<W> Default for Waiting<W> {
    fn default() -> Self {
        Self {
            sealed: VecDeque::new(),
            open: Group::default(),
            in_flight: None,
            keys: 0,
            bytes: 0,
            last: Ticket::default(),
            stalled: false,
            requests: VecDeque::new(),
            asleep: false,
            closing: None,
            closed: false,
        }
    }
}

impl<W> Waiting<W> {
    /// Everything that waits and is not in flight, oldest first.
    fn groups(&self) -> impl DoubleEndedIterator<Item = &Group> {
        self.sealed.iter().chain(iter::once(&self.open))
    }

    fn has_rows(&self) -> bool {
        !self.sealed.is_empty() || !self.open.is_empty()
    }

    fn insert(&mut self, write: Write, limits: &StoreLimits) -> Result<Ticket, Box<Refused>> {
        if self.closed {
            return Err(Box::new(Refused { write, error: StoreError::Closed }));
        }
        let Write { bucket, key, value } = write;
        let key = (bucket, key);
        let new = size(&key, value.as_deref());
        let old = self.open.get(&key).map(|old| size(&key, old.value.as_deref()));
        if !self.has_room(&key, old, new, limits) {
            let error = StoreError::QueueFull { keys: self.keys, bytes: self.bytes };
            let (bucket, key) = key;
            return Err(Box::new(Refused { write: Write { bucket, key, value }, error }));
        }
        if old.is_none() && self.open.len() >= limits.group_rows && !self.stalled {
            self.sealed.push_back(mem::take(&mut self.open));
        }

        let ticket = Ticket(self.last.0 + 1);
        self.last = ticket;
        self.keys += usize::from(old.is_none());
        self.bytes = self.bytes + new - old.unwrap_or(0);
        self.open.put(key, Pending { value, ticket });
        Ok(ticket)
    }

    /// A key that waits already may always be given a newer value that is not longer. One that is
    /// in flight then counts twice until that group is settled or given back.
    fn has_room(&self, key: &Key, old: Option<usize>, new: usize, limits: &StoreLimits) -> bool {
        if self.keys < limits.pending_keys && self.bytes + new <= limits.pending_bytes {
            return true;
        }
        let in_flight = || {
            let pending = self.in_flight.as_ref()?.get(key)?;
            Some(size(key, pending.value.as_deref()))
        };
        match old.or_else(in_flight) {
            Some(old) => new <= old || self.bytes + new - old <= limits.pending_bytes,
            None => false,
        }
    }

    fn take(&mut self) -> Option<Arc<Group>> {
        let oldest = self.sealed.pop_front();
        let group = oldest.unwrap_or_else(|| mem::take(&mut self.open));
        if group.is_empty() {
            return None;
        }
        let group = Arc::new(group);
        self.in_flight = Some(group.clone());
        Some(group)
    }

    fn settle(&mut self) {
        self.stalled = false;
        if let Some(group) = self.in_flight.take() {
            self.keys -= group.len();
            self.bytes -= group.bytes();
        }
    }

    fn give_back(&mut self) {
        self.stalled = true;
        let mut all = self.in_flight.take().map(Arc::unwrap_or_clone).unwrap_or_default();
        for group in self.sealed.drain(..).chain(iter::once(mem::take(&mut self.open))) {
            all.absorb(group);
        }
        self.keys = all.len();
        self.bytes = all.bytes();
        self.open = all;
    }
}
