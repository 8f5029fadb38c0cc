//! The stored form of a service: four tables of text keys and JSON values, written one change at a
//! time and read back at the start. The payload of an item is stored as its text.

use std::borrow::Cow;

use lampfield_xmpp_stream::{BareJid, Jid, JidError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Engine;
use super::affiliation::Affiliation;
use super::config::NodeConfig;
use super::effects::{Effects, RecordTable, RecordWrite};
use super::items::Item;
use super::name::{ItemId, NameError, NodeName};
use super::node::Node;
use super::subscriptions::SubscriptionOptions;

/// Between the parts of a key. No name holds it: control characters are refused.
const SEPARATOR: &str = "\t";
/// Bytes of the record of a small item.
const SHORT: usize = 256;

/// Why a stored record cannot be used. The rest of the service is not affected.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The key has too few parts.
    #[error("the key {0:?} is not of this table")]
    Key(String),
    /// A name in the key is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// An address in the record is none.
    #[error(transparent)]
    Jid(#[from] JidError),
    /// The value cannot be read.
    #[error("unreadable value")]
    Value(#[from] serde_json::Error),
    /// The record's node is not stored.
    #[error("no node {0}")]
    NoNode(NodeName),
}

#[derive(Serialize, Deserialize)]
struct NodeRecord<'a> {
    creator: Cow<'a, str>,
    config: Cow<'a, NodeConfig>,
}

#[derive(Serialize, Deserialize)]
struct ItemRecord<'a> {
    order: u64,
    publisher: Cow<'a, str>,
    payload: Option<Cow<'a, str>>,
}

// === what is written ===

impl Effects {
    pub(super) fn save_node(&mut self, name: &NodeName, node: &Node) {
        let creator = node.creator.as_str().into();
        let record = NodeRecord { creator, config: Cow::Borrowed(&node.config) };
        self.change(RecordTable::Nodes, name.as_str().to_owned(), Some(&record));
    }

    pub(super) fn save_item(&mut self, node: &NodeName, order: u64, item: &Item) {
        let publisher = item.publisher.as_str().into();
        let record =
            ItemRecord { order, publisher, payload: item.payload.as_deref().map(Cow::from) };
        self.change(RecordTable::Items, key(node, item.id.as_str()), Some(&record));
    }

    pub(super) fn drop_item(&mut self, node: &NodeName, item: &Item) {
        self.change(RecordTable::Items, key(node, item.id.as_str()), None::<&()>);
    }

    pub(super) fn save_affiliation(&mut self, node: &NodeName, who: &BareJid, is: Affiliation) {
        let record = (is != Affiliation::None).then_some(&is);
        self.change(RecordTable::Affiliations, key(node, who.as_str()), record);
    }

    pub(super) fn save_subscription(
        &mut self,
        node: &NodeName,
        address: &Jid,
        options: SubscriptionOptions,
    ) {
        self.change(RecordTable::Subscriptions, key(node, &address.to_string()), Some(&options));
    }

    pub(super) fn drop_subscription(&mut self, node: &NodeName, address: &Jid) {
        self.change(RecordTable::Subscriptions, key(node, &address.to_string()), None::<&()>);
    }

    /// Deletes everything that is stored of a node.
    pub(super) fn drop_node(&mut self, name: &NodeName, node: &Node) {
        for item in node.items.iter() {
            self.drop_item(name, item);
        }
        for account in node.affiliations.keys() {
            self.save_affiliation(name, account, Affiliation::None);
        }
        for address in node.subscriptions.addresses() {
            self.drop_subscription(name, address);
        }
        self.change(RecordTable::Nodes, name.as_str().to_owned(), None::<&()>);
    }

    fn change<T: Serialize>(&mut self, table: RecordTable, key: String, record: Option<&T>) {
        let value = record.and_then(json);
        self.changes.push(RecordWrite { table, key, value });
    }
}

/// Text, numbers and closed enums always have a JSON form.
fn json<T: Serialize>(record: &T) -> Option<String> {
    let mut bytes = Vec::with_capacity(SHORT);
    serde_json::to_writer(&mut bytes, record).ok()?;
    String::from_utf8(bytes).ok()
}

fn key(node: &NodeName, part: &str) -> String {
    [node.as_str(), SEPARATOR, part].concat()
}

// === what is read back ===

impl Engine {
    /// Takes one stored record back, at the start, nodes first. Bounds are not applied: what was
    /// stored under larger ones stays until it is changed.
    pub fn restore(
        &mut self,
        table: RecordTable,
        key: &str,
        value: &str,
    ) -> Result<(), RecordError> {
        match table {
            RecordTable::Nodes => self.restore_node(NodeName::parse(key)?, value),
            RecordTable::Items => self.restore_item(key, value),
            RecordTable::Affiliations => {
                let (node, account) = self.restored_node(key)?;
                let affiliation = parse(value)?;
                node.affiliations.insert(BareJid::parse(account)?, affiliation);
                Ok(())
            }
            RecordTable::Subscriptions => {
                let (node, address) = self.restored_node(key)?;
                node.subscriptions.put(&Jid::parse(address)?, parse(value)?);
                Ok(())
            }
        }
    }

    /// All that is stored has been taken back. A node without an owner belongs to its creator: a
    /// crash came between the rows of its beginning, its end or its handing over, of which nobody
    /// was told that it is done.
    pub fn restored(&mut self) {
        for node in self.nodes.values_mut() {
            if !node.affiliations.values().any(|is| *is == Affiliation::Owner) {
                node.affiliations.insert(node.creator.clone(), Affiliation::Owner);
            }
        }
    }

    fn restore_node(&mut self, name: NodeName, value: &str) -> Result<(), RecordError> {
        let NodeRecord { creator, config } = parse(value)?;
        let creator = BareJid::parse(&creator)?;
        *self.created.entry(creator.clone()).or_default() += 1;
        self.nodes.insert(name, Node::restored(creator, config.into_owned()));
        Ok(())
    }

    fn restore_item(&mut self, key: &str, value: &str) -> Result<(), RecordError> {
        let ItemRecord { order, publisher, payload } = parse(value)?;
        let (node, id) = self.restored_node(key)?;
        let publisher = BareJid::parse(&publisher)?;
        let payload = payload.map(|text| text.as_ref().into());
        let item = Item { id: ItemId::parse(id)?, publisher, payload };
        let before = node.items.cost();
        node.items.put_at(order, item);
        let after = node.items.cost();
        self.stored = self.stored - before + after;
        Ok(())
    }

    fn restored_node<'k>(&mut self, key: &'k str) -> Result<(&mut Node, &'k str), RecordError> {
        let (node, part) =
            key.split_once(SEPARATOR).ok_or_else(|| RecordError::Key(key.to_owned()))?;
        let name = NodeName::parse(node)?;
        match self.nodes.get_mut(&name) {
            Some(node) => Ok((node, part)),
            None => Err(RecordError::NoNode(name)),
        }
    }
}

fn parse<'v, T: Deserialize<'v>>(value: &'v str) -> Result<T, RecordError> {
    Ok(serde_json::from_str(value)?)
}
