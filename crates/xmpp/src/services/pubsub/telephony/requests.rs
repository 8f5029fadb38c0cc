//! Which PubSub requests concern the telephony nodes, and what each is answered.
//!
//! PBX accounts always get a result here; their creates and affiliations are accepted and store
//! nothing, because the nodes are always there and every PBX may publish. Ordinary accounts get
//! XEP-0060's errors.

use std::rc::Rc;

use lampfield_board::Kind;
use lampfield_xmpp_stream::{Element, StanzaCondition, Tag};

use super::nodes::TelephonyNode;
use super::payload::ASTERISK;
use super::{Telephony, View, aggregate};
use crate::accounts::Role;
use crate::services::pubsub::codec::ns::{DATA, DISCO_INFO, DISCO_ITEMS, OWNER, PUBSUB};
use crate::services::{Answer, Request};

/// Names listed in one answer to a discovery of a node's items.
const LISTED: usize = 10_000;

/// Whether a request is answered here rather than by the generic service. `exists` tells whether
/// the generic service has a node of that name.
pub fn claims(request: &Request<'_>, exists: impl Fn(&str) -> bool) -> bool {
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
        "create" => is_asterisks(request.payload),
        "affiliations" | "delete" => request.payload.ns() == OWNER && !exists(node),
        _ => false,
    }
}

/// Answers a request that [`claims`] has claimed.
pub fn handle(telephony: &Telephony, service: &Rc<str>, request: &Request<'_>) -> Answer {
    let Some(action) = action(request) else {
        return Answer::Error(StanzaCondition::BadRequest.with("nothing to do"));
    };
    let name = action.attr("node").unwrap_or_default();
    let node = TelephonyNode::named(name);
    let role = request.session.account.borrow().role;
    match (request.payload.ns(), action.name(), node) {
        (DISCO_INFO, _, Some(_)) => info(name),
        (DISCO_ITEMS, _, Some(node)) => listing(telephony, service, name, node),
        (PUBSUB, "publish", Some(TelephonyNode::Facts(_)) | None) => {
            if role == Role::User && !request.session.account.borrow().has_grants() {
                return forbidden("this account may not publish telephony states");
            }
            telephony.publish(request.session, service, request.id, request.payload, action)
        }
        (PUBSUB, "subscribe", Some(node)) => subscribe(telephony, service, request, node),
        (PUBSUB, "unsubscribe", Some(node)) => {
            let (view, kind) = seen(node);
            telephony.unsubscribe(request.session, view, kind);
            Answer::Result(Vec::new())
        }
        (PUBSUB, "items", Some(TelephonyNode::Lamps(kind))) => items(telephony, name, kind),
        // COMPAT(asterisk<=22): nothing it asks for here may fail.
        _ if role == Role::Pbx => Answer::Result(Vec::new()),
        (PUBSUB, "create", _) => {
            Answer::Error(StanzaCondition::Conflict.with("the server keeps this node itself"))
        }
        _ => forbidden("the server keeps this node itself"),
    }
}

fn subscribe(
    telephony: &Telephony,
    service: &Rc<str>,
    request: &Request<'_>,
    node: TelephonyNode,
) -> Answer {
    let account = request.session.account.borrow();
    let (view, kind) = seen(node);
    if view == View::Facts && account.role == Role::User && !account.has_grants() {
        return forbidden("this account may not hear telephony states; try the aggregate nodes");
    }
    drop(account);
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
    Answer::Handled
}

/// XEP-0060 section 6.5: what the lamps show now, at most [`LISTED`] of them.
fn items(telephony: &Telephony, node: &str, kind: Kind) -> Answer {
    let mut payload = Vec::new();
    telephony.hub.read(|hub, _| {
        let subjects = hub.board().subjects_from(lampfield_board::SubjectId::FIRST);
        let lamps = subjects.filter(|facts| facts.subject().kind() == kind);
        let lamps = lamps.filter_map(|facts| Some((facts.subject(), facts.lamp()?)));
        Tag::open(&mut payload, "pubsub").xmlns(PUBSUB).children(|out| {
            Tag::open(out, "items").attr("node", node).children(|out| {
                for (subject, lamp) in lamps.take(LISTED) {
                    Tag::open(out, "item")
                        .attr("id", subject.name().as_str())
                        .children(|out| aggregate::write_lamp(out, lamp));
                }
            });
        });
    });
    Answer::Result(payload)
}

fn seen(node: TelephonyNode) -> (View, Kind) {
    match node {
        TelephonyNode::Facts(kind) => (View::Facts, kind),
        TelephonyNode::Lamps(kind) => (View::Lamps, kind),
    }
}

/// What one of our nodes is (XEP-0030).
fn info(node: &str) -> Answer {
    let mut payload = Vec::new();
    Tag::open(&mut payload, "query").xmlns(DISCO_INFO).attr("node", node).children(|out| {
        Tag::open(out, "identity").attr("category", "pubsub").attr("type", "leaf").empty();
        Tag::open(out, "feature").attr("var", PUBSUB).empty();
    });
    Answer::Result(payload)
}

/// The subjects of one of our nodes, as its items and, for XEP-0248, as leaves of the same names.
fn listing(telephony: &Telephony, service: &str, name: &str, node: TelephonyNode) -> Answer {
    let (_, kind) = seen(node);
    let mut payload = Vec::new();
    telephony.hub.read(|hub, _| {
        let subjects = hub.board().subjects_from(lampfield_board::SubjectId::FIRST);
        let subjects = subjects.map(|facts| facts.subject()).filter(|s| s.kind() == kind);
        Tag::open(&mut payload, "query").xmlns(DISCO_ITEMS).attr("node", name).children(|out| {
            for subject in subjects.take(LISTED) {
                let name = subject.name().as_str();
                Tag::open(out, "item")
                    .attr("jid", service)
                    .attr("node", name)
                    .attr("name", name)
                    .empty();
            }
        });
    });
    Answer::Result(payload)
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

fn forbidden(text: &'static str) -> Answer {
    Answer::Error(StanzaCondition::Forbidden.with(text))
}
