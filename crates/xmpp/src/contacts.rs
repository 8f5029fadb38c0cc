//! Who has whom as a contact: the stored lists, and the PBX accounts that are each other's contacts
//! by themselves. Knows nothing of stanzas on their way; the roster and presence services use it.

mod book;
mod contact;
mod news;
mod peers;
pub mod subscription;

pub use book::{Rosters, Stored};
#[cfg(test)]
pub use contact::MOST_CONTACTS;
pub use contact::{Contact, ContactChange, Roster, RosterEntry, RosterFull};
pub use news::News;
pub use peers::Peers;
