//! XMPP as bytes: cutting a stream into stanzas, reading and writing them, addresses, errors, SASL.
//!
//! Nothing here does I/O, keeps a clock or decides what somebody may do. No input may panic, recurse
//! without bound or make memory grow past the stated [`StanzaLimits`].

pub mod element;
pub mod framer;
pub mod jid;
mod limits;
pub mod ns;
pub mod sasl;
pub mod stanza_error;
pub mod stream_error;
pub mod writer;

pub use element::{Element, Node, Scope, Stanza};
pub use framer::{Frame, Framer, StreamHeader};
pub use jid::{BareJid, Domain, FullJid, Jid, JidError, in_ascii, in_letters};
pub use limits::StanzaLimits;
pub use stanza_error::{ErrorType, StanzaCondition, StanzaError};
pub use stream_error::{StreamCondition, StreamError};
pub use writer::Tag;
