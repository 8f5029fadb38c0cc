//! Who is subscribed to one node. A subscription is an address (bare or full JID) and its options;
//! each address has one at most, so there are no subscription identifiers.

use std::collections::HashMap;
use std::rc::Rc;

use lampfield_xmpp_stream::{BareJid, Jid};
use serde::{Deserialize, Serialize};

/// What a subscriber can choose (XEP-0060 section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubscriptionOptions {
    /// Whether notifications are wanted at all (`pubsub#deliver`).
    pub deliver: bool,
}

impl Default for SubscriptionOptions {
    fn default() -> Self {
        Self { deliver: true }
    }
}

#[derive(Debug)]
struct NodeSubscription {
    address: Jid,
    options: SubscriptionOptions,
}

/// The subscriptions of one node, found by their account.
#[derive(Debug, Default)]
pub struct Subscriptions {
    by_account: HashMap<BareJid, Vec<NodeSubscription>>,
    count: usize,
    /// Made when it is first needed after a change.
    recipients: Option<Rc<[Jid]>>,
}

// === impl Subscriptions ===

impl Subscriptions {
    /// How many subscriptions there are; an account may have several.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Subscriptions of the account, its resources included.
    pub fn count_of(&self, account: &BareJid) -> usize {
        self.by_account.get(account).map_or(0, Vec::len)
    }

    /// The options of the subscription of exactly this address.
    pub fn get(&self, address: &Jid) -> Option<SubscriptionOptions> {
        let held = self.by_account.get(&address.to_bare())?;
        held.iter().find(|one| one.address == *address).map(|one| one.options)
    }

    /// Subscribes the address, or changes its options.
    pub fn put(&mut self, address: &Jid, options: SubscriptionOptions) {
        self.recipients = None;
        let held = self.by_account.entry(address.to_bare()).or_default();
        match held.iter_mut().find(|one| one.address == *address) {
            Some(one) => one.options = options,
            None => {
                held.push(NodeSubscription { address: address.clone(), options });
                self.count += 1;
            }
        }
    }

    /// Ends the subscription of exactly this address; false when there is none.
    pub fn remove(&mut self, address: &Jid) -> bool {
        self.recipients = None;
        let account = address.to_bare();
        let Some(held) = self.by_account.get_mut(&account) else { return false };
        let before = held.len();
        held.retain(|one| one.address != *address);
        let removed = before - held.len();
        if held.is_empty() {
            self.by_account.remove(&account);
        }
        self.count -= removed;
        removed > 0
    }

    /// The addresses of one account.
    pub fn of(&self, account: &BareJid) -> Vec<Jid> {
        let held = self.by_account.get(account).into_iter().flatten();
        held.map(|one| one.address.clone()).collect()
    }

    /// The accounts that hold subscriptions.
    pub fn accounts(&self) -> impl Iterator<Item = &BareJid> {
        self.by_account.keys()
    }

    /// Every subscribed address, whether it wants notifications or not.
    pub fn addresses(&self) -> impl Iterator<Item = &Jid> {
        self.by_account.values().flatten().map(|one| &one.address)
    }

    /// The addresses that want notifications; the same allocation until something changes.
    pub fn recipients(&mut self) -> Rc<[Jid]> {
        let wanting = || {
            let all = self.by_account.values().flatten();
            all.filter(|one| one.options.deliver).map(|one| one.address.clone()).collect()
        };
        Rc::clone(self.recipients.get_or_insert_with(wanting))
    }
}
