//! Every request the service understands, and how it is told apart.

use lampfield_xmpp_stream::{BareJid, Element, Jid};

use super::error::Malformed;
use super::rsm::Paging;
use super::{ns, owner, read};
use crate::services::Verb;
use crate::services::pubsub::engine::{
    Affiliation, NodeName, PageRequest, Publication, Retraction, Setting, SubscriptionOptions,
    Wanted,
};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// XEP-0060 section 8.1
    Create {
        /// The new node; the service makes up a name otherwise.
        node: Option<NodeName>,
        /// What its configuration is to be.
        settings: Vec<Setting>,
    },
    /// Section 8.2.1
    GetConfiguration(NodeName),
    /// Section 8.2.4
    Configure {
        /// The node.
        node: NodeName,
        /// What changes; nothing when the form was cancelled.
        settings: Vec<Setting>,
    },
    /// Section 8.3
    GetDefaultConfiguration,
    /// Section 8.4
    Delete(NodeName),
    /// Section 8.5
    Purge(NodeName),
    /// Section 8.9.1
    GetNodeAffiliations(NodeName),
    /// Section 8.9.2
    SetNodeAffiliations {
        /// The node.
        node: NodeName,
        /// What each account is to be; the others stay.
        changes: Vec<(BareJid, Affiliation)>,
    },
    /// Section 7.1
    Publish(Publication),
    /// Section 7.2
    Retract(Retraction),
    /// Section 6.1
    Subscribe {
        /// The node.
        node: NodeName,
        /// Who is to be subscribed.
        jid: Jid,
        /// What comes with the request, if anything.
        options: Option<SubscriptionOptions>,
    },
    /// Section 6.2
    Unsubscribe {
        /// The node.
        node: NodeName,
        /// Who is subscribed.
        jid: Jid,
    },
    /// Section 6.3.1
    GetOptions {
        /// The node.
        node: NodeName,
        /// Who is subscribed.
        jid: Jid,
    },
    /// Section 6.3.5
    SetOptions {
        /// The node.
        node: NodeName,
        /// Who is subscribed.
        jid: Jid,
        /// The new options; none when the form was cancelled.
        options: Option<SubscriptionOptions>,
    },
    /// Section 6.4
    GetDefaultOptions(Option<NodeName>),
    /// Section 6.5
    GetItems {
        /// The node.
        node: NodeName,
        /// Which of its items.
        wanted: Wanted,
        /// Whether the asker pages.
        paging: Paging,
    },
    /// Section 5.6
    GetSubscriptions(Option<NodeName>),
    /// Section 5.7
    GetAffiliations(Option<NodeName>),
    /// Sections 5.1 and 5.3
    DiscoInfo(Option<NodeName>),
    /// Section 5.2
    DiscoNodes {
        /// Which of the nodes.
        page: PageRequest,
        /// Whether the asker pages.
        paging: Paging,
    },
    /// Section 5.5
    DiscoItems {
        /// The node.
        node: NodeName,
        /// Which of its items.
        page: PageRequest,
        /// Whether the asker pages.
        paging: Paging,
    },
}

/// Reads the payload of an IQ.
pub fn parse(verb: Verb, payload: Element<'_>) -> Result<Request, Malformed> {
    match (payload.ns(), verb) {
        (ns::PUBSUB, _) => read::pubsub(verb, payload),
        (ns::OWNER, _) => owner::pubsub(verb, payload),
        (ns::DISCO_INFO, Verb::Get) => Ok(Request::DiscoInfo(optional_node(payload)?)),
        (ns::DISCO_ITEMS, Verb::Get) => read::disco_items(payload),
        _ => Err(Malformed::Unknown),
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
