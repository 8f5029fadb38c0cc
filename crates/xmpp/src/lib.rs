//! The XMPP door: transports, router and services.
//!
//! Everything here runs on the core thread: parts are shared by `Rc` and never borrowed across
//! an `await`. The path from a publish to a thousand sockets is explained in `wire.rs` and
//! `services/pubsub/telephony.rs`.

pub mod services;
pub mod wire;
