//! Service discovery (XEP-0030) of the service, its nodes and their items.

use lampfield_xmpp_stream::Tag;

use super::rsm::{self, Paging};
use super::{config_form, ns};
use crate::services::pubsub::engine::{Item, Listed, Node, NodeName, Page};

/// The features of the service (XEP-0060 section 10).
pub const FEATURES: [&str; 33] = [
    "http://jabber.org/protocol/disco#info",
    "http://jabber.org/protocol/disco#items",
    "http://jabber.org/protocol/pubsub",
    "http://jabber.org/protocol/pubsub#access-open",
    "http://jabber.org/protocol/pubsub#access-whitelist",
    "http://jabber.org/protocol/pubsub#auto-create",
    "http://jabber.org/protocol/pubsub#config-node",
    "http://jabber.org/protocol/pubsub#config-node-max",
    "http://jabber.org/protocol/pubsub#create-and-configure",
    "http://jabber.org/protocol/pubsub#create-nodes",
    "http://jabber.org/protocol/pubsub#delete-items",
    "http://jabber.org/protocol/pubsub#delete-nodes",
    "http://jabber.org/protocol/pubsub#instant-nodes",
    "http://jabber.org/protocol/pubsub#item-ids",
    "http://jabber.org/protocol/pubsub#member-affiliation",
    "http://jabber.org/protocol/pubsub#meta-data",
    "http://jabber.org/protocol/pubsub#modify-affiliations",
    "http://jabber.org/protocol/pubsub#outcast-affiliation",
    "http://jabber.org/protocol/pubsub#persistent-items",
    "http://jabber.org/protocol/pubsub#publish",
    "http://jabber.org/protocol/pubsub#publish-only-affiliation",
    "http://jabber.org/protocol/pubsub#publish-options",
    "http://jabber.org/protocol/pubsub#publisher-affiliation",
    "http://jabber.org/protocol/pubsub#purge-nodes",
    "http://jabber.org/protocol/pubsub#retract-items",
    "http://jabber.org/protocol/pubsub#retrieve-affiliations",
    "http://jabber.org/protocol/pubsub#retrieve-default",
    "http://jabber.org/protocol/pubsub#retrieve-default-sub",
    "http://jabber.org/protocol/pubsub#retrieve-items",
    "http://jabber.org/protocol/pubsub#retrieve-subscriptions",
    "http://jabber.org/protocol/pubsub#rsm",
    "http://jabber.org/protocol/pubsub#subscribe",
    "http://jabber.org/protocol/pubsub#subscription-options",
];

/// The answer to `disco#info` about the service: identity and features.
pub fn service_info() -> Vec<u8> {
    query(ns::DISCO_INFO, None, |out| {
        identity(out, "service", "");
        FEATURES.iter().for_each(|var| Tag::open(out, "feature").attr("var", var).empty());
    })
}

/// The answer to `disco#info` about a node, with its meta-data (section 5.4).
pub fn node_info(name: &NodeName, node: &Node) -> Vec<u8> {
    query(ns::DISCO_INFO, Some(name), |out| {
        identity(out, "leaf", &node.config().title);
        Tag::open(out, "feature").attr("var", ns::PUBSUB).empty();
        config_form::write_meta_data(out, node.config(), node.subscription_count());
    })
}

/// A part of the service's nodes, after those that are kept elsewhere.
#[derive(Debug)]
pub struct Listing<'a> {
    /// The address of the PubSub service, the `jid` of each entry.
    pub service: &'a str,
    /// Nodes that are kept elsewhere and are to be shown with this part.
    pub views: &'a [NodeName],
    /// The nodes of this part, in the order of their names.
    pub page: Page<Listed<'a>>,
    /// Whether a part was asked for.
    pub paging: Paging,
}

/// The answer to `disco#items` without a node: the nodes of the service (section 5.2).
pub fn service_items(listing: &Listing<'_>) -> Vec<u8> {
    let Listing { service, views, page, paging } = listing;
    query(ns::DISCO_ITEMS, None, |out| {
        for view in *views {
            let tag = Tag::open(out, "item").attr("jid", service);
            tag.attr("node", view.as_str()).empty();
        }
        for listed in &page.entries {
            let title = Some(listed.title).filter(|title| !title.is_empty());
            let tag = Tag::open(out, "item").attr("jid", service);
            tag.attr("node", listed.name.as_str()).attr_opt("name", title).empty();
        }
        rsm::write_set(out, *paging, page, |listed| listed.name.as_str());
    })
}

/// A node's items, by name.
pub fn node_items(service: &str, node: &NodeName, page: &Page<&Item>, paging: Paging) -> Vec<u8> {
    query(ns::DISCO_ITEMS, Some(node), |out| {
        for item in &page.entries {
            let tag = Tag::open(out, "item").attr("jid", service);
            tag.attr("name", item.id.as_str()).empty();
        }
        rsm::write_set(out, paging, page, |item| item.id.as_str());
    })
}

fn identity(out: &mut Vec<u8>, kind: &str, name: &str) {
    let tag = Tag::open(out, "identity").attr("category", "pubsub").attr("type", kind);
    tag.attr_opt("name", Some(name).filter(|name| !name.is_empty())).empty();
}

fn query(namespace: &str, node: Option<&NodeName>, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![];
    let tag = Tag::open(&mut out, "query").xmlns(namespace);
    tag.attr_opt("node", node.map(NodeName::as_str)).children(write);
    out
}
