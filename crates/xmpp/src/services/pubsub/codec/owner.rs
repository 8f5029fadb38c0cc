//! Reading the requests of a node's owners (namespace `pubsub#owner`).

use lampfield_xmpp_stream::{BareJid, Element, Jid};

use super::config_form;
use super::error::Malformed;
use super::form::Form;
use super::ns;
use super::request::{Request, node};
use crate::services::Verb;
use crate::services::pubsub::engine::Affiliation;

pub(super) fn pubsub(verb: Verb, payload: Element<'_>) -> Result<Request, Malformed> {
    let action = payload.children().find(|child| child.ns() == ns::OWNER);
    let action = action.ok_or(Malformed::Unknown)?;
    match (verb, action.name()) {
        (Verb::Get, "configure") => Ok(Request::GetConfiguration(node(action)?)),
        (Verb::Set, "configure") => configure(action),
        (Verb::Get, "default") => Ok(Request::GetDefaultConfiguration),
        (Verb::Set, "delete") => Ok(Request::Delete(node(action)?)),
        (Verb::Set, "purge") => Ok(Request::Purge(node(action)?)),
        (Verb::Get, "affiliations") => Ok(Request::GetNodeAffiliations(node(action)?)),
        (Verb::Set, "affiliations") => set_affiliations(action),
        (_, "subscriptions") => Err(Malformed::Unsupported("manage-subscriptions")),
        _ => Err(Malformed::Unknown),
    }
}

fn configure(action: Element<'_>) -> Result<Request, Malformed> {
    let node = node(action)?;
    let form = Form::inside(action).ok_or(Malformed::FormRequired)?;
    Ok(Request::Configure { node, settings: config_form::settings(Some(form))? })
}

fn set_affiliations(action: Element<'_>) -> Result<Request, Malformed> {
    let entries = action.children().filter(|child| child.is(ns::OWNER, "affiliation"));
    // "If the 'affiliation' attribute is not specified, the value MUST NOT be changed"
    // (XEP-0060 section 8.9.2.1).
    let changes = entries.filter_map(|entry| Some((entry, entry.attr("affiliation")?)));
    let changes = changes.map(|(entry, word)| Ok((account(entry)?, affiliation(word)?)));
    let changes = changes.collect::<Result<_, Malformed>>()?;
    Ok(Request::SetNodeAffiliations { node: node(action)?, changes })
}

/// COMPAT(asterisk<=22 res_xmpp): it copies the JIDs of its `buddy` lines, which may have a
/// resource; affiliations are of bare JIDs.
fn account(entry: Element<'_>) -> Result<BareJid, Malformed> {
    let text = entry.attr("jid").ok_or(Malformed::JidRequired)?;
    Ok(Jid::parse(text)?.to_bare())
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
