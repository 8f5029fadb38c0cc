//! The door kit: what every door needs of a board, so that a door is its protocol and nothing else. Doors see the hub
//! through it only.
//!
//! ```text
//!            who logs in            what it says             what it hears
//!   door  ->   Peer::new     ->  Peer::publish          Watchers  ->  door's Watcher, door's Writer
//!                 |                   |                     ^
//!                 v                   v                     |
//!               [ rights, names: Sight ]              [ rights, names: Sight ]
//!                 |                   |                     ^
//!                 v                   v                     |
//!                             hub  ->  board  ->  changes
//! ```
//!
//! A door keeps one [`DoorKit`] for each board that it serves, a [`Peer`] for each connection that has logged in, and the
//! [`Watchers`] of that board. It says what its peers are like ([`Profile`](crate::Profile)), what they may do
//! ([`Rights`]) and how it is ([`DoorHealth`]). The kit knows no protocol, and does no I/O.

mod door;
mod peer;
mod redial;
mod results;
mod rights;
mod sight;
mod unread;
mod watchers;
mod written;

pub use crate::{
    ConnId, DoorHealth, Grant, Outcome, PeerCache, Policy, Profile, Publication, Refusal, Room,
    Rule, Waits,
};
pub use door::{DoorBoards, DoorKit};
pub use peer::{NewPeer, Peer, PublishError, Published};
pub use redial::Redial;
pub use results::Results;
pub use rights::Rights;
pub use sight::{Sight, Visible, VisibleBoard};
pub use unread::Unread;
pub use watchers::{SentUpTo, Surveyed, Wanted, Watcher, Watchers};
pub use written::{Shows, Writer};
