//! Notifications. What they say is rendered once and shared; only the head differs from one
//! subscriber to the next.

use std::sync::Arc;

use lampfield_xmpp_stream::{BareJid, Jid, Tag};

use super::ns;
use crate::services::pubsub::engine::{Event, NodeName, Notice};

/// One message for many recipients. They need not be online, and the message is not to be kept for
/// them: it is a `headline` (RFC 6121 section 5.2.2).
#[derive(Debug, Clone)]
pub struct Broadcast {
    /// Whom it is for.
    pub to: Vec<Jid>,
    from: Arc<str>,
    /// Everything after the head, the end tag included.
    tail: Arc<[u8]>,
}

// === impl Broadcast ===

impl Broadcast {
    /// The messages that a notice makes.
    pub fn render(from: &Arc<str>, notice: Notice) -> Vec<Self> {
        let Notice { node, event, to } = notice;
        let broadcast = |to: Vec<Jid>, about: &str| Self {
            to,
            from: Arc::clone(from),
            tail: tail(&node, &event, about),
        };
        match event {
            // It names who is no longer subscribed.
            Event::Unsubscribed => to
                .into_iter()
                .map(|jid| {
                    let about = jid.as_str().to_owned();
                    broadcast(vec![jid], &about)
                })
                .collect(),
            _ => vec![broadcast(to, "")],
        }
    }

    /// Appends the message for one recipient.
    pub fn write(&self, out: &mut Vec<u8>, to: &Jid) {
        let tag = Tag::open(out, "message").attr("from", &self.from).attr("to", to.as_str());
        tag.attr("type", "headline").raw(&self.tail);
    }
}

fn tail(node: &NodeName, event: &Event, about: &str) -> Arc<[u8]> {
    let mut out = vec![];
    Tag::open(&mut out, "event").xmlns(ns::EVENT).children(|out| match event {
        Event::Item { id, publisher, payload } => in_items(out, node, |out| {
            let publisher = publisher.as_ref().map(BareJid::as_str);
            let tag = Tag::open(out, "item").attr("id", id.as_str());
            let payload = payload.as_deref().unwrap_or_default();
            tag.attr_opt("publisher", publisher).raw(payload.as_bytes());
        }),
        Event::Nudge => in_items(out, node, |_| {}),
        Event::Retracted(id) => in_items(out, node, |out| {
            Tag::open(out, "retract").attr("id", id.as_str()).empty();
        }),
        Event::Purged => Tag::open(out, "purge").attr("node", node.as_str()).empty(),
        Event::Deleted => Tag::open(out, "delete").attr("node", node.as_str()).empty(),
        Event::Unsubscribed => {
            let tag = Tag::open(out, "subscription").attr("node", node.as_str());
            tag.attr("jid", about).attr("subscription", "none").empty();
        }
    });
    out.into()
}

fn in_items(out: &mut Vec<u8>, node: &NodeName, write: impl FnOnce(&mut Vec<u8>)) {
    Tag::open(out, "items").attr("node", node.as_str()).children(write);
}
