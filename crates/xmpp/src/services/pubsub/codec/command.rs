//! Reading what asks for a change.

use lampfield_xmpp_stream::{BareJid, Element, Jid, writer};

use super::attribute::{jid, node, optional_node};
use super::error::Malformed;
use super::form::{Form, parse_bool};
use super::{config_form, ns, options_form};
use crate::services::pubsub::engine::{
    Affiliation, Draft, ItemId, NodeName, Payload, Publication, Retraction, Setting,
    SubscriptionOptions,
};

/// What somebody wants done. Sections are of XEP-0060.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make a node (section 8.1).
    Create {
        /// The new node; the service makes up a name otherwise.
        node: Option<NodeName>,
        /// What its configuration is to be.
        settings: Vec<Setting>,
    },
    /// RecordWrite a node's configuration (section 8.2.4).
    Configure {
        /// The node whose configuration changes.
        node: NodeName,
        /// What changes; nothing when the form was cancelled.
        settings: Vec<Setting>,
    },
    /// Delete a node (section 8.4).
    Delete(NodeName),
    /// Delete a node's items (section 8.5).
    Purge(NodeName),
    /// RecordWrite what accounts are to a node (section 8.9.2).
    Affiliate {
        /// The node whose affiliations change.
        node: NodeName,
        /// What each account is to be; the others stay.
        changes: Vec<(BareJid, Affiliation)>,
    },
    /// Publish an item (section 7.1).
    Publish(Publication),
    /// Take an item back (section 7.2).
    Retract(Retraction),
    /// Subscribe an address to a node (section 6.1).
    Subscribe {
        /// The node to subscribe to.
        node: NodeName,
        /// The address that is to hear of the node, bare or full.
        jid: Jid,
        /// What comes with the request, if anything.
        options: Option<SubscriptionOptions>,
    },
    /// End a subscription (section 6.2).
    Unsubscribe {
        /// The node to which the address is subscribed.
        node: NodeName,
        /// The subscribed address, bare or full.
        jid: Jid,
    },
    /// RecordWrite a subscription's options (section 6.3.5).
    SetOptions {
        /// The node to which the address is subscribed.
        node: NodeName,
        /// The subscribed address, bare or full.
        jid: Jid,
        /// The new options; none when the form was cancelled.
        options: Option<SubscriptionOptions>,
    },
}

/// A default namespace that no payload can have, so that each declares its own.
const NOWHERE: &str = "\0";
/// Bytes of a short payload.
const SHORT: usize = 256;

/// Reads the payload of an IQ set.
pub(super) fn parse(payload: Element<'_>) -> Result<Command, Malformed> {
    match payload.ns() {
        ns::PUBSUB => everybodys(payload),
        ns::OWNER => owners(payload),
        _ => Err(Malformed::Unknown),
    }
}

fn everybodys(payload: Element<'_>) -> Result<Command, Malformed> {
    let action = payload.children().find(|child| child.ns() == ns::PUBSUB);
    let action = action.ok_or(Malformed::Unknown)?;
    match action.name() {
        "create" => create(payload, action),
        "publish" => publish(payload, action),
        "retract" => retract(action),
        // COMPAT(asterisk<=22 res_xmpp): its `<options/>` beside `<subscribe/>` have no `jid`.
        "subscribe" => {
            let options = payload.child(ns::PUBSUB, "options").and_then(Form::inside);
            let options = options.map(options_form::options).transpose()?.flatten();
            Ok(Command::Subscribe { node: node(action)?, jid: jid(action)?, options })
        }
        // COMPAT(asterisk<=22 res_xmpp): no `subid`; there are none here, so none is looked for.
        "unsubscribe" => Ok(Command::Unsubscribe { node: node(action)?, jid: jid(action)? }),
        "options" => {
            let form = Form::inside(action).ok_or(Malformed::FormRequired)?;
            let options = options_form::options(form)?;
            Ok(Command::SetOptions { node: node(action)?, jid: jid(action)?, options })
        }
        _ => Err(Malformed::Unknown),
    }
}

fn owners(payload: Element<'_>) -> Result<Command, Malformed> {
    let action = payload.children().find(|child| child.ns() == ns::OWNER);
    let action = action.ok_or(Malformed::Unknown)?;
    match action.name() {
        "configure" => {
            let form = Form::inside(action).ok_or(Malformed::FormRequired)?;
            let settings = config_form::settings(Some(form))?;
            Ok(Command::Configure { node: node(action)?, settings })
        }
        "delete" => Ok(Command::Delete(node(action)?)),
        "purge" => Ok(Command::Purge(node(action)?)),
        "affiliations" => affiliate(action),
        "subscriptions" => Err(Malformed::Unsupported("manage-subscriptions")),
        _ => Err(Malformed::Unknown),
    }
}

fn create(payload: Element<'_>, action: Element<'_>) -> Result<Command, Malformed> {
    let form = payload.child(ns::PUBSUB, "configure").and_then(Form::inside);
    let settings = config_form::settings(form)?;
    Ok(Command::Create { node: optional_node(action)?, settings })
}

fn publish(payload: Element<'_>, action: Element<'_>) -> Result<Command, Malformed> {
    let mut items = action.children().filter(|child| child.is(ns::PUBSUB, "item"));
    let item = items.next().map(draft).transpose()?;
    if items.next().is_some() {
        return Err(Malformed::ManyItems);
    }
    let form = payload.child(ns::PUBSUB, "publish-options").and_then(Form::inside);
    let preconditions = config_form::preconditions(form)?;
    Ok(Command::Publish(Publication { node: node(action)?, item, preconditions }))
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
    let mut bytes = Vec::with_capacity(SHORT);
    writer::copy(&mut bytes, element, NOWHERE);
    // What came as text goes out as text.
    String::from_utf8(bytes).ok().map(Payload::from)
}

fn retract(action: Element<'_>) -> Result<Command, Malformed> {
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
    Ok(Command::Retract(Retraction { node: node(action)?, item: ItemId::parse(id)?, notify }))
}

fn affiliate(action: Element<'_>) -> Result<Command, Malformed> {
    let entries = action.children().filter(|child| child.is(ns::OWNER, "affiliation"));
    // "If the 'affiliation' attribute is not specified in a modification request, then the value
    // MUST NOT be changed" (section 8.9.2.1).
    let changes = entries.filter_map(|entry| Some((entry, entry.attr("affiliation")?)));
    // COMPAT(asterisk<=22 res_xmpp): it copies the JIDs of its `buddy` lines, which may have a
    // resource; affiliations are of bare JIDs.
    let changes = changes.map(|(entry, word)| Ok((jid(entry)?.to_bare(), affiliation(word)?)));
    let changes = changes.collect::<Result<_, Malformed>>()?;
    Ok(Command::Affiliate { node: node(action)?, changes })
}

fn affiliation(word: &str) -> Result<Affiliation, Malformed> {
    match word {
        "owner" => Ok(Affiliation::Owner),
        "publisher" => Ok(Affiliation::Publisher),
        "publish-only" => Ok(Affiliation::PublishOnly),
        "member" => Ok(Affiliation::Member),
        "none" => Ok(Affiliation::None),
        "outcast" => Ok(Affiliation::Outcast),
        _ => Err(Malformed::Value { name: "affiliation", value: word.to_owned() }),
    }
}
