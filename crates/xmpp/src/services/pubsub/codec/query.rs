//! Reading what asks to be told something.

use lampfield_xmpp_stream::{Element, Jid};

use super::attribute::{jid, node, optional_node};
use super::error::Malformed;
use super::ns;
use super::rsm::{self, Paging};
use crate::services::pubsub::engine::{ItemId, NodeName, PageRequest, PageStart, Wanted};

/// What somebody wants to know. Sections are of XEP-0060.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// A node's configuration, for its owners (section 8.2.1).
    Configuration(NodeName),
    /// What configuration a new node has (section 8.3).
    DefaultConfiguration,
    /// Everybody's affiliation to a node, for its owners (section 8.9.1).
    NodeAffiliations(NodeName),
    /// The options of a subscription (section 6.3.1).
    Options {
        /// The node to which the address is subscribed.
        node: NodeName,
        /// The subscribed address, bare or full.
        jid: Jid,
    },
    /// What options a new subscription has (section 6.4).
    DefaultOptions(Option<NodeName>),
    /// The items of a node (section 6.5).
    Items {
        /// The node that is read.
        node: NodeName,
        /// Which items: a page, or named ones.
        wanted: Wanted,
        /// Whether the answer says which page it is.
        paging: Paging,
    },
    /// The asker's subscriptions, to one node or to all (section 5.6).
    Subscriptions(Option<NodeName>),
    /// The asker's affiliations, to one node or to all (section 5.7).
    Affiliations(Option<NodeName>),
    /// What the service or a node is (sections 5.1, 5.3 and 5.4).
    Info(Option<NodeName>),
    /// Which nodes there are (section 5.2).
    Nodes {
        /// Which part of the list is wanted.
        page: PageRequest,
        /// Whether the answer says which page it is.
        paging: Paging,
    },
    /// Which items a node has (section 5.5).
    ItemNames {
        /// The node whose items are named.
        node: NodeName,
        /// Which part of the list is wanted.
        page: PageRequest,
        /// Whether the answer says which page it is.
        paging: Paging,
    },
}

/// Reads the payload of an IQ get.
pub(super) fn parse(payload: Element<'_>) -> Result<Query, Malformed> {
    match payload.ns() {
        ns::PUBSUB => everybodys(payload),
        ns::OWNER => owners(payload),
        ns::DISCO_INFO => Ok(Query::Info(optional_node(payload)?)),
        ns::DISCO_ITEMS => listing(payload),
        _ => Err(Malformed::Unknown),
    }
}

fn everybodys(payload: Element<'_>) -> Result<Query, Malformed> {
    let action = payload.children().find(|child| child.ns() == ns::PUBSUB);
    let action = action.ok_or(Malformed::Unknown)?;
    match action.name() {
        "items" => items(payload, action),
        "options" => Ok(Query::Options { node: node(action)?, jid: jid(action)? }),
        "default" => Ok(Query::DefaultOptions(optional_node(action)?)),
        "subscriptions" => Ok(Query::Subscriptions(optional_node(action)?)),
        "affiliations" => Ok(Query::Affiliations(optional_node(action)?)),
        _ => Err(Malformed::Unknown),
    }
}

fn owners(payload: Element<'_>) -> Result<Query, Malformed> {
    let action = payload.children().find(|child| child.ns() == ns::OWNER);
    let action = action.ok_or(Malformed::Unknown)?;
    match action.name() {
        "configure" => Ok(Query::Configuration(node(action)?)),
        "default" => Ok(Query::DefaultConfiguration),
        "affiliations" => Ok(Query::NodeAffiliations(node(action)?)),
        "subscriptions" => Err(Malformed::Unsupported("manage-subscriptions")),
        _ => Err(Malformed::Unknown),
    }
}

fn items(payload: Element<'_>, action: Element<'_>) -> Result<Query, Malformed> {
    let named = action.children().filter(|child| child.is(ns::PUBSUB, "item"));
    let named = named.map(|item| {
        let id = item.attr("id").ok_or(Malformed::ItemRequired)?;
        Ok(ItemId::parse(id)?)
    });
    let named = named.collect::<Result<Vec<_>, Malformed>>()?;
    let (wanted, paging) = match rsm::page_request(payload)? {
        _ if !named.is_empty() => (Wanted::Named(named), Paging::Unasked),
        Some(page) => (Wanted::Page(page), Paging::Asked),
        // Without a word about pages the newest items are meant (section 6.5.7).
        None => {
            let max = action.attr("max_items").map(|text| rsm::number("max_items", text));
            let page = PageRequest { max: max.transpose()?, place: PageStart::End };
            (Wanted::Page(page), Paging::Unasked)
        }
    };
    Ok(Query::Items { node: node(action)?, wanted, paging })
}

fn listing(query: Element<'_>) -> Result<Query, Malformed> {
    let (page, paging) = match rsm::page_request(query)? {
        Some(page) => (page, Paging::Asked),
        None => (PageRequest::default(), Paging::Unasked),
    };
    Ok(match optional_node(query)? {
        None => Query::Nodes { page, paging },
        Some(node) => Query::ItemNames { node, page, paging },
    })
}
