//! A pubsub service without XML and without I/O: requests in, answers and effects out.
//!
//! Every request is checked as a whole before anything changes, so a refused one leaves no trace.
//! Effects gather until [`Engine::take_effects`] is called.

mod actor;
mod affiliate;
mod affiliation;
mod config;
mod effects;
mod ids;
mod items;
mod limits;
mod name;
mod node;
mod open_node;
mod own;
mod page;
mod publish;
mod read;
mod records;
mod refusal;
mod subscribe;
mod subscriptions;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use lampfield_xmpp_stream::BareJid;

pub use self::actor::{Actor, Privilege};
pub use self::affiliation::{Action, Affiliation};
pub use self::config::{
    AccessModel, ItemBound, ItemReply, NodeConfig, PublishModel, SendLast, Setting,
};
pub use self::effects::{Effects, Event, Notice, RecordTable, RecordWrite};
pub use self::items::{Item, Payload};
pub use self::limits::PubsubLimits;
pub use self::name::{ItemId, NameError, NodeName};
pub use self::node::Node;
pub use self::page::{Page, PageRequest, PageStart};
pub use self::publish::{Draft, Publication, Retraction};
pub use self::read::{Listed, Wanted};
pub use self::records::RecordError;
pub use self::refusal::Refusal;
pub use self::subscriptions::SubscriptionOptions;

use self::ids::Ids;
use self::open_node::OpenNode;

/// Tells which node names belong to somebody else, such as the telephony nodes.
pub type Reserved = Box<dyn Fn(&str) -> bool>;

/// Whose the node of a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// There is no such node.
    Nobody,
    /// Who asks owns it.
    Oneself,
    /// It is there and somebody else's.
    Others,
}

/// All nodes of one service, with what they hold and who is subscribed.
pub struct Engine {
    nodes: BTreeMap<NodeName, Node>,
    /// How many nodes each account has created.
    created: HashMap<BareJid, usize>,
    /// The cost of all stored items.
    stored: usize,
    limits: PubsubLimits,
    reserved: Reserved,
    ids: Ids,
    effects: Effects,
}

// === impl Engine ===

impl Engine {
    /// An empty service. `seed` starts the names that the service makes up; it should differ from
    /// start to start.
    pub fn new(limits: PubsubLimits, reserved: Reserved, seed: u64) -> Self {
        Self {
            nodes: BTreeMap::new(),
            created: HashMap::new(),
            stored: 0,
            limits,
            reserved,
            ids: Ids::new(seed),
            effects: Effects::default(),
        }
    }

    /// The bounds that the engine was made with.
    pub fn limits(&self) -> &PubsubLimits {
        &self.limits
    }

    /// Whose a name is, as far as the account is concerned.
    pub fn holder(&self, account: &BareJid, name: &NodeName) -> Holder {
        match self.nodes.get(name) {
            None => Holder::Nobody,
            Some(node) if node.affiliation(account) == Affiliation::Owner => Holder::Oneself,
            Some(_) => Holder::Others,
        }
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The cost of all stored items in bytes, against [`PubsubLimits::stored_bytes`].
    pub fn stored_bytes(&self) -> usize {
        self.stored
    }

    /// What all requests since the last call left to be done.
    pub fn take_effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    fn node(&self, name: &NodeName) -> Result<&Node, Refusal> {
        self.nodes.get(name).ok_or_else(|| Refusal::NoSuchNode(name.clone()))
    }

    /// Like [`Engine::node`], to change it.
    fn open<'a>(&'a mut self, name: &'a NodeName) -> Result<OpenNode<'a>, Refusal> {
        match self.nodes.get_mut(name) {
            Some(node) => {
                Ok(OpenNode { name, node, stored: &mut self.stored, effects: &mut self.effects })
            }
            None => Err(Refusal::NoSuchNode(name.clone())),
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("nodes", &self.nodes.len())
            .field("stored", &self.stored)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
