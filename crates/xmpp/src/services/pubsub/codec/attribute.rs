//! Attributes that many requests have.

use lampfield_xmpp_stream::{Element, Jid};

use super::error::Malformed;
use crate::services::pubsub::engine::NodeName;

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
