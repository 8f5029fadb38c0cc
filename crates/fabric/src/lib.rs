//! Where facts live and how they travel: a [`Store`] of named buckets and a [`Bus`] between nodes.
//!
//! Both are closed enums over their implementations, behind the narrow traits [`Storage`] and
//! [`Messaging`] with one shared test suite (`tests/contract`). This crate must never know what a
//! value means: keys and values are text, topics carry bytes.

mod bucket;
pub mod bus;
pub mod embedded;
mod error;
mod gap;
mod ledger;
pub mod private;
mod store;

pub use bucket::{Bucket, Durability};
pub use bus::{
    Bus, BusError, Delivery, LocalBus, Message, Messaging, NodeId, Replies, Subscription, Topic,
};
pub use embedded::{Embedded, OpenError, Opened, StoreLimits};
pub use error::StoreError;
pub use ledger::Ledger;
pub use store::{
    Cursor, Event, Health, Page, Refused, Revision, Row, Storage, Store, Ticket, Watch, Write,
};
