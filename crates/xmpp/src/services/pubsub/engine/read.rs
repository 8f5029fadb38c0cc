//! Reading: items (XEP-0060 section 6.5), and what there is to discover (section 5).

use super::Engine;
use super::actor::Actor;
use super::affiliation::Action;
use super::items::Item;
use super::limits::ITEM_OVERHEAD;
use super::name::{ItemId, NodeName};
use super::node::Node;
use super::page::{Page, PageRequest, PageRoom, PageStart};
use super::refusal::Refusal;

/// Which items are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A part of all items, oldest first.
    Page(PageRequest),
    /// These, where they exist, in the order of the request.
    Named(Vec<ItemId>),
}

/// A node as a list shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The name by which requests mean it.
    pub name: &'a NodeName,
    /// Its title for people; may be empty.
    pub title: &'a str,
}

impl Engine {
    /// Stored items of a node, as many of those that are wanted as have room in so many bytes,
    /// [`ITEM_OVERHEAD`] each included. The rest can be asked for by result set management
    /// (XEP-0059).
    pub fn items(
        &self,
        actor: &Actor,
        name: &NodeName,
        wanted: &Wanted,
        room: usize,
    ) -> Result<(&Node, Page<&Item>), Refusal> {
        let node = self.node(name)?;
        node.require(actor, Action::Retrieve)?;
        if !node.config.persist_items {
            return Err(Refusal::NotPersistent);
        }
        let page = match wanted {
            Wanted::Page(request) => page_of_items(node, request, room)?,
            Wanted::Named(ids) => {
                let found: Vec<&Item> = ids.iter().filter_map(|id| node.items.get(id)).collect();
                let total = found.len();
                let room = PageRoom { entries: usize::MAX, cost: room };
                let entries = room.fill(found.into_iter(), |item| item.cost());
                Page { entries, total }
            }
        };
        Ok((node, page))
    }

    /// What a node is, for whoever may read it.
    pub fn info(&self, actor: &Actor, name: &NodeName) -> Result<&Node, Refusal> {
        let node = self.node(name)?;
        node.require(actor, Action::Retrieve)?;
        Ok(node)
    }

    /// The nodes that the actor may read, sorted by name, as many as have room in so many bytes.
    pub fn nodes(&self, actor: &Actor, request: &PageRequest, room: usize) -> Page<Listed<'_>> {
        use std::ops::Bound::{Excluded, Unbounded};
        let visible = |(_, node): &(&NodeName, &Node)| node.permits(actor, Action::Retrieve);
        let listed = |(name, node)| listed(name, node);
        let room = request.room(room);
        let (lower, upper) = match &request.place {
            PageStart::Start | PageStart::End => (Unbounded, Unbounded),
            PageStart::After(name) => (Excluded(name.as_str()), Unbounded),
            PageStart::Before(name) => (Unbounded, Excluded(name.as_str())),
        };
        let range = self.nodes.range::<str, _>((lower, upper)).filter(visible).map(listed);
        let entries = match request.place {
            PageStart::Start | PageStart::After(_) => room.fill(range, listed_cost),
            PageStart::End | PageStart::Before(_) => room.fill_from_end(range, listed_cost),
        };
        Page { entries, total: self.nodes.iter().filter(visible).count() }
    }
}

fn page_of_items<'n>(
    node: &'n Node,
    request: &PageRequest,
    room: usize,
) -> Result<Page<&'n Item>, Refusal> {
    let room = request.room(room);
    let cost = |item: &&Item| item.cost();
    let items = &node.items;
    let entries = match &request.place {
        PageStart::Start => room.fill(items.iter(), cost),
        PageStart::End => room.fill_from_end(items.iter(), cost),
        PageStart::After(id) => room.fill(items.after(id).ok_or(Refusal::NoSuchItem)?, cost),
        PageStart::Before(id) => {
            room.fill_from_end(items.before(id).ok_or(Refusal::NoSuchItem)?, cost)
        }
    };
    Ok(Page { entries, total: items.len() })
}

fn listed<'a>(name: &'a NodeName, node: &'a Node) -> Listed<'a> {
    Listed { name, title: &node.config.title }
}

fn listed_cost(listed: &Listed<'_>) -> usize {
    ITEM_OVERHEAD + listed.name.as_str().len() + listed.title.len()
}
