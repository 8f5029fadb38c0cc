//! Who makes a request, as far as the engine needs to know.

use lampfield_xmpp_stream::BareJid;

/// The account that asks, and its privilege with the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The bare JID; affiliations belong to accounts, not to their resources.
    pub account: BareJid,
    /// What it may do besides what nodes grant it.
    pub privilege: Privilege,
}

/// What an account may do regardless of any node's affiliations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privilege {
    /// Uses nodes, makes none.
    Participant,
    /// May also create nodes.
    Creator,
    /// Creates nodes and counts as an owner of each.
    Administrator,
}
