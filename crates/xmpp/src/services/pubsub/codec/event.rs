//! Notifications. What they say is rendered once and shared; only the head differs from one
//! subscriber to the next.

use std::rc::Rc;

use lampfield_xmpp_stream::writer::push_attr_value;
use lampfield_xmpp_stream::{BareJid, Jid, Tag};
use smallvec::{SmallVec, smallvec};

use super::ns;
use crate::services::pubsub::engine::{Event, NodeName, Notice};

/// One message for many recipients. They need not be online, and the message is not to be kept for
/// them: it is a `headline` (RFC 6121 section 5.2.2).
#[derive(Debug)]
pub struct Broadcast {
    /// The node of which subscribers are told.
    pub node: NodeName,
    /// The service it comes from.
    pub from: Rc<str>,
    /// Whom it is for; the same allocation as long as the subscriptions are the same.
    pub to: Rc<[Jid]>,
    /// Everything after the [`head`], which is the recipient's own.
    pub tail: Vec<u8>,
}

/// Bytes of a notification besides its payload and names.
const AROUND: usize = 160;

// === impl Broadcast ===

impl Broadcast {
    /// The messages that a notice makes.
    pub fn render(from: &Rc<str>, notice: Notice) -> SmallVec<[Self; 1]> {
        let Notice { node, event, to } = notice;
        let broadcast = |to: Rc<[Jid]>, about: &str| Self {
            tail: tail(&node, &event, about),
            node: node.clone(),
            from: Rc::clone(from),
            to,
        };
        match event {
            // It names who is no longer subscribed.
            Event::Unsubscribed => {
                to.iter().map(|jid| broadcast(Rc::new([jid.clone()]), jid.as_str())).collect()
            }
            _ => smallvec![broadcast(to, "")],
        }
    }
}

/// What a notification to one recipient begins with: up to the end of its addresses.
pub fn head(from: &str, to: &str) -> Box<[u8]> {
    let mut head = b"<message".to_vec();
    for (name, value) in [("from", from), ("to", to), ("type", "headline")] {
        head.push(b' ');
        head.extend_from_slice(name.as_bytes());
        head.push(b'=');
        push_attr_value(&mut head, value);
    }
    head.into()
}

fn tail(node: &NodeName, event: &Event, about: &str) -> Vec<u8> {
    let payload = match event {
        Event::Item { payload: Some(payload), .. } => payload.len(),
        _ => 0,
    };
    let mut out = Vec::with_capacity(payload + AROUND);
    out.push(b'>');
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
    out.extend_from_slice(b"</message>");
    out
}

fn in_items(out: &mut Vec<u8>, node: &NodeName, write: impl FnOnce(&mut Vec<u8>)) {
    Tag::open(out, "items").attr("node", node.as_str()).children(write);
}
