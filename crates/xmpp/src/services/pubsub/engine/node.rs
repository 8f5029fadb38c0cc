//! One node: its configuration, its people and its items.

use std::collections::HashMap;

use lampfield_xmpp_stream::BareJid;

use super::actor::{Actor, Privilege};
use super::affiliation::{Action, Affiliation};
use super::config::{ItemReply, NodeConfig};
use super::effects::Event;
use super::items::{Item, ItemStore};
use super::refusal::Refusal;
use super::subscriptions::Subscriptions;

/// A leaf node. Collections (XEP-0248) are not kept here.
#[derive(Debug)]
pub struct Node {
    pub(super) creator: BareJid,
    pub(super) config: NodeConfig,
    /// What accounts are to the node; never holds [`Affiliation::None`].
    pub(super) affiliations: HashMap<BareJid, Affiliation>,
    pub(super) subscriptions: Subscriptions,
    pub(super) items: ItemStore,
}

// === impl Node ===

impl Node {
    /// A new node, owned by whoever creates it.
    pub(super) fn new(creator: BareJid, config: NodeConfig) -> Self {
        let mut node = Self::restored(creator.clone(), config);
        node.affiliations.insert(creator, Affiliation::Owner);
        node
    }

    /// A node whose affiliations are still to be read back.
    pub(super) fn restored(creator: BareJid, config: NodeConfig) -> Self {
        Self {
            creator,
            config,
            affiliations: HashMap::new(),
            subscriptions: Subscriptions::default(),
            items: ItemStore::default(),
        }
    }

    /// What the node's owner has chosen.
    pub fn config(&self) -> &NodeConfig {
        &self.config
    }

    /// What the account is to this node; `None` if the owner has said nothing of it.
    pub fn affiliation(&self, account: &BareJid) -> Affiliation {
        self.affiliations.get(account).copied().unwrap_or(Affiliation::None)
    }

    /// How many subscriptions there are.
    pub fn subscription_count(&self) -> usize {
        self.subscriptions.len()
    }

    /// Whether the account of an actor may do this.
    pub(super) fn permits(&self, actor: &Actor, action: Action) -> bool {
        actor.privilege == Privilege::Administrator || self.permits_account(&actor.account, action)
    }

    /// Whether an account may do this by its affiliation alone.
    pub(super) fn permits_account(&self, account: &BareJid, action: Action) -> bool {
        let subscribed = self.subscriptions.count_of(account) > 0;
        self.affiliation(account).permits(action, &self.config, subscribed)
    }

    /// Refuses what the actor may not do, in XEP-0060's terms.
    pub(super) fn require(&self, actor: &Actor, action: Action) -> Result<(), Refusal> {
        if self.permits(actor, action) {
            return Ok(());
        }
        let stranger = self.affiliation(&actor.account) == Affiliation::None;
        match action {
            Action::Subscribe | Action::Retrieve if stranger => Err(Refusal::ClosedNode),
            _ => Err(Refusal::Forbidden),
        }
    }

    /// How subscribers hear of an item.
    pub(super) fn event(&self, item: &Item) -> Event {
        Event::Item {
            id: item.id.clone(),
            publisher: self.shown_publisher(item).cloned(),
            payload: item.payload.clone().filter(|_| self.config.deliver_payloads),
        }
    }

    /// The publisher, where the node is configured to name it.
    pub fn shown_publisher<'i>(&self, item: &'i Item) -> Option<&'i BareJid> {
        (self.config.item_reply == ItemReply::Publisher).then_some(&item.publisher)
    }
}
