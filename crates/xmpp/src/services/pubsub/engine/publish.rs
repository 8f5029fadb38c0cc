//! Publishing and taking back (XEP-0060 section 7).

use super::Engine;
use super::actor::{Actor, Privilege};
use super::affiliation::Action;
use super::config::Setting;
use super::effects::Event;
use super::ids::ID_BYTES;
use super::items::{Item, Payload};
use super::limits::ITEM_OVERHEAD;
use super::name::{ItemId, NodeName};
use super::node::Node;
use super::open_node::OpenNode;
use super::refusal::Refusal;

/// A request to publish, with or without an item (XEP-0060 section 7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The node, which a publish may create.
    pub node: NodeName,
    /// What; some nodes want nothing.
    pub item: Option<Draft>,
    /// What the node's configuration must be, and becomes when the publish creates the node.
    pub preconditions: Vec<Setting>,
}

/// An item as its publisher sends it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its name; the service makes one up otherwise.
    pub id: Option<ItemId>,
    /// What is published; a node that delivers payloads insists on one.
    pub payload: Option<Payload>,
}

/// A request to take an item back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retraction {
    /// The node that holds the item.
    pub node: NodeName,
    /// The name of the item to take back.
    pub item: ItemId,
    /// Whether subscribers are told even where the node does not say so by itself.
    pub notify: bool,
}

impl Engine {
    /// Publishes, creating the node first where it is missing and the actor may create nodes.
    /// Returns the item's name, or `None` on nodes that have no items.
    pub fn publish(
        &mut self,
        actor: &Actor,
        publication: Publication,
    ) -> Result<Option<ItemId>, Refusal> {
        let Publication { node: name, item: draft, preconditions } = publication;
        let new_node = self.node_to_create(actor, &name, &preconditions)?;
        let node = match &new_node {
            Some(node) => node,
            None => self.node(&name)?,
        };
        node.require(actor, action(node, actor, draft.as_ref()))?;
        self.check_draft(node, draft.as_ref())?;
        let item = draft.map(|draft| self.finish(&name, actor, draft)).transpose()?;

        if let Some(node) = new_node {
            self.admit(&name, node);
        }
        let id = item.as_ref().map(|item| item.id.clone());
        self.open(&name)?.publish(item);
        Ok(id)
    }

    /// Takes an item back.
    pub fn retract(&mut self, actor: &Actor, retraction: &Retraction) -> Result<(), Refusal> {
        let Retraction { node: name, item: id, notify } = retraction;
        let mut open = self.open(name)?;
        if !open.node.config.persist_items {
            return Err(Refusal::NotPersistent);
        }
        let Some(item) = open.node.items.get(id) else {
            // A stranger learns nothing about what is there.
            open.node.require(actor, Action::Publish)?;
            return Err(Refusal::NoSuchItem);
        };
        open.node.require(actor, edit(actor, item))?;
        open.remove(id);
        if *notify || open.node.config.notify_retract {
            open.tell(Event::Retracted(id.clone()));
        }
        Ok(())
    }

    /// The node that a publish has to create, if any; refused when an existing one does not meet
    /// the preconditions.
    fn node_to_create(
        &self,
        actor: &Actor,
        name: &NodeName,
        preconditions: &[Setting],
    ) -> Result<Option<Node>, Refusal> {
        match self.nodes.get(name) {
            Some(node) if node.config.meets(preconditions, &self.limits) => Ok(None),
            Some(node) => {
                node.require(actor, Action::Publish)?;
                Err(Refusal::PreconditionNotMet)
            }
            None if actor.privilege == Privilege::Participant => {
                Err(Refusal::NoSuchNode(name.clone()))
            }
            None => self.draft_node(actor, name, preconditions).map(Some),
        }
    }

    /// Whether the draft suits the node (XEP-0060 section 4.3, table 4) and the bounds.
    fn check_draft(&self, node: &Node, draft: Option<&Draft>) -> Result<(), Refusal> {
        let config = &node.config;
        let Some(draft) = draft else {
            let itemless = !config.persist_items && !config.deliver_payloads;
            return if itemless { Ok(()) } else { Err(Refusal::ItemRequired) };
        };
        if !config.persist_items && !config.deliver_payloads {
            return Err(Refusal::ItemForbidden);
        }
        let limit = self.limits.payload_bytes;
        match &draft.payload {
            None if config.deliver_payloads => return Err(Refusal::PayloadRequired),
            Some(payload) if payload.len() > limit => {
                return Err(Refusal::PayloadTooBig { bytes: payload.len(), limit });
            }
            _ => {}
        }
        let after = self.stored - room_made(node, draft) + draft_cost(draft);
        if config.persist_items && after > self.limits.stored_bytes {
            return Err(Refusal::LimitReached("bytes stored by this service"));
        }
        Ok(())
    }

    fn finish(&mut self, node: &NodeName, actor: &Actor, draft: Draft) -> Result<Item, Refusal> {
        let items = self.nodes.get(node).map(|node| &node.items);
        let taken = |id: &str| items.is_some_and(|items| items.contains(id));
        let id = match draft.id {
            Some(id) => id,
            None => ItemId::parse(&self.ids.next(taken))?,
        };
        Ok(Item { id, publisher: actor.account.clone(), payload: draft.payload })
    }
}

impl OpenNode<'_> {
    fn publish(&mut self, item: Option<Item>) {
        let Some(item) = item else { return self.tell(Event::Nudge) };
        self.tell(self.node.event(&item));
        if self.node.config.persist_items {
            self.store(item);
        }
    }
}

/// What publishing the draft amounts to.
fn action(node: &Node, actor: &Actor, draft: Option<&Draft>) -> Action {
    let id = draft.and_then(|draft| draft.id.as_ref());
    match id.and_then(|id| node.items.get(id)) {
        None => Action::Publish,
        Some(item) => edit(actor, item),
    }
}

fn edit(actor: &Actor, item: &Item) -> Action {
    if item.publisher == actor.account { Action::EditOwn } else { Action::EditOthers }
}

fn draft_cost(draft: &Draft) -> usize {
    let id = draft.id.as_ref().map_or(ID_BYTES, |id| id.as_str().len());
    ITEM_OVERHEAD + id + draft.payload.as_ref().map_or(0, |payload| payload.len())
}

/// What leaves the node when the draft comes in: the item it replaces, or the oldest one.
fn room_made(node: &Node, draft: &Draft) -> usize {
    let replaced = draft.id.as_ref().and_then(|id| node.items.get(id));
    let full = node.items.len() >= node.config.max_items;
    let oldest = node.items.iter().next().filter(|_| full);
    replaced.or(oldest).map_or(0, Item::cost)
}
