//! What is still to be written to one socket, in order. Taking from the front moves each byte at
//! most once on average, however large the whole and however small the steps.
//!
//! Our own, because its memory comes from the pool of buffers (`buffers.rs`) and goes back there.

use super::buffers::BufferPool;

/// A queue of bytes that is read as one slice.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    bytes: Vec<u8>,
    /// How many of them are written already.
    written: usize,
}

// === impl Outbox ===

impl Outbox {
    /// Bytes still to be written.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// Bytes of memory that it holds.
    pub(super) fn held(&self) -> usize {
        self.bytes.capacity()
    }

    /// Whether nothing is left to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is to be written next.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.written..).unwrap_or_default()
    }

    /// Appends two byte strings as one.
    pub(super) fn push(&mut self, head: &[u8], tail: &[u8], pool: &BufferPool) {
        if self.bytes.capacity() == 0 {
            self.bytes = pool.take();
        }
        self.bytes.extend_from_slice(head);
        self.bytes.extend_from_slice(tail);
    }

    /// Appends a large byte string, without a copy where nothing else waits.
    pub(super) fn push_large(&mut self, bytes: Vec<u8>, pool: &BufferPool) {
        if self.is_empty() {
            pool.give_back(std::mem::replace(&mut self.bytes, bytes));
            self.written = 0;
        } else {
            self.bytes.extend_from_slice(&bytes);
        }
    }

    /// Notes that so many bytes of the rest are written.
    pub(super) fn advance(&mut self, count: usize, pool: &BufferPool) {
        self.written += count;
        if self.written >= self.bytes.len() {
            pool.give_back(std::mem::take(&mut self.bytes));
            self.written = 0;
        } else if self.written > self.bytes.len() / 2 {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order_whatever_the_steps() {
        let pool = BufferPool::default();
        for step in [1, 2, 3, 7, 100] {
            let mut outbox = Outbox::default();
            let (mut sent, mut taken) = (Vec::new(), Vec::new());
            for round in 0..50_u8 {
                outbox.push(&[round], &[b'-', round], &pool);
                sent.extend_from_slice(&[round, b'-', round]);
                let count = step.min(outbox.len());
                taken.extend_from_slice(&outbox.rest()[..count]);
                outbox.advance(count, &pool);
                assert_eq!(outbox.len(), sent.len() - taken.len());
            }
            taken.extend_from_slice(outbox.rest());
            assert_eq!(taken, sent, "in steps of {step}");
        }
    }

    #[test]
    fn a_large_one_alone_is_not_copied() {
        let pool = BufferPool::default();
        let mut outbox = Outbox::default();
        let large = vec![b'x'; 100_000];
        let address = large.as_ptr();
        outbox.push_large(large, &pool);
        assert_eq!(outbox.rest().as_ptr(), address);
        outbox.push_large(vec![b'y'; 10], &pool);
        outbox.advance(100_000, &pool);
        assert_eq!(outbox.rest(), b"yyyyyyyyyy");
    }

    #[test]
    fn an_empty_one_holds_no_buffer() {
        let pool = BufferPool::default();
        let mut outbox = Outbox::default();
        outbox.push(b"head", b"tail", &pool);
        outbox.advance(8, &pool);
        assert_eq!(outbox.bytes.capacity(), 0);
    }
}
