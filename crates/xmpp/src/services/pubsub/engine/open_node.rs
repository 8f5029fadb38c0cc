//! A node opened for change: whatever changes here is also counted and written down.

use lampfield_xmpp_stream::{BareJid, Jid};

use super::affiliation::{Action, Affiliation};
use super::config::NodeConfig;
use super::effects::{Effects, Event};
use super::items::Item;
use super::name::{ItemId, NodeName};
use super::node::Node;
use super::subscriptions::SubscriptionOptions;

/// One node with the parts of the engine that change together with it.
pub(super) struct OpenNode<'a> {
    pub(super) name: &'a NodeName,
    pub(super) node: &'a mut Node,
    pub(super) stored: &'a mut usize,
    pub(super) effects: &'a mut Effects,
}

// === impl OpenNode ===

impl OpenNode<'_> {
    /// Leaves a notice for every subscriber who wants notifications.
    pub(super) fn tell(&mut self, event: Event) {
        let recipients = self.node.subscriptions.recipients();
        self.effects.tell(self.name, event, recipients);
    }

    /// Stores an item; the oldest ones beyond the node's bound go.
    pub(super) fn store(&mut self, item: Item) {
        let before = self.node.items.cost();
        let order = self.node.items.put(item);
        if let Some(item) = self.node.items.newest() {
            self.effects.save_item(self.name, order, item);
        }
        *self.stored = *self.stored - before + self.node.items.cost();
        self.keep(self.node.config.max_items);
    }

    /// Takes an item out of the store.
    pub(super) fn remove(&mut self, id: &ItemId) -> Option<Item> {
        let item = self.node.items.remove(id)?;
        self.effects.drop_item(self.name, &item);
        *self.stored -= item.cost();
        Some(item)
    }

    /// Keeps only so many items, the newest.
    pub(super) fn keep(&mut self, most: usize) {
        while self.node.items.len() > most {
            let Some(item) = self.node.items.remove_oldest() else { return };
            self.effects.drop_item(self.name, &item);
            *self.stored -= item.cost();
        }
    }

    /// Puts a new configuration in force.
    pub(super) fn configure(&mut self, config: NodeConfig) {
        let kept = if config.persist_items { config.max_items } else { 0 };
        self.node.config = config;
        self.effects.save_node(self.name, self.node);
        self.keep(kept);
        self.end_forbidden_subscriptions();
    }

    /// Changes what an account is to the node.
    pub(super) fn affiliate(&mut self, account: &BareJid, affiliation: Affiliation) {
        match affiliation {
            Affiliation::None => self.node.affiliations.remove(account),
            other => self.node.affiliations.insert(account.clone(), other),
        };
        self.effects.save_affiliation(self.name, account, affiliation);
    }

    /// Adds a subscription or changes its options.
    pub(super) fn subscribe(&mut self, address: &Jid, options: SubscriptionOptions) {
        self.node.subscriptions.put(address, options);
        self.effects.save_subscription(self.name, address, options);
    }

    /// Ends a subscription; false when there is none.
    pub(super) fn unsubscribe(&mut self, address: &Jid) -> bool {
        let ended = self.node.subscriptions.remove(address);
        if ended {
            self.effects.drop_subscription(self.name, address);
        }
        ended
    }

    /// Ends, and says so, the subscriptions of accounts that may no longer have them.
    pub(super) fn end_forbidden_subscriptions(&mut self) {
        let node = &*self.node;
        let forbidden: Vec<Jid> = node
            .subscriptions
            .accounts()
            .filter(|account| !node.permits_account(account, Action::Subscribe))
            .flat_map(|account| node.subscriptions.of(account))
            .collect();
        for address in &forbidden {
            self.unsubscribe(address);
        }
        self.effects.tell(self.name, Event::Unsubscribed, forbidden.into());
    }
}
