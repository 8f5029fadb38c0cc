//! A bounded queue whose entries keep the number they were given, so that one can point to
//! another. Takes memory as it fills, not before.
//!
//! Our own around a `VecDeque`, whose places shift as its front goes; entries that point to each
//! other need numbers that stay.

use std::collections::VecDeque;

/// The latest entries, up to a limit; the oldest goes first.
pub(super) struct Ring<T> {
    entries: VecDeque<T>,
    /// The number of the oldest entry.
    first: u64,
    limit: u32,
}

// === impl Ring ===

impl<T> Ring<T> {
    pub(super) fn new(limit: u32) -> Self {
        Self { entries: VecDeque::new(), first: 0, limit }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    pub(super) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    /// How many entries are beyond the limit.
    pub(super) fn excess(&self) -> usize {
        self.entries.len().saturating_sub(self.limit as usize)
    }

    /// Gives back the memory that is not used.
    pub(super) fn shrink(&mut self) {
        self.entries.shrink_to_fit();
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= self.limit as usize
    }

    /// The number that the next entry will have.
    pub(super) fn next_number(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    pub(super) fn get(&self, number: u64) -> Option<&T> {
        self.entries.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Appends an entry; the caller has made room.
    pub(super) fn push(&mut self, entry: T) {
        if self.entries.len() == self.entries.capacity() {
            // By hand, because doubling would end beyond the limit.
            let room = (self.limit as usize).saturating_sub(self.entries.len());
            self.entries.reserve_exact(room.min(self.entries.len().max(64)));
        }
        self.entries.push_back(entry);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let oldest = self.entries.pop_front()?;
        self.first += 1;
        Some(oldest)
    }

    pub(super) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<T>()
    }
}
