//! Who is asked about an address that nobody here has: other nodes, components, what is kept for those
//! who are away.

use lampfield_xmpp_stream::{FullJid, Jid, StanzaError};

use super::Context;

/// Whether somebody has taken a stanza and sees to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is done with, or will be.
    Yes,
    /// Somebody else may have it.
    No,
}

/// The three kinds of stanza (RFC 6120 section 8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StanzaKind {
    /// A message of whatever type.
    Message,
    /// A presence of whatever type.
    Presence,
    /// A request, or an answer to one.
    Iq,
}

/// A stanza for an address where nobody is: of an account that is away or does not exist, or of a
/// domain that is not served here.
#[derive(Debug, Clone, Copy)]
pub struct Undelivered<'a> {
    /// What kind of stanza it is.
    pub kind: StanzaKind,
    /// The full JID that has sent it.
    pub from: &'a FullJid,
    /// The address that nobody here has.
    pub to: &'a Jid,
    /// The whole stanza as its recipient gets it, in the namespace `jabber:client`.
    pub stanza: &'a [u8],
}

/// Somebody who may deliver what the router cannot.
pub trait Resolver {
    /// Delivers the stanza by itself, now or later, or leaves it to the next resolver.
    ///
    /// # Errors
    /// Why it cannot be delivered by anybody. The sender is told where it would have been told that
    /// nobody is there; no other resolver is asked.
    fn deliver(&self, context: &Context, stanza: &Undelivered<'_>) -> Result<Taken, StanzaError>;
}

// === impl Taken ===

impl Taken {
    /// What becomes of a stanza: all is well where it was taken.
    pub fn or(self, otherwise: Result<(), StanzaError>) -> Result<(), StanzaError> {
        match self {
            Self::Yes => Ok(()),
            Self::No => otherwise,
        }
    }
}

// === impl Undelivered ===

impl<'a> Undelivered<'a> {
    /// A stanza that has found nobody.
    pub fn new(kind: StanzaKind, from: &'a FullJid, to: &'a Jid, stanza: &'a [u8]) -> Self {
        Self { kind, from, to, stanza }
    }
}
