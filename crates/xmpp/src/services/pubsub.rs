//! Publish-subscribe (XEP-0060): an engine without XML, a codec without policy, and thin glue.
//!
//! Nodes that are kept elsewhere, such as those of telephony, come in by `views.rs`: the engine refuses their names.

mod audience;
pub mod codec;
pub mod engine;
pub mod glue;
pub mod service;
mod views;

pub use views::Views;
