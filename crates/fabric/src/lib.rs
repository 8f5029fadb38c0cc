//! Where facts live and how they travel: a [`Store`] of named buckets and a [`Bus`] between nodes.
//!
//! A store is one layer, which all share, above an engine; the bus is a closed enum over its
//! implementations. What they promise is in the traits [`Storage`] and [`Messaging`], and no more
//! than a cluster can keep; one test suite (`tests/contract`) runs on each. This crate must never
//! know what a value means: keys and values are text, topics carry bytes.

mod bucket;
pub mod bus;
pub mod embedded;
mod error;
mod gap;
mod ledger;
pub mod private;
mod raw;
mod revision;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod write_behind;

pub use bucket::{Bucket, Durability};
pub use bus::{
    Bus, BusError, Delivery, LocalBus, Message, Messaging, NodeId, Replies, Subscription, Topic,
};
pub use embedded::{Embedded, OpenError, Opened};
pub use error::StoreError;
pub use ledger::Ledger;
pub use revision::Revision;
pub use store::{Cursor, Event, Health, Page, Refused, Row, Storage, Ticket, Watch, Write};
pub use write_behind::{Store, StoreLimits, StoreWatch};
