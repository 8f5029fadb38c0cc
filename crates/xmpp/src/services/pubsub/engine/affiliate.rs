//! Who is what to a node (XEP-0060 sections 5.7 and 8.9), and what happens when an account goes.

use std::collections::{BTreeSet, HashMap};

use lampfield_xmpp_stream::BareJid;

use super::Engine;
use super::actor::Actor;
use super::affiliation::{Action, Affiliation};
use super::name::NodeName;
use super::node::Node;
use super::refusal::Refusal;

impl Engine {
    /// What the actor is to one node or to all; nodes that it is nothing to are left out. Refused
    /// when the list exceeds [`PubsubLimits::answer_bytes`](super::PubsubLimits::answer_bytes).
    pub fn affiliations(
        &self,
        actor: &Actor,
        name: Option<&NodeName>,
    ) -> Result<Vec<(NodeName, Affiliation)>, Refusal> {
        let known = |(name, node): (&NodeName, &Node)| {
            let affiliation = node.affiliations.get(&actor.account)?;
            Some((name.clone(), *affiliation))
        };
        let held: Vec<_> = self.nodes_or_one(name)?.filter_map(known).collect();
        self.check_answer(held.iter().map(|(node, _)| node.as_str().len()).sum())?;
        Ok(held)
    }

    /// Everybody's affiliation to a node, sorted by account, for its owners.
    pub fn node_affiliations(
        &self,
        actor: &Actor,
        name: &NodeName,
    ) -> Result<Vec<(BareJid, Affiliation)>, Refusal> {
        let node = self.node(name)?;
        node.require(actor, Action::Administer)?;
        let mut all: Vec<_> =
            node.affiliations.iter().map(|(who, is)| (who.clone(), *is)).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(all)
    }

    /// Changes affiliations, all or none. Whoever may no longer be subscribed is unsubscribed and
    /// told.
    pub fn set_affiliations(
        &mut self,
        actor: &Actor,
        name: &NodeName,
        changes: &[(BareJid, Affiliation)],
    ) -> Result<(), Refusal> {
        let node = self.node(name)?;
        node.require(actor, Action::Administer)?;
        check_changes(node, changes, self.limits.affiliations_per_node)?;
        let mut open = self.open(name)?;
        for (account, affiliation) in changes {
            open.affiliate(account, *affiliation);
        }
        open.end_forbidden_subscriptions();
        Ok(())
    }

    /// The accounts that have made a node or subscribed to one. Whoever is merely named in a list
    /// of affiliations may be an account that is still to come.
    pub fn accounts(&self) -> BTreeSet<BareJid> {
        let subscribed = self.nodes.values().flat_map(|node| node.subscriptions.accounts());
        subscribed.chain(self.created.keys()).cloned().collect()
    }

    /// Forgets an account that no longer exists, so that a later one of the same name inherits
    /// nothing. Nodes that are left without an owner are deleted.
    pub fn forget(&mut self, account: &BareJid) {
        let names: Vec<NodeName> = self.nodes.keys().cloned().collect();
        for name in &names {
            let Ok(mut open) = self.open(name) else { continue };
            for address in open.node.subscriptions.of(account) {
                open.unsubscribe(&address);
            }
            if !open.node.affiliations.contains_key(account) {
                continue;
            }
            open.affiliate(account, Affiliation::None);
            if !open.node.affiliations.values().any(|is| *is == Affiliation::Owner) {
                self.dismiss(name);
            }
        }
    }

    /// Lists that cannot be asked for in pages are refused when they are too long.
    pub(super) fn check_answer(&self, bytes: usize) -> Result<(), Refusal> {
        let fits = bytes <= self.limits.answer_bytes;
        fits.then_some(()).ok_or(Refusal::LimitReached("bytes of one answer; ask node by node"))
    }

    pub(super) fn nodes_or_one<'a>(
        &'a self,
        name: Option<&NodeName>,
    ) -> Result<Box<dyn Iterator<Item = (&'a NodeName, &'a Node)> + 'a>, Refusal> {
        match name {
            None => Ok(Box::new(self.nodes.iter())),
            Some(name) => match self.nodes.get_key_value(name) {
                Some(found) => Ok(Box::new(std::iter::once(found))),
                None => Err(Refusal::NoSuchNode(name.clone())),
            },
        }
    }
}

fn check_changes(
    node: &Node,
    changes: &[(BareJid, Affiliation)],
    limit: usize,
) -> Result<(), Refusal> {
    let mut changed = HashMap::new();
    for (account, is) in changes {
        if changed.insert(account, is).is_some_and(|earlier| earlier != is) {
            return Err(Refusal::Repeated);
        }
    }
    let untouched = node.affiliations.iter().filter(|(who, _)| !changed.contains_key(who));
    let given = changed.values().filter(|is| ***is != Affiliation::None);
    let after: Vec<Affiliation> =
        untouched.map(|(_, is)| *is).chain(given.map(|is| **is)).collect();
    if after.len() > limit && after.len() > node.affiliations.len() {
        return Err(Refusal::LimitReached("affiliations of this node"));
    }
    if !after.contains(&Affiliation::Owner) {
        return Err(Refusal::NotAcceptable("a node must keep an owner".to_owned()));
    }
    Ok(())
}
