//! The items of one node: newest last, each name once. Publishing costs the logarithm of the
//! number of items (14 steps at 10,000), reading a page costs the page.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lampfield_xmpp_stream::BareJid;

use super::limits::ITEM_OVERHEAD;
use super::name::ItemId;

/// What was published, byte for byte; the engine never looks inside.
pub type Payload = Arc<str>;

/// One published item, as it is held and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The item's name, unique within its node.
    pub id: ItemId,
    /// The account that published it last.
    pub publisher: BareJid,
    /// What was published, if anything.
    pub payload: Option<Payload>,
}

impl Item {
    /// Bytes it counts for in the service's bounds.
    pub fn cost(&self) -> usize {
        let payload = self.payload.as_ref().map_or(0, |payload| payload.len());
        ITEM_OVERHEAD + self.id.as_str().len() + payload
    }
}

/// A node's items in the order of their publication. An item that is published again moves to the
/// end (XEP-0060 section 12.1).
#[derive(Debug, Default)]
pub struct ItemStore {
    by_order: BTreeMap<u64, Item>,
    by_id: HashMap<ItemId, u64>,
    next: u64,
    cost: usize,
}

// === impl ItemStore ===

impl ItemStore {
    /// How many items are held.
    pub fn len(&self) -> usize {
        self.by_order.len()
    }

    /// The sum of all items' [`Item::cost`].
    pub fn cost(&self) -> usize {
        self.cost
    }

    /// Adds the item as the newest, in place of one with the same name. Returns its order.
    pub fn put(&mut self, item: Item) -> u64 {
        let order = self.next;
        self.put_at(order, item);
        order
    }

    /// Adds an item that had this order before a restart.
    pub fn put_at(&mut self, order: u64, item: Item) {
        self.cost += item.cost();
        let before = self.by_id.insert(item.id.clone(), order);
        if let Some(replaced) = before.and_then(|before| self.by_order.remove(&before)) {
            self.cost -= replaced.cost();
        }
        if let Some(displaced) = self.by_order.insert(order, item) {
            self.by_id.remove(&displaced.id);
            self.cost -= displaced.cost();
        }
        self.next = self.next.max(order.saturating_add(1));
    }

    /// Takes an item out.
    pub fn remove(&mut self, id: &ItemId) -> Option<Item> {
        let order = self.by_id.remove(id)?;
        let item = self.by_order.remove(&order)?;
        self.cost -= item.cost();
        Some(item)
    }

    /// Takes the oldest item out.
    pub fn remove_oldest(&mut self) -> Option<Item> {
        let (_, item) = self.by_order.pop_first()?;
        self.by_id.remove(&item.id);
        self.cost -= item.cost();
        Some(item)
    }

    /// The item of that name.
    pub fn get(&self, id: &ItemId) -> Option<&Item> {
        self.by_order.get(self.by_id.get(id)?)
    }

    /// Whether there is an item of that name.
    pub fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// The item that was published last.
    pub fn newest(&self) -> Option<&Item> {
        self.by_order.values().next_back()
    }

    /// All items, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Item> {
        self.by_order.values()
    }

    /// The items after the named one, oldest first; `None` when there is no such item.
    pub fn after(&self, id: &str) -> Option<impl DoubleEndedIterator<Item = &Item>> {
        let order = *self.by_id.get(id)?;
        Some(self.by_order.range(order.saturating_add(1)..).map(|(_, item)| item))
    }

    /// The items before the named one, oldest first; `None` when there is no such item.
    pub fn before(&self, id: &str) -> Option<impl DoubleEndedIterator<Item = &Item>> {
        let order = *self.by_id.get(id)?;
        Some(self.by_order.range(..order).map(|(_, item)| item))
    }
}
