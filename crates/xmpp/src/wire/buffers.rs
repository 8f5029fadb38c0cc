//! Output buffers that idle connections give back.
//!
//! A connection that has nothing to send holds no buffer at all; in steady state buffers travel
//! between the pool and the connections without touching the allocator.

use std::cell::RefCell;

/// Buffers kept for reuse: enough for one flush of a busy node (64 x 16 KiB = 1 MiB).
const KEPT: usize = 64;
/// A buffer that grew beyond this many bytes is freed rather than kept.
const KEPT_CAPACITY: usize = 16 * 1024;
/// What a fresh buffer starts with, in bytes: a few notifications.
const FIRST_CAPACITY: usize = 1024;

/// A free list of output buffers for one thread.
#[derive(Debug, Default)]
pub struct BufferPool {
    free: RefCell<Vec<Vec<u8>>>,
}

impl BufferPool {
    /// Hands out an empty buffer.
    pub fn take(&self) -> Vec<u8> {
        self.free.borrow_mut().pop().unwrap_or_else(|| Vec::with_capacity(FIRST_CAPACITY))
    }

    /// Takes a buffer back; frees it when it is large or the pool is full.
    pub fn give_back(&self, mut buffer: Vec<u8>) {
        let mut free = self.free.borrow_mut();
        if buffer.capacity() == 0 || buffer.capacity() > KEPT_CAPACITY || free.len() >= KEPT {
            return;
        }
        buffer.clear();
        free.push(buffer);
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
}
