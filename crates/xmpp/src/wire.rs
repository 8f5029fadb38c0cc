//! Bytes between a transport and the streams: the hot path's last step.
//!
//! A sender appends to a connection's buffer and goes on; one flush task, which runs when
//! everything that was ready has been handled, writes each touched transport once. Nothing here
//! knows what the bytes say; where one element ends is known by who sends it.

mod answer_memory;
mod arrears;
mod buffers;
mod flusher;
mod link;
mod messages;
mod outbox;
mod tcp;
mod tls;
mod transport;

pub use answer_memory::{ALL_LARGE_ANSWERS, LARGEST_ANSWER};
pub use buffers::BufferPool;
pub use flusher::Flusher;
pub use link::{BufferFull, Crowded, Link, LinkLimits};
pub use messages::message_as_stream;
pub use tcp::TcpTransport;
pub use tls::{RECORD, TlsSettings};
pub use transport::{Framing, Security, Transport};
