//! What follows from a request besides its answer: notifications and changes to what is stored.

use std::rc::Rc;

use lampfield_xmpp_stream::{BareJid, Jid};
use smallvec::SmallVec;

use super::items::Payload;
use super::name::{ItemId, NodeName};

/// Something subscribers are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The node on which it happened.
    pub node: NodeName,
    /// What the subscribers are told.
    pub event: Event,
    /// Whom to tell; never empty. For all subscribers it is the same allocation until the
    /// subscriptions change.
    pub to: Rc<[Jid]>,
}

/// What happened on a node, as its subscribers are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An item was published, or is the newest one for a new subscriber.
    Item {
        /// The item's name, unique within its node.
        id: ItemId,
        /// Who published it, where the node says so.
        publisher: Option<BareJid>,
        /// The payload, where the node delivers it.
        payload: Option<Payload>,
    },
    /// Something was published on a node that neither stores nor delivers items.
    Nudge,
    /// An item was taken back.
    Retracted(ItemId),
    /// All items are gone.
    Purged,
    /// The node is gone.
    Deleted,
    /// The recipient's subscription was ended by the node's owner.
    Unsubscribed,
}

/// What a request leaves to be done. A publish has one of each, which then need no allocation.
#[derive(Debug, Default)]
pub struct Effects {
    /// To be delivered, in order.
    pub notices: SmallVec<[Notice; 1]>,
    /// To be stored, in order.
    pub changes: SmallVec<[RecordWrite; 1]>,
}

/// Where a record belongs. At a start, [`RecordTable::Nodes`] is read before the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordTable {
    /// Nodes; the key is the node's name.
    Nodes,
    /// Items; the key is the node and the item.
    Items,
    /// Key: node, bare JID.
    Affiliations,
    /// Subscriptions; the key is the node and the subscribed address.
    Subscriptions,
}

/// One change to what is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordWrite {
    /// The table that the record belongs to.
    pub table: RecordTable,
    /// The key inside the table.
    pub key: String,
    /// The new value, or `None` to delete.
    pub value: Option<String>,
}

// === impl Effects ===

impl Effects {
    pub(super) fn tell(&mut self, node: &NodeName, event: Event, to: Rc<[Jid]>) {
        if !to.is_empty() {
            self.notices.push(Notice { node: node.clone(), event, to });
        }
    }
}
