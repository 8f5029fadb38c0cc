//! The fan-out of generic nodes: which streams hear of a node, and what each notification to them
//! begins with. Both are found once and kept until subscriptions or streams come or go, so that a
//! publish looks nobody up and renders nothing per subscriber.

use std::collections::HashMap;
use std::rc::{Rc, Weak};

use lampfield_xmpp_stream::Jid;

use super::codec::{Broadcast, head};
use super::engine::NodeName;
use crate::router::Router;
use crate::session::Session;

/// Addresses and streams that are kept for all nodes of a service, at most. Beyond it all are
/// forgotten, and found again as they are needed.
const MOST: usize = 100_000;

/// Who hears of each node that something happened on lately.
#[derive(Debug, Default)]
pub struct Audiences {
    of_nodes: HashMap<NodeName, Audience>,
    /// The sum of all [`Audience::size`].
    size: usize,
    /// [`Router::changes`] when they were looked up.
    as_of: u64,
}

/// The streams behind the addresses that want the notifications of one node.
#[derive(Debug)]
struct Audience {
    addresses: Rc<[Jid]>,
    listeners: Vec<Recipient>,
}

#[derive(Debug)]
struct Recipient {
    /// Whoever has left is not kept from closing.
    session: Weak<Session>,
    head: Box<[u8]>,
}

// === impl Audiences ===

impl Audiences {
    /// Appends a notification to the buffer of everybody whom it is for.
    ///
    /// COMPAT(asterisk<=22): an item that is not its own crashes it, and it may share its account
    /// with a client that has subscribed to such a node: a PBX stream that hears facts gets such
    /// items only if it has asked for some itself.
    pub fn tell(&mut self, router: &Router, broadcast: &Broadcast) {
        if self.as_of != router.changes() {
            self.forget();
            self.as_of = router.changes();
        }
        let audience = match self.of_nodes.get(&broadcast.node) {
            // Nobody has subscribed or unsubscribed since.
            Some(kept) if Rc::ptr_eq(&kept.addresses, &broadcast.to) => kept,
            _ => self.keep(broadcast, Audience::look_up(router, broadcast)),
        };
        for Recipient { session, head } in &audience.listeners {
            let Some(session) = session.upgrade() else { continue };
            if !session.hears_facts() || session.wants_items.get() {
                session.send_parts(head, &broadcast.tail);
            }
        }
    }

    fn keep(&mut self, broadcast: &Broadcast, audience: Audience) -> &Audience {
        let outdated = self.of_nodes.remove(&broadcast.node);
        self.size -= outdated.map_or(0, |outdated| outdated.size());
        if self.size + audience.size() > MOST {
            self.forget();
        }
        self.size += audience.size();
        self.of_nodes.entry(broadcast.node.clone()).insert_entry(audience).into_mut()
    }

    fn forget(&mut self) {
        self.of_nodes.clear();
        self.size = 0;
    }
}

// === impl Audience ===

impl Audience {
    fn look_up(router: &Router, broadcast: &Broadcast) -> Self {
        let listener = |to: &Jid, session: &Rc<Session>| Recipient {
            session: Rc::downgrade(session),
            head: head(&broadcast.from, to.as_str()),
        };
        let mut listeners = Vec::with_capacity(broadcast.to.len());
        for to in &*broadcast.to {
            listeners.extend(recipients(router, to).iter().map(|session| listener(to, session)));
        }
        Self { addresses: Rc::clone(&broadcast.to), listeners }
    }

    fn size(&self) -> usize {
        1 + self.addresses.len() + self.listeners.len()
    }
}

/// A full JID means that resource. A bare one means the resources that are available, or all that
/// are connected when none has said that it is: a PBX subscribes before it sends presence.
fn recipients(router: &Router, to: &Jid) -> Vec<Rc<Session>> {
    let mut all = router.matching(to);
    if to.resource().is_none() && all.iter().any(|session| session.is_available()) {
        all.retain(|session| session.is_available());
    }
    all
}

#[cfg(test)]
mod tests;
