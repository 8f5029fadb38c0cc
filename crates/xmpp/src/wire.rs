//! Bytes between a socket and the streams: the hot path's last step.
//!
//! A sender appends to a connection's buffer and goes on; one flush task, which runs when
//! everything that was ready has been handled, writes each touched socket once. Nothing here
//! knows XML.

mod answer_memory;
mod arrears;
mod buffers;
mod flusher;
mod link;
mod outbox;
mod tls;

pub use answer_memory::{ALL_LARGE_ANSWERS, LARGEST_ANSWER};
pub use buffers::BufferPool;
pub use flusher::Flusher;
pub use link::{BufferFull, Crowded, Link, LinkLimits};
pub use tls::{RECORD, TlsSettings};
