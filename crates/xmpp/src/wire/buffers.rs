//! Output buffers that idle connections give back.
//!
//! A connection that has nothing to send holds no buffer at all; in steady state buffers travel
//! between the pool and the connections without touching the allocator.

use std::cell::{Cell, RefCell};

/// Bytes of all buffers kept for reuse: enough for one event to a thousand subscribers.
const KEPT: usize = 1024 * 1024;
/// A buffer that grew beyond this many bytes is freed rather than kept.
const KEPT_CAPACITY: usize = 16 * 1024;
/// What a fresh buffer starts with, in bytes: a few notifications.
const FIRST_CAPACITY: usize = 1024;

/// A free list of output buffers for one thread.
#[derive(Debug, Default)]
pub struct BufferPool {
    free: RefCell<Vec<Vec<u8>>>,
    /// The sum of their capacities.
    kept: Cell<usize>,
}

impl BufferPool {
    /// Hands out an empty buffer.
    pub fn take(&self) -> Vec<u8> {
        let Some(buffer) = self.free.borrow_mut().pop() else {
            return Vec::with_capacity(FIRST_CAPACITY);
        };
        self.kept.set(self.kept.get() - buffer.capacity());
        buffer
    }

    /// Takes a buffer back; frees it when it is large or the pool is full.
    pub fn give_back(&self, mut buffer: Vec<u8>) {
        let capacity = buffer.capacity();
        let kept = self.kept.get() + capacity;
        if capacity == 0 || capacity > KEPT_CAPACITY || kept > KEPT {
            return;
        }
        buffer.clear();
        self.kept.set(kept);
        self.free.borrow_mut().push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_returned_buffer_is_reused_empty() {
        let pool = BufferPool::default();
        let mut first = pool.take();
        first.extend_from_slice(b"left over");
        let address = first.as_ptr();
        pool.give_back(first);
        let second = pool.take();
        assert!(second.is_empty());
        assert_eq!(second.as_ptr(), address);
    }

    #[test]
    fn a_grown_buffer_is_not_kept() {
        let pool = BufferPool::default();
        pool.give_back(Vec::with_capacity(KEPT_CAPACITY + 1));
        assert!(pool.take().capacity() <= KEPT_CAPACITY);
    }

    #[test]
    fn small_buffers_are_kept_for_a_thousand_connections_and_no_more_than_a_total() {
        let pool = BufferPool::default();
        let fresh: Vec<_> = (0..1_000).map(|_| pool.take()).collect();
        fresh.into_iter().for_each(|buffer| pool.give_back(buffer));
        assert_eq!(pool.free.borrow().len(), 1_000);
        (0..1_000).for_each(|_| pool.give_back(Vec::with_capacity(KEPT_CAPACITY)));
        let kept = || pool.free.borrow().iter().map(Vec::capacity).sum::<usize>();
        assert!(kept() <= KEPT);
        pool.take();
        assert_eq!(pool.kept.get(), kept());
    }
}
