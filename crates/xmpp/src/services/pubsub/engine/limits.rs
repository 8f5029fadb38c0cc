//! The bounds of one pubsub service. What happens at each of them stands beside it.

/// What one service (one domain) holds at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PubsubLimits {
    /// Nodes of the service; a further create is refused with `resource-constraint`.
    pub nodes: usize,
    /// Nodes that one account has created; a further create is refused likewise.
    pub nodes_per_creator: usize,
    /// The largest `max_items` a node may have; a larger one is `not-acceptable`. A node at its
    /// own `max_items` forgets its oldest item for each new one.
    pub items_per_node: usize,
    /// Bytes of one payload; a larger one is refused with `payload-too-big`.
    pub payload_bytes: usize,
    /// Subscriptions to one node; a further one is refused with `resource-constraint`.
    pub subscriptions_per_node: usize,
    /// Subscriptions of one account (its bare JID and its resources) to one node; a further one
    /// is refused with `too-many-subscriptions`.
    pub subscriptions_per_account: usize,
    /// Accounts with an affiliation to one node; a further one is refused with
    /// `resource-constraint`.
    pub affiliations_per_node: usize,
    /// Bytes of all stored items of the service, [`ITEM_OVERHEAD`] each included; a publish that
    /// would exceed it is refused with `resource-constraint`.
    pub stored_bytes: usize,
    /// Bytes of one account's subscriptions or affiliations in one answer; a longer list is
    /// refused with `resource-constraint`. How many items or nodes an answer holds is up to who
    /// asks (see [`Engine::items`](super::Engine::items)).
    pub answer_bytes: usize,
}

/// What an item costs besides its payload and names, so that many empty items count too.
pub const ITEM_OVERHEAD: usize = 256;

impl Default for PubsubLimits {
    fn default() -> Self {
        Self {
            nodes: 10_000,
            nodes_per_creator: 1_000,
            items_per_node: 10_000,
            payload_bytes: 128 * 1024,
            subscriptions_per_node: 10_000,
            subscriptions_per_account: 16,
            affiliations_per_node: 1_000,
            stored_bytes: 256 * 1024 * 1024,
            answer_bytes: 2 * 1024 * 1024,
        }
    }
}
