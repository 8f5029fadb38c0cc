//! Reading everybody's requests (namespace `pubsub`) and the discovery of nodes and items.

use lampfield_xmpp_stream::{Element, Jid, writer};

use super::error::Malformed;
use super::form::{Form, parse_bool};
use super::request::{Request, node, optional_node};
use super::rsm::{self, Paging};
use super::{config_form, ns, options_form};
use crate::services::Verb;
use crate::services::pubsub::engine::{
    Draft, ItemId, PageRequest, Payload, Place, Publication, Retraction, SubscriptionOptions,
    Wanted,
};

/// A default namespace that no payload can have, so that each declares its own.
const NOWHERE: &str = "\0";

pub(super) fn pubsub(verb: Verb, payload: Element<'_>) -> Result<Request, Malformed> {
    let action = payload.children().find(|child| child.ns() == ns::PUBSUB);
    let action = action.ok_or(Malformed::Unknown)?;
    match (verb, action.name()) {
        (Verb::Set, "create") => create(payload, action),
        (Verb::Set, "publish") => publish(payload, action),
        (Verb::Set, "retract") => retract(action),
        (Verb::Set, "subscribe") => {
            let options = payload.child(ns::PUBSUB, "options").and_then(Form::inside);
            let options = options.map(options_form::options).transpose()?.flatten();
            Ok(Request::Subscribe { node: node(action)?, jid: jid(action)?, options })
        }
        // COMPAT(asterisk<=22 res_xmpp): no `subid`; there are none here, so none is looked for.
        (Verb::Set, "unsubscribe") => {
            Ok(Request::Unsubscribe { node: node(action)?, jid: jid(action)? })
        }
        (Verb::Get, "options") => {
            Ok(Request::GetOptions { node: node(action)?, jid: jid(action)? })
        }
        (Verb::Set, "options") => {
            let options = submitted_options(action)?;
            Ok(Request::SetOptions { node: node(action)?, jid: jid(action)?, options })
        }
        (Verb::Get, "default") => Ok(Request::GetDefaultOptions(optional_node(action)?)),
        (Verb::Get, "items") => items(payload, action),
        (Verb::Get, "subscriptions") => Ok(Request::GetSubscriptions(optional_node(action)?)),
        (Verb::Get, "affiliations") => Ok(Request::GetAffiliations(optional_node(action)?)),
        _ => Err(Malformed::Unknown),
    }
}

pub(super) fn disco_items(query: Element<'_>) -> Result<Request, Malformed> {
    let (page, paging) = match rsm::page_request(query)? {
        Some(page) => (page, Paging::Asked),
        None => (PageRequest::default(), Paging::Unasked),
    };
    Ok(match optional_node(query)? {
        None => Request::DiscoNodes { page, paging },
        Some(node) => Request::DiscoItems { node, page, paging },
    })
}

fn create(payload: Element<'_>, action: Element<'_>) -> Result<Request, Malformed> {
    let form = payload.child(ns::PUBSUB, "configure").and_then(Form::inside);
    let settings = config_form::settings(form)?;
    Ok(Request::Create { node: optional_node(action)?, settings })
}

fn publish(payload: Element<'_>, action: Element<'_>) -> Result<Request, Malformed> {
    let mut items = action.children().filter(|child| child.is(ns::PUBSUB, "item"));
    let item = items.next().map(draft).transpose()?;
    if items.next().is_some() {
        return Err(Malformed::ManyItems);
    }
    let form = payload.child(ns::PUBSUB, "publish-options").and_then(Form::inside);
    let preconditions = config_form::preconditions(form)?;
    Ok(Request::Publish(Publication { node: node(action)?, item, preconditions }))
}

fn draft(item: Element<'_>) -> Result<Draft, Malformed> {
    let given = item.attr("id").filter(|id| !id.is_empty());
    let id = given.map(ItemId::parse).transpose()?;
    let mut payloads = item.children();
    let payload = payloads.next().and_then(payload);
    match payloads.next() {
        None => Ok(Draft { id, payload }),
        Some(_) => Err(Malformed::ManyPayloads),
    }
}

/// The payload in our own form: readable at any place of any stanza.
fn payload(element: Element<'_>) -> Option<Payload> {
    let mut bytes = vec![];
    writer::copy(&mut bytes, element, NOWHERE);
    // What came as text goes out as text.
    String::from_utf8(bytes).ok().map(Payload::from)
}

fn retract(action: Element<'_>) -> Result<Request, Malformed> {
    let mut items = action.children().filter(|child| child.is(ns::PUBSUB, "item"));
    let id = items.next().and_then(|item| item.attr("id")).ok_or(Malformed::ItemRequired)?;
    if items.next().is_some() {
        return Err(Malformed::ManyItems);
    }
    let notify = match action.attr("notify") {
        None => false,
        Some(text) => parse_bool(text)
            .ok_or_else(|| Malformed::Value { name: "notify", value: text.to_owned() })?,
    };
    Ok(Request::Retract(Retraction { node: node(action)?, item: ItemId::parse(id)?, notify }))
}

fn items(payload: Element<'_>, action: Element<'_>) -> Result<Request, Malformed> {
    let named = action.children().filter(|child| child.is(ns::PUBSUB, "item"));
    let named = named.map(|item| {
        let id = item.attr("id").ok_or(Malformed::ItemRequired)?;
        Ok(ItemId::parse(id)?)
    });
    let named = named.collect::<Result<Vec<_>, Malformed>>()?;
    let node = node(action)?;
    if !named.is_empty() {
        return Ok(Request::GetItems {
            node,
            wanted: Wanted::Named(named),
            paging: Paging::Unasked,
        });
    }
    if let Some(page) = rsm::page_request(payload)? {
        return Ok(Request::GetItems { node, wanted: Wanted::Page(page), paging: Paging::Asked });
    }
    let max = action.attr("max_items").map(|text| rsm::number("max_items", text)).transpose()?;
    let wanted = Wanted::Page(PageRequest { max, place: Place::End });
    Ok(Request::GetItems { node, wanted, paging: Paging::Unasked })
}

fn submitted_options(action: Element<'_>) -> Result<Option<SubscriptionOptions>, Malformed> {
    options_form::options(Form::inside(action).ok_or(Malformed::FormRequired)?)
}

fn jid(action: Element<'_>) -> Result<Jid, Malformed> {
    Ok(Jid::parse(action.attr("jid").ok_or(Malformed::JidRequired)?)?)
}
