//! Carries a PBX's XMPP stream to a Lampfield somewhere else.
//!
//! Stock Asterisk writes into its socket and into its TLS session from several threads without a
//! lock, waits longer after each loss of its stream than after the one before, and does not say its
//! mailboxes again. All of that goes wrong on a long line only. So this runs on the PBX's machine:
//! Asterisk has a short line in clear text, which never breaks and never fills, and the relay has the
//! long one, over TLS. When the long line is lost, the relay logs in again with what Asterisk sent
//! and repeats what the PBX said last of everything; Asterisk notices nothing.
//!
//! ```text
//!  Asterisk --- Pbx (reads, keeps Words) --- session (logs in, repeats, carries) --- Server (TLS)
//! ```
//!
//! No board, and no file: what is kept is in memory as long as the PBX is connected.

mod advice;
mod answers;
mod carry;
mod deaths;
mod dial;
mod fingerprint;
mod lines;
mod news;
mod outgoing;
mod own_id;
mod pace;
mod pbx;
mod pbx_stream;
mod process;
mod reading;
mod refused;
mod search;
mod server;
mod services;
mod session;
mod settings;
mod subject;
mod target;
pub mod trial;
mod trust;
mod vain;
mod witness;
mod words;

pub use carry::{Relay, RelayError};
pub use fingerprint::Fingerprint;
pub use services::{Service, Services, services};
pub use settings::Settings;
pub use target::{Target, TargetError};
pub use trust::{Trust, TrustError};
