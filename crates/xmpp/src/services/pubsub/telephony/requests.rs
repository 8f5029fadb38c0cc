//! Which PubSub requests concern the telephony nodes, and what each is answered.
//!
//! PBX accounts always get a result here; their creates and affiliations are accepted and store
//! nothing, because the nodes are always there and every PBX may publish. Ordinary accounts get
//! XEP-0060's errors.

use std::rc::Rc;

use lampfield_board::Kind;
use lampfield_xmpp_stream::{Element, StanzaCondition, StanzaError, Tag};

use super::listing::Part;
use super::nodes::TelephonyNode;
use super::payload::ASTERISK;
use super::rights::Rights;
use super::{Telephony, View, aggregate};
use crate::accounts::Role;
use crate::services::pubsub::codec::ns::{DATA, DISCO_INFO, DISCO_ITEMS, OWNER, PUBSUB};
use crate::services::pubsub::engine::Holder;
use crate::services::{Answer, Request, Verb};

/// Whether a request is answered here rather than by the generic service. `holder` tells whose the
/// generic node of a name is.
///
/// COMPAT(asterisk<=22): it makes a node per device and cannot cope with one that is somebody
/// else's. So when a PBX wants to make or rule a node with the name of a device, the device is
/// meant, unless the PBX has such a node of its own.
pub fn claims(request: &Request<'_>, holder: impl Fn(&str) -> Holder) -> bool {
    let Some(action) = action(request) else { return false };
    let node = action.attr("node").unwrap_or_default();
    if super::nodes::is_reserved(node) {
        return true;
    }
    if request.session.account.borrow().role != Role::Pbx {
        return false;
    }
    match action.name() {
        "publish" => holds_telephony(action),
        "create" if is_asterisks(request.payload) => true,
        _ if request.verb == Verb::Get || !super::nodes::is_leaf(node) => false,
        "create" => holder(node) == Holder::Others,
        "affiliations" | "delete" => holder(node) != Holder::Oneself,
        "subscribe" | "unsubscribe" => holder(node) == Holder::Nobody,
        _ => false,
    }
}

/// Answers a request that [`claims`] has claimed.
pub fn handle(telephony: &Telephony, service: &Rc<str>, request: &Request<'_>) -> Answer {
    match action(request) {
        Some(action) => obey(telephony, service, request, action).unwrap_or_else(Answer::Error),
        None => Answer::Error(StanzaCondition::BadRequest.with("nothing to do")),
    }
}

fn obey(
    telephony: &Telephony,
    service: &Rc<str>,
    request: &Request<'_>,
    action: Element<'_>,
) -> Result<Answer, StanzaError> {
    let name = action.attr("node").unwrap_or_default();
    let node = TelephonyNode::named(name);
    let Request { session, id, payload, .. } = *request;
    let rights = Rights::of(&session.account.borrow());
    match (payload.ns(), action.name(), node) {
        (DISCO_INFO, _, Some(node)) => {
            rights.read(node)?;
            Ok(Answer::Result(info(name)))
        }
        (DISCO_ITEMS, _, Some(node)) => {
            rights.read(node)?;
            discover(telephony, service, payload, node).map(Answer::Result)
        }
        (PUBSUB, "publish", Some(TelephonyNode::Facts(_)) | None) => {
            rights.publish()?;
            Ok(telephony.publish(session, service, id, payload, action))
        }
        (PUBSUB, "subscribe", Some(node)) => {
            rights.read(node)?;
            subscribe(telephony, service, request, node);
            Ok(Answer::Handled)
        }
        (PUBSUB, "unsubscribe", Some(node)) => {
            let (view, kind) = seen(node);
            telephony.unsubscribe(session, view, kind);
            Ok(Answer::Result(Vec::new()))
        }
        (PUBSUB, "items", Some(node @ TelephonyNode::Lamps(_))) => {
            rights.read(node)?;
            items(telephony, payload, node).map(Answer::Result)
        }
        // COMPAT(asterisk<=22): nothing it asks for here may fail.
        _ if session.account.borrow().role == Role::Pbx => Ok(Answer::Result(Vec::new())),
        (PUBSUB, "create", _) => {
            Err(StanzaCondition::Conflict.with("the server keeps this node itself"))
        }
        _ => Err(StanzaCondition::Forbidden.with("the server keeps this node itself")),
    }
}

fn subscribe(telephony: &Telephony, service: &Rc<str>, request: &Request<'_>, node: TelephonyNode) {
    let (view, kind) = seen(node);
    let mut payload = Vec::new();
    Tag::open(&mut payload, "pubsub").xmlns(PUBSUB).children(|out| {
        Tag::open(out, "subscription")
            .attr("node", node.name())
            .attr("jid", request.session.bare.as_str())
            .attr("subscription", "subscribed")
            .empty();
    });
    // The result goes first, then the snapshot, on the same stream.
    let mut out = Vec::new();
    let to = Some(request.session.jid.as_str());
    crate::services::reply::result(&mut out, request.id, Some(service), to, &payload);
    request.session.send(&out);
    telephony.subscribe(request.session, service, view, kind);
}

/// XEP-0060 section 6.5: what the lamps show now, a part at a time.
fn items(
    telephony: &Telephony,
    request: Element<'_>,
    node: TelephonyNode,
) -> Result<Vec<u8>, StanzaError> {
    telephony.hub.read(|hub, _| {
        let part = Part::of(hub.board(), seen(node).1, request)?;
        let mut payload = Vec::new();
        Tag::open(&mut payload, "pubsub").xmlns(PUBSUB).children(|out| {
            Tag::open(out, "items").attr("node", node.name()).children(|out| {
                for (subject, lamp) in &part.lamps {
                    Tag::open(out, "item")
                        .attr("id", subject.name().as_str())
                        .children(|out| aggregate::write_lamp(out, *lamp));
                }
            });
            part.write_set(out);
        });
        Ok(payload)
    })
}

fn seen(node: TelephonyNode) -> (View, Kind) {
    match node {
        TelephonyNode::Facts(kind) => (View::Facts, kind),
        TelephonyNode::Lamps(kind) => (View::Lamps, kind),
    }
}

/// What one of our nodes is (XEP-0030).
fn info(node: &str) -> Vec<u8> {
    let mut payload = Vec::new();
    Tag::open(&mut payload, "query").xmlns(DISCO_INFO).attr("node", node).children(|out| {
        Tag::open(out, "identity").attr("category", "pubsub").attr("type", "leaf").empty();
        Tag::open(out, "feature").attr("var", PUBSUB).empty();
    });
    payload
}

/// The subjects of one of our nodes, as its items and, for XEP-0248, as leaves of the same names, a
/// part at a time.
fn discover(
    telephony: &Telephony,
    service: &str,
    request: Element<'_>,
    node: TelephonyNode,
) -> Result<Vec<u8>, StanzaError> {
    telephony.hub.read(|hub, _| {
        let part = Part::of(hub.board(), seen(node).1, request)?;
        let mut payload = Vec::new();
        let query = Tag::open(&mut payload, "query").xmlns(DISCO_ITEMS);
        query.attr("node", node.name()).children(|out| {
            for (subject, _) in &part.lamps {
                let name = subject.name().as_str();
                Tag::open(out, "item")
                    .attr("jid", service)
                    .attr("node", name)
                    .attr("name", name)
                    .empty();
            }
            part.write_set(out);
        });
        Ok(payload)
    })
}

/// The element that names the action and its node: the child of `<pubsub/>`, or a discovery itself.
fn action<'a>(request: &Request<'a>) -> Option<Element<'a>> {
    let payload = request.payload;
    match (payload.ns(), payload.name()) {
        (PUBSUB | OWNER, "pubsub") => payload.first_child(),
        (DISCO_INFO | DISCO_ITEMS, "query") => Some(payload),
        _ => None,
    }
}

/// Whether a publish carries what Asterisk publishes, whatever its node is called
/// (collection_nodes=yes: one leaf per device, XEP-0248).
fn holds_telephony(publish: Element<'_>) -> bool {
    let payload = publish.first_child().and_then(Element::first_child);
    payload.is_some_and(|p| p.ns() == ASTERISK && matches!(p.name(), "state" | "mailbox"))
}

/// COMPAT(asterisk<=22): its node forms have two FORM_TYPE fields, which nobody else's have; or
/// they put a leaf into one of our collections.
fn is_asterisks(pubsub: Element<'_>) -> bool {
    let form = pubsub.child(PUBSUB, "configure").and_then(|c| c.child(DATA, "x"));
    let Some(form) = form else { return false };
    let types = form.children().filter(|field| field.attr("var") == Some("FORM_TYPE")).count();
    let collected = form.children().any(|field| {
        field.attr("var") == Some("pubsub#collection")
            && field.child_text(DATA, "value").is_some_and(|node| super::nodes::is_reserved(&node))
    });
    types > 1 || collected
}
