//! Why a request is refused: one variant for each error case of XEP-0060 that can happen here.

use thiserror::Error;

use super::name::{NameError, NodeName};

/// A refused request. The codec gives each its stanza error.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No such node, or none that the account may know of.
    #[error("no node {0}")]
    NoSuchNode(NodeName),
    /// No item of that name on the node.
    #[error("no such item")]
    NoSuchItem,
    /// A create for a node that exists.
    #[error("the node {0} exists")]
    NodeExists(NodeName),
    /// The account's affiliation or role does not allow it.
    #[error("not allowed for this account")]
    Forbidden,
    /// The name belongs to nodes that are not made or kept by clients.
    #[error("the name {0} is reserved")]
    Reserved(NodeName),
    /// Only whitelisted accounts may subscribe to the node or read it.
    #[error("the node is open to its members only")]
    ClosedNode,
    /// The subscription's JID is somebody else's.
    #[error("the subscription's address belongs to another account")]
    InvalidJid,
    /// The account has no subscription with that JID.
    #[error("not subscribed")]
    NotSubscribed,
    /// The account has as many subscriptions to the node as it may.
    #[error("too many subscriptions of one account")]
    TooManySubscriptions,
    /// The node stores or delivers items and the publish has none.
    #[error("an item is required")]
    ItemRequired,
    /// The node neither stores nor delivers anything and the publish has an item.
    #[error("an item is not allowed on this node")]
    ItemForbidden,
    /// The node delivers payloads and the item has none.
    #[error("a payload is required")]
    PayloadRequired,
    /// The payload has this many bytes, and may have only so many.
    #[error("a payload of {bytes} bytes exceeds {limit}")]
    PayloadTooBig {
        /// How many bytes the payload has.
        bytes: usize,
        /// How many it may have, [`PubsubLimits::payload_bytes`](super::PubsubLimits::payload_bytes).
        limit: usize,
    },
    /// A publish option differs from the node's configuration.
    #[error("the node's configuration differs from the publish options")]
    PreconditionNotMet,
    /// The node does not store items.
    #[error("the node does not store items")]
    NotPersistent,
    /// A setting or a change of affiliations cannot be had.
    #[error("{0}")]
    NotAcceptable(String),
    /// A list says different things about one account.
    #[error("two affiliations for one account in one request")]
    Repeated,
    /// A bound of the service is reached.
    #[error("limit reached: {0}")]
    LimitReached(&'static str),
    /// A node's or an item's name is not a name.
    #[error(transparent)]
    BadName(#[from] NameError),
}
