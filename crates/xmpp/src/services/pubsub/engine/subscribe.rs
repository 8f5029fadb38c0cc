//! Subscribing and its options (XEP-0060 section 6, and 5.6).

use lampfield_xmpp_stream::Jid;

use super::Engine;
use super::actor::Actor;
use super::affiliation::Action;
use super::config::SendLast;
use super::name::NodeName;
use super::refusal::Refusal;
use super::subscriptions::SubscriptionOptions;

impl Engine {
    /// Subscribes an address of the actor's account, or changes its options. When the actor has
    /// been told, [`Engine::welcome`] should follow.
    pub fn subscribe(
        &mut self,
        actor: &Actor,
        name: &NodeName,
        address: &Jid,
        options: SubscriptionOptions,
    ) -> Result<(), Refusal> {
        if address.to_bare() != actor.account {
            return Err(Refusal::InvalidJid);
        }
        let node = self.node(name)?;
        node.require(actor, Action::Subscribe)?;
        if node.subscriptions.get(address).is_none() {
            if node.subscriptions.count_of(&actor.account) >= self.limits.subscriptions_per_account
            {
                return Err(Refusal::TooManySubscriptions);
            }
            if node.subscriptions.len() >= self.limits.subscriptions_per_node {
                return Err(Refusal::LimitReached("subscriptions to this node"));
            }
        }
        self.open(name)?.subscribe(address, options);
        Ok(())
    }

    /// Sends a new subscriber the item that is the newest by now, where the node says so and the
    /// subscription has not ended meanwhile.
    pub fn welcome(&mut self, name: &NodeName, address: &Jid) {
        let Ok(open) = self.open(name) else { return };
        let node = &*open.node;
        let listens = node.subscriptions.get(address).is_some_and(|options| options.deliver);
        if listens
            && node.config.send_last_published_item == SendLast::OnSub
            && let Some(item) = node.items.newest()
        {
            open.effects.tell(name, node.event(item), [address.clone()].into());
        }
    }

    /// Ends a subscription of the actor's account.
    pub fn unsubscribe(
        &mut self,
        actor: &Actor,
        name: &NodeName,
        address: &Jid,
    ) -> Result<(), Refusal> {
        let mut open = self.open(name)?;
        if address.to_bare() != actor.account {
            return Err(Refusal::Forbidden);
        }
        if open.unsubscribe(address) { Ok(()) } else { Err(Refusal::NotSubscribed) }
    }

    /// The options of a subscription of the actor's account.
    pub fn options(
        &self,
        actor: &Actor,
        name: &NodeName,
        address: &Jid,
    ) -> Result<SubscriptionOptions, Refusal> {
        let node = self.node(name)?;
        if address.to_bare() != actor.account {
            return Err(Refusal::Forbidden);
        }
        node.subscriptions.get(address).ok_or(Refusal::NotSubscribed)
    }

    /// Changes the options of a subscription of the actor's account.
    pub fn set_options(
        &mut self,
        actor: &Actor,
        name: &NodeName,
        address: &Jid,
        options: SubscriptionOptions,
    ) -> Result<(), Refusal> {
        self.options(actor, name, address)?;
        self.open(name)?.subscribe(address, options);
        Ok(())
    }

    /// The subscriptions of the actor's account, on one node or on all. Refused when they exceed
    /// [`PubsubLimits::answer_bytes`](super::PubsubLimits::answer_bytes).
    pub fn subscriptions(
        &self,
        actor: &Actor,
        name: Option<&NodeName>,
    ) -> Result<Vec<(NodeName, Jid)>, Refusal> {
        let nodes = self.nodes_or_one(name)?;
        let of_node = |(name, node): (&NodeName, &super::Node)| {
            let name = name.clone();
            let held = node.subscriptions.of(&actor.account).into_iter();
            held.map(move |address| (name.clone(), address))
        };
        let held: Vec<_> = nodes.flat_map(of_node).collect();
        let bytes = held.iter().map(|(node, at)| node.as_str().len() + at.as_str().len()).sum();
        self.check_answer(bytes)?;
        Ok(held)
    }
}
