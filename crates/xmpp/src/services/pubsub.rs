//! Publish-subscribe (XEP-0060): an engine without XML, a codec without policy, and thin glue.
//!
//! The telephony nodes are not kept here: they are views of the hub and the engine refuses their
//! names.

mod audience;
pub mod codec;
pub mod engine;
pub mod glue;
pub mod hooks;
pub mod service;
pub mod telephony;
