//! The XMPP door: transports, router and services.
//!
//! Everything here runs on the core thread: parts are shared by `Rc` and never borrowed across
//! an `await`. The path from a publish to a thousand sockets is explained in
//! `services/telephony.rs`.

pub mod admission;
pub mod breakages;
mod connection;
mod contacts;
pub mod context;
mod domains;
mod door;
mod listener;
mod questions;
mod random;
pub mod refused_logins;
pub mod replacements;
mod results;
pub mod router;
pub mod services;
pub mod session;
pub mod settings;
mod turns;
pub mod wire;
pub mod xmpp_conf;

pub use door::Door;
pub use listener::{Listeners, let_in};
pub use settings::Settings;
