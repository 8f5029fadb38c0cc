//! The XMPP door: transports, router and services.
//!
//! Everything here runs on the core thread: parts are shared by `Rc` and never borrowed across
//! an `await`. The path from a publish to a thousand sockets is explained in
//! `services/pubsub/telephony.rs`.

pub mod accounts;
mod connection;
pub mod door;
pub mod gate;
mod listener;
mod log_limit;
pub mod router;
pub mod services;
pub mod session;
pub mod settings;
pub mod wire;

pub use door::Door;
pub use settings::Settings;
