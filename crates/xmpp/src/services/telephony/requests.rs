//! What requests to the telephony nodes are answered. Which requests those are: `claims.rs`.
//!
//! PBX accounts always get a result here; their creates and affiliations are accepted and store
//! nothing, because the nodes are always there and every PBX may publish. Ordinary accounts get
//! XEP-0060's errors. A subscription belongs to the stream that asked for it.

use std::rc::Rc;

use lampfield_accounts::Role;
use lampfield_xmpp_stream::{Element, Jid, StanzaCondition, StanzaError, Tag};

use super::claims::action;
use super::nodes::TelephonyNode;
use super::rights::NodeRights;
use super::{Telephony, contents};
use crate::services::pubsub::codec::Malformed;
use crate::services::pubsub::codec::ns::{DISCO_INFO, DISCO_ITEMS, PUBSUB};
use crate::services::pubsub::engine::Refusal;
use crate::services::{Answer, Request, reply};
use crate::session::Session;

/// Answers a request that was claimed.
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
    let Request { session, id, payload, .. } = *request;
    let name = action.attr("node").unwrap_or_default();
    let rights = NodeRights::of(&session.account.borrow());
    match (payload.ns(), action.name(), TelephonyNode::named(name)) {
        (DISCO_INFO, _, Some(node)) => {
            rights.read(node)?;
            Ok(Answer::Result(contents::info(node)))
        }
        (DISCO_ITEMS, _, Some(node)) => {
            rights.read(node)?;
            let peer = &session.peer;
            peer.read(|board| contents::discover(board, service, payload, node)).map(Answer::Result)
        }
        (PUBSUB, "publish", Some(TelephonyNode::Facts(_)) | None) => {
            Ok(telephony.publish(session, service, id, payload, action))
        }
        (PUBSUB, "subscribe", Some(node)) => {
            rights.read(node)?;
            subscribe(telephony, service, request, action, node)
        }
        (PUBSUB, "unsubscribe", Some(node)) => unsubscribe(telephony, session, action, node),
        (PUBSUB, "subscriptions", Some(node)) => {
            Ok(Answer::Result(subscriptions(telephony, session, node)))
        }
        (PUBSUB, "items", Some(node)) => {
            rights.read(node)?;
            let peer = &session.peer;
            peer.read(|board| contents::items(board, payload, action, node)).map(Answer::Result)
        }
        // COMPAT(asterisk<=22): nothing it asks for here may fail.
        _ if is_forgiven(session) => {
            let asked = action.name();
            tracing::debug!(
                code = "accepted", jid = %session.jid, node = ?name,
                "{asked} was accepted and stores nothing"
            );
            Ok(Answer::Result(Vec::new()))
        }
        (PUBSUB, "create", _) => {
            Err(StanzaCondition::Conflict.with("the server keeps this node itself"))
        }
        _ => Err(StanzaCondition::Forbidden.with("the server keeps this node itself")),
    }
}

/// The result goes first, then the snapshot, on the same stream.
fn subscribe(
    telephony: &Telephony,
    service: &Rc<str>,
    request: &Request<'_>,
    action: Element<'_>,
    node: TelephonyNode,
) -> Result<Answer, StanzaError> {
    let session = request.session;
    let jid = subscriber(session, action, Refusal::InvalidJid)?;
    let mut payload = Vec::new();
    Tag::open(&mut payload, "pubsub")
        .xmlns(PUBSUB)
        .children(|out| write_subscription(out, node, &jid));
    let mut out = Vec::new();
    let to = Some(session.jid.as_str());
    reply::result(&mut out, request.id, Some(service), to, &payload);
    session.send(&out);
    telephony.subscribe(session, service, node.shows(), node.kind());
    Ok(Answer::Handled)
}

fn unsubscribe(
    telephony: &Telephony,
    session: &Session,
    action: Element<'_>,
    node: TelephonyNode,
) -> Result<Answer, StanzaError> {
    subscriber(session, action, Refusal::Forbidden)?;
    let ended = telephony.unsubscribe(session, node.shows(), node.kind());
    // COMPAT(asterisk<=22): it unsubscribes first thing on each connection.
    if ended || is_forgiven(session) {
        Ok(Answer::Result(Vec::new()))
    } else {
        Err(Refusal::NotSubscribed.into())
    }
}

/// Whether this stream is subscribed, as a list of its subscriptions to the node.
fn subscriptions(telephony: &Telephony, session: &Session, node: TelephonyNode) -> Vec<u8> {
    let subscribed = telephony.watchers.has(session.conn, node.shows(), node.kind());
    let mut out = Vec::new();
    Tag::open(&mut out, "pubsub").xmlns(PUBSUB).children(|out| {
        Tag::open(out, "subscriptions").attr("node", node.name()).children(|out| {
            if subscribed {
                write_subscription(out, node, session.bare.as_str());
            }
        });
    });
    out
}

fn write_subscription(out: &mut Vec<u8>, node: TelephonyNode, jid: &str) {
    let tag = Tag::open(out, "subscription").attr("node", node.name()).attr("jid", jid);
    tag.attr("subscription", "subscribed").empty();
}

/// The address that a request subscribes or unsubscribes: the account or this stream of it.
/// `foreign` is the answer to any other.
///
/// COMPAT(asterisk<=22): of a PBX its stream is meant, whatever it says.
fn subscriber(
    session: &Session,
    action: Element<'_>,
    foreign: Refusal,
) -> Result<String, StanzaError> {
    if is_forgiven(session) {
        return Ok(session.bare.to_string());
    }
    let jid = Jid::parse(action.attr("jid").ok_or(Malformed::JidRequired)?);
    let jid = jid.map_err(Malformed::from)?;
    if jid.as_str() == session.bare.as_str() || jid.as_str() == session.jid.as_str() {
        Ok(jid.as_str().to_owned())
    } else {
        Err(foreign.into())
    }
}

/// Whether this is a PBX, whose requests to telephony nodes are never answered with an error.
pub fn is_forgiven(session: &Session) -> bool {
    session.account.borrow().role == Role::Pbx
}
