//! The load generator behind `lampfield bench`: raw XMPP against any server with PubSub, and
//! against the limit, a TCP server that only hands on bytes. It checks every copy, measures the
//! server's process from the outside and must never be the slower of the two unnoticed.

mod args;
mod cases;
mod crowd;
mod descriptors;
mod drive;
mod error;
mod frame;
mod item;
mod ledger;
mod link;
mod meter;
mod raw;
mod report;
mod role;
mod talk;
mod target;
mod tls;

pub use args::{Bench, Case, Load, Pace, TargetArgs};
pub use cases::run;
pub use error::BenchError;
pub use report::{Copies, Figure, Report};
