//! Answers as the payload of an IQ result. Requests that are answered by an empty result have no
//! function here.

use lampfield_xmpp_stream::{BareJid, Jid, Tag};

use super::form::FormKind;
use super::rsm::{self, Paging};
use super::{config_form, ns, options_form};
use crate::services::pubsub::engine::{
    Affiliation, Item, ItemId, Node, NodeConfig, NodeName, Page, SubscriptionOptions,
};

/// The name of a node that the service named itself.
pub fn created(node: &NodeName) -> Vec<u8> {
    in_pubsub(|out| Tag::open(out, "create").attr("node", node.as_str()).empty())
}

/// The name of a published item, where there is one.
pub fn published(node: &NodeName, item: Option<&ItemId>) -> Vec<u8> {
    in_pubsub(|out| {
        Tag::open(out, "publish").attr("node", node.as_str()).children(|out| {
            if let Some(item) = item {
                Tag::open(out, "item").attr("id", item.as_str()).empty();
            }
        });
    })
}

/// A new subscription, with its options where the request had some.
pub fn subscribed(node: &NodeName, jid: &Jid, options: Option<SubscriptionOptions>) -> Vec<u8> {
    in_pubsub(|out| {
        subscription(out, node, jid);
        if let Some(options) = options {
            Tag::open(out, "options").children(|out| {
                options_form::write_options(out, FormKind::Result, options);
            });
        }
    })
}

/// A subscription's options, to be filled in.
pub fn options(node: &NodeName, jid: &Jid, options: SubscriptionOptions) -> Vec<u8> {
    in_pubsub(|out| {
        let tag = Tag::open(out, "options").attr("node", node.as_str()).attr("jid", jid.as_str());
        tag.children(|out| options_form::write_options(out, FormKind::Form, options));
    })
}

/// The options a subscription has when none are given.
pub fn default_options(node: Option<&NodeName>) -> Vec<u8> {
    in_pubsub(|out| {
        let tag = Tag::open(out, "default").attr_opt("node", node.map(NodeName::as_str));
        let options = SubscriptionOptions::default();
        tag.children(|out| options_form::write_options(out, FormKind::Result, options));
    })
}

/// The asker's subscriptions, to `node` or to all (section 5.6).
pub fn subscriptions(node: Option<&NodeName>, held: &[(NodeName, Jid)]) -> Vec<u8> {
    in_pubsub(|out| {
        let tag = Tag::open(out, "subscriptions").attr_opt("node", node.map(NodeName::as_str));
        tag.children(|out| held.iter().for_each(|(node, jid)| subscription(out, node, jid)));
    })
}

/// The asker's affiliations, to `node` or to all (section 5.7).
pub fn affiliations(node: Option<&NodeName>, held: &[(NodeName, Affiliation)]) -> Vec<u8> {
    in_pubsub(|out| {
        let tag = Tag::open(out, "affiliations").attr_opt("node", node.map(NodeName::as_str));
        tag.children(|out| {
            for (node, is) in held {
                let tag = Tag::open(out, "affiliation").attr("node", node.as_str());
                tag.attr("affiliation", affiliation_word(*is)).empty();
            }
        });
    })
}

/// Everybody's affiliation to one node.
pub fn node_affiliations(node: &NodeName, all: &[(BareJid, Affiliation)]) -> Vec<u8> {
    in_owner(|out| {
        Tag::open(out, "affiliations").attr("node", node.as_str()).children(|out| {
            for (account, is) in all {
                let tag = Tag::open(out, "affiliation").attr("jid", account.as_str());
                tag.attr("affiliation", affiliation_word(*is)).empty();
            }
        });
    })
}

/// A node's configuration, to be filled in.
pub fn configuration(node: &NodeName, config: &NodeConfig) -> Vec<u8> {
    in_owner(|out| {
        let tag = Tag::open(out, "configure").attr("node", node.as_str());
        tag.children(|out| config_form::write_config(out, config));
    })
}

/// The configuration a node has when none is given.
pub fn default_configuration() -> Vec<u8> {
    in_owner(|out| {
        let tag = Tag::open(out, "default");
        tag.children(|out| config_form::write_config(out, &NodeConfig::default()));
    })
}

/// Items of a node, and which part of all items they are.
pub fn items(name: &NodeName, node: &Node, page: &Page<&Item>, paging: Paging) -> Vec<u8> {
    in_pubsub(|out| {
        Tag::open(out, "items").attr("node", name.as_str()).children(|out| {
            for item in &page.entries {
                let publisher = node.shown_publisher(item).map(BareJid::as_str);
                let tag = Tag::open(out, "item").attr("id", item.id.as_str());
                let tag = tag.attr_opt("publisher", publisher);
                tag.raw(item.payload.as_deref().unwrap_or_default().as_bytes());
            }
        });
        rsm::write_set(out, paging, page, |item| item.id.as_str());
    })
}

fn subscription(out: &mut Vec<u8>, node: &NodeName, jid: &Jid) {
    let tag = Tag::open(out, "subscription").attr("node", node.as_str());
    tag.attr("jid", jid.as_str()).attr("subscription", "subscribed").empty();
}

fn affiliation_word(affiliation: Affiliation) -> &'static str {
    match affiliation {
        Affiliation::Owner => "owner",
        Affiliation::Publisher => "publisher",
        Affiliation::PublishOnly => "publish-only",
        Affiliation::Member => "member",
        Affiliation::None => "none",
        Affiliation::Outcast => "outcast",
    }
}

/// Bytes of an answer that names a node and an item.
const SHORT: usize = 256;

fn in_pubsub(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(SHORT);
    Tag::open(&mut out, "pubsub").xmlns(ns::PUBSUB).children(write);
    out
}

fn in_owner(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = vec![];
    Tag::open(&mut out, "pubsub").xmlns(ns::OWNER).children(write);
    out
}
