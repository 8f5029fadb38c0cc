//! A PBX without phones. On the wire it is an Asterisk: it logs in, publishes, subscribes, answers or
//! keeps silent, waits and comes back as `res_xmpp` of Asterisk 16 and 22 does (both are the same
//! there), keeps what it hears as Asterisk's cache does, and dies of what kills Asterisk.
//!
//! It shares no code with the server: tests hold the server to it, and it to real Asterisks. So it
//! must know no crate of ours.
//!
//! ```text
//!  Office (who calls whom) --> FakePbx (comes back, waits) --+--> Session (socket, login)
//!                              Puppet  (step by step)      --+--> ResXmpp (said and heard, no I/O)
//! ```

mod cache;
mod chance;
mod device;
mod eid;
mod ids;
mod office;
mod pbx;
mod phones;
mod puppet;
mod res_xmpp;
mod session;
mod settings;
mod stanza;
mod tls;
mod waits;
mod xml;

pub use cache::{Announcement, Cache, Messages};
pub use device::{DeviceState, StateError};
pub use eid::eid_of;
pub use office::{Happening, Office, PbxWord, Word};
pub use pbx::{FakePbx, News};
pub use phones::{PhoneRange, PhoneRangeError};
pub use puppet::Puppet;
pub use res_xmpp::{Crash, ResXmpp};
pub use session::{End, Reached};
pub use settings::{Layout, Settings};
pub use tls::Tls;
pub use xml::{Malformed, Node};
