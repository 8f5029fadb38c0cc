//! Which PubSub requests concern the telephony nodes.
//!
//! One address serves two things: the generic nodes of ordinary clients, and the telephony nodes,
//! which are views of the hub. Each request belongs to one of them:
//!
//! 1. Whatever names a telephony node (`device_state`, `message_waiting`, anything under
//!    `aggregate/`) is answered here, whoever asks.
//! 2. Of the rest, what a PBX account sends as Asterisk does is answered here too. With
//!    `collection_nodes=yes` (XEP-0248) or `pubsub_autocreate=yes` Asterisk makes a node for each
//!    device and each mailbox, publishes to it, gives it owners, deletes it. Those nodes are not
//!    kept: a leaf is the device that it is named after. So a publish of Asterisk's own payload is
//!    telephony whatever its node is called, and a node form that only Asterisk writes makes no
//!    node.
//! 3. A PBX account may still have generic nodes of its own, and those of others may have names
//!    like a device's. COMPAT(asterisk<=22): it cannot cope with a node that is somebody else's. So
//!    when a PBX wants to make or rule a node with the name of a device, the device is meant,
//!    unless the PBX has such a node of its own.
//! 4. Everything else is for the generic service.
//!
//! Nothing is decided here about rights.

use lampfield_accounts::Role;
use lampfield_xmpp_stream::Element;

use super::nodes;
use super::payload::ASTERISK;
use crate::services::pubsub::codec::ns::{DATA, DISCO_INFO, DISCO_ITEMS, OWNER, PUBSUB};
use crate::services::pubsub::engine::Holder;
use crate::services::{Request, Verb};

/// Whether a request is answered by the telephony nodes rather than by the generic service.
/// `holder` tells whose the generic node of a name is.
pub fn claims(request: &Request<'_>, holder: impl Fn(&str) -> Holder) -> bool {
    let Some(action) = action(request) else { return false };
    let node = action.attr("node").unwrap_or_default();
    if nodes::is_reserved(node) {
        return true;
    }
    if request.session.account.borrow().role != Role::Pbx {
        return false;
    }
    match action.name() {
        "publish" => holds_telephony(action),
        "create" if is_asterisks(request.payload) => true,
        _ if request.verb == Verb::Get || !nodes::is_leaf(node) => false,
        "create" => holder(node) == Holder::Others,
        "affiliations" | "delete" => holder(node) != Holder::Oneself,
        "subscribe" | "unsubscribe" => holder(node) == Holder::Nobody,
        _ => false,
    }
}

/// The element that names the action and its node: the child of `<pubsub/>`, or a discovery itself.
pub fn action<'a>(request: &Request<'a>) -> Option<Element<'a>> {
    let payload = request.payload;
    match (payload.ns(), payload.name()) {
        (PUBSUB | OWNER, "pubsub") => payload.first_child(),
        (DISCO_INFO | DISCO_ITEMS, "query") => Some(payload),
        _ => None,
    }
}

/// Whether a publish carries what Asterisk publishes, whatever its node is called.
fn holds_telephony(publish: Element<'_>) -> bool {
    let payload = publish.first_child().and_then(Element::first_child);
    payload.is_some_and(|p| p.ns() == ASTERISK && matches!(p.name(), "state" | "mailbox"))
}

/// COMPAT(asterisk<=22): its node forms have two FORM_TYPE fields, which nobody else's have; or
/// they put a leaf into one of our collections, or make a collection (`xmpp create collection`),
/// which the generic service has not.
fn is_asterisks(pubsub: Element<'_>) -> bool {
    let form = pubsub.child(PUBSUB, "configure").and_then(|c| c.child(DATA, "x"));
    let Some(form) = form else { return false };
    let types = form.children().filter(|field| field.attr("var") == Some("FORM_TYPE")).count();
    let collects = form.children().any(|field| {
        let value = field.child_text(DATA, "value");
        value.is_some_and(|value| match field.attr("var") {
            Some("pubsub#collection") => nodes::is_reserved(&value),
            Some("pubsub#node_type") => value == "collection",
            _ => false,
        })
    });
    types > 1 || collects
}
