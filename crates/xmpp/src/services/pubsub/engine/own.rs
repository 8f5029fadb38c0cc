//! What owners do with their nodes (XEP-0060 section 8, affiliations aside).

use super::Engine;
use super::actor::{Actor, Privilege};
use super::affiliation::{Action, Affiliation};
use super::config::{NodeConfig, Setting};
use super::effects::Event;
use super::name::NodeName;
use super::node::Node;
use super::refusal::Refusal;

impl Engine {
    /// Creates a node, under a name that the service makes up when none is given, and returns its
    /// name.
    pub fn create(
        &mut self,
        actor: &Actor,
        name: Option<NodeName>,
        settings: &[Setting],
    ) -> Result<NodeName, Refusal> {
        let name = match name {
            Some(name) => name,
            None => NodeName::parse(&self.ids.next(|id| self.nodes.contains_key(id)))?,
        };
        let node = self.draft_node(actor, &name, settings)?;
        self.admit(&name, node);
        Ok(name)
    }

    /// A node's configuration, for its owners.
    pub fn configuration(&self, actor: &Actor, name: &NodeName) -> Result<&NodeConfig, Refusal> {
        let node = self.node(name)?;
        node.require(actor, Action::Administer)?;
        Ok(&node.config)
    }

    /// Changes a node's configuration. Items beyond a lowered bound go, and so do subscriptions
    /// that a narrower access model does not allow; their holders are told.
    pub fn configure(
        &mut self,
        actor: &Actor,
        name: &NodeName,
        settings: &[Setting],
    ) -> Result<(), Refusal> {
        let node = self.node(name)?;
        node.require(actor, Action::Administer)?;
        let config = node.config.with(settings, &self.limits)?;
        self.open(name)?.configure(config);
        Ok(())
    }

    /// Forgets all items of a node.
    pub fn purge(&mut self, actor: &Actor, name: &NodeName) -> Result<(), Refusal> {
        let mut open = self.open(name)?;
        open.node.require(actor, Action::Administer)?;
        if !open.node.config.persist_items {
            return Err(Refusal::NotPersistent);
        }
        open.keep(0);
        if open.node.config.notify_retract {
            open.tell(Event::Purged);
        }
        Ok(())
    }

    /// Deletes a node with its items and subscriptions; owners only (section 8.4).
    pub fn delete(&mut self, actor: &Actor, name: &NodeName) -> Result<(), Refusal> {
        self.node(name)?.require(actor, Action::Administer)?;
        self.dismiss(name);
        Ok(())
    }

    /// Deletes all nodes, whoever owns them.
    pub fn close(&mut self) {
        let names: Vec<_> = self.nodes.keys().cloned().collect();
        names.iter().for_each(|name| self.dismiss(name));
    }

    /// A node ready to be admitted, if the actor may create it and there is room.
    pub(super) fn draft_node(
        &self,
        actor: &Actor,
        name: &NodeName,
        settings: &[Setting],
    ) -> Result<Node, Refusal> {
        if actor.privilege == Privilege::Participant {
            return Err(Refusal::Forbidden);
        }
        if (self.reserved)(name.as_str()) {
            return Err(Refusal::Reserved(name.clone()));
        }
        if self.nodes.contains_key(name) {
            return Err(Refusal::NodeExists(name.clone()));
        }
        if self.nodes.len() >= self.limits.nodes {
            return Err(Refusal::LimitReached("nodes of this service"));
        }
        let created = self.created.get(&actor.account).copied().unwrap_or(0);
        if created >= self.limits.nodes_per_creator {
            return Err(Refusal::LimitReached("nodes created by this account"));
        }
        let config = NodeConfig::default().with(settings, &self.limits)?;
        Ok(Node::new(actor.account.clone(), config))
    }

    /// Takes a drafted node in.
    pub(super) fn admit(&mut self, name: &NodeName, node: Node) {
        *self.created.entry(node.creator.clone()).or_default() += 1;
        self.effects.save_node(name, &node);
        self.effects.save_affiliation(name, &node.creator, Affiliation::Owner);
        self.nodes.insert(name.clone(), node);
    }

    /// Takes a node out, tells its subscribers and forgets what is stored of it.
    pub(super) fn dismiss(&mut self, name: &NodeName) {
        let Some(mut node) = self.nodes.remove(name) else { return };
        self.stored -= node.items.cost();
        if let Some(created) = self.created.get_mut(&node.creator) {
            *created -= 1;
            if *created == 0 {
                self.created.remove(&node.creator);
            }
        }
        if node.config.notify_delete {
            self.effects.tell(name, Event::Deleted, node.subscriptions.recipients());
        }
        self.effects.drop_node(name, &node);
    }
}
