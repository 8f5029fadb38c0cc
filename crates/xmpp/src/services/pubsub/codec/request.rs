//! Telling requests apart: gets are queries, sets are commands.

use lampfield_xmpp_stream::{Element, Jid};

use super::command::{self, Command};
use super::error::Malformed;
use super::query::{self, Query};
use crate::services::Verb;
use crate::services::pubsub::engine::NodeName;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PubsubRequest {
    /// To be told something.
    Query(Query),
    /// To change something.
    Command(Command),
}

/// Reads the payload of an IQ.
pub fn parse(verb: Verb, payload: Element<'_>) -> Result<PubsubRequest, Malformed> {
    match verb {
        Verb::Get => query::parse(payload).map(PubsubRequest::Query),
        Verb::Set => command::parse(payload).map(PubsubRequest::Command),
    }
}

/// The `node` attribute, which must be there.
pub(super) fn node(element: Element<'_>) -> Result<NodeName, Malformed> {
    optional_node(element)?.ok_or(Malformed::NodeRequired)
}

/// The `node` attribute; an empty one counts as none.
pub(super) fn optional_node(element: Element<'_>) -> Result<Option<NodeName>, Malformed> {
    let given = element.attr("node").filter(|node| !node.is_empty());
    Ok(given.map(NodeName::parse).transpose()?)
}

/// The `jid` attribute, which must be there.
pub(super) fn jid(element: Element<'_>) -> Result<Jid, Malformed> {
    Ok(Jid::parse(element.attr("jid").ok_or(Malformed::JidRequired)?)?)
}
