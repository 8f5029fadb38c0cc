//! Refusals as stanza errors (XEP-0060 sections 5 to 8, "Error Cases"). An error never echoes the
//! request.

use lampfield_xmpp_stream::{ErrorType, JidError, StanzaCondition, StanzaError};
use thiserror::Error;

use super::ns;
use crate::services::pubsub::engine::{NameError, Refusal};

/// Why a stanza is no request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Malformed {
    /// It asks for nothing that is known here.
    #[error("no such pubsub request")]
    Unknown,
    /// It needs a node and names none.
    #[error("a node is required")]
    NodeRequired,
    /// It needs a JID and names none.
    #[error("a jid is required")]
    JidRequired,
    /// It needs an item, or an item's id, and has none.
    #[error("an item with an id is required")]
    ItemRequired,
    /// It has more items than one.
    #[error("one item at a time")]
    ManyItems,
    /// Its item has more payloads than one.
    #[error("an item has one payload at most")]
    ManyPayloads,
    /// It needs a filled-in form and has none.
    #[error("a submitted form is required")]
    FormRequired,
    /// The subscription's options make no sense.
    #[error("the options cannot be understood")]
    Options,
    /// A field of the configuration has a value that cannot be had.
    #[error("{var} cannot be {value:?}")]
    Field {
        /// The `var` of the form field, such as `pubsub#max_items`.
        var: &'static str,
        /// The value that was sent for it.
        value: String,
    },
    /// An access model that is not offered.
    #[error("the access model {0:?} is not supported")]
    AccessModel(String),
    /// A publish option that no node can meet.
    #[error("the publish option {0} is not supported")]
    Precondition(String),
    /// A feature that is not offered, by XEP-0060's name for it.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// A number or a word that is none.
    #[error("{name} cannot be {value:?}")]
    Value {
        /// The attribute or element that holds it.
        name: &'static str,
        /// The text that was sent.
        value: String,
    },
    /// A node or an item has a name that is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// An address is none.
    #[error(transparent)]
    Jid(#[from] JidError),
}

impl From<Malformed> for StanzaError {
    fn from(malformed: Malformed) -> Self {
        use StanzaCondition::{BadRequest, Conflict, FeatureNotImplemented, NotAcceptable};
        let (condition, detail) = match &malformed {
            Malformed::Unknown => (FeatureNotImplemented, None),
            Malformed::NodeRequired => (BadRequest, Some("nodeid-required")),
            Malformed::JidRequired => (BadRequest, Some("jid-required")),
            Malformed::ItemRequired => (BadRequest, Some("item-required")),
            Malformed::ManyItems | Malformed::ManyPayloads => (BadRequest, Some("invalid-payload")),
            Malformed::Options => (BadRequest, Some("invalid-options")),
            Malformed::Field { .. } => (NotAcceptable, None),
            Malformed::AccessModel(_) => (NotAcceptable, Some("unsupported-access-model")),
            Malformed::Precondition(_) => (Conflict, Some("precondition-not-met")),
            Malformed::Unsupported(_) => (FeatureNotImplemented, Some("unsupported")),
            Malformed::Jid(_) => (BadRequest, Some("invalid-jid")),
            Malformed::FormRequired | Malformed::Value { .. } | Malformed::Name(_) => {
                (BadRequest, None)
            }
        };
        stanza_error(condition, detail, malformed.to_string())
    }
}

impl From<Refusal> for StanzaError {
    fn from(refusal: Refusal) -> Self {
        use StanzaCondition as Is;
        let (condition, detail) = match &refusal {
            Refusal::NoSuchNode(_) | Refusal::NoSuchItem => (Is::ItemNotFound, None),
            Refusal::NodeExists(_) => (Is::Conflict, None),
            Refusal::Forbidden => (Is::Forbidden, None),
            Refusal::Reserved(_) => (Is::NotAllowed, None),
            Refusal::ClosedNode => (Is::NotAllowed, Some("closed-node")),
            Refusal::InvalidJid => (Is::BadRequest, Some("invalid-jid")),
            Refusal::NotSubscribed => (Is::UnexpectedRequest, Some("not-subscribed")),
            Refusal::TooManySubscriptions => (Is::PolicyViolation, Some("too-many-subscriptions")),
            Refusal::ItemRequired => (Is::BadRequest, Some("item-required")),
            Refusal::ItemForbidden => (Is::BadRequest, Some("item-forbidden")),
            Refusal::PayloadRequired => (Is::BadRequest, Some("payload-required")),
            Refusal::PayloadTooBig { .. } => (Is::NotAcceptable, Some("payload-too-big")),
            Refusal::PreconditionNotMet => (Is::Conflict, Some("precondition-not-met")),
            Refusal::NotPersistent => (Is::FeatureNotImplemented, Some("unsupported")),
            Refusal::NotAcceptable(_) => (Is::NotAcceptable, None),
            Refusal::Repeated | Refusal::BadName(_) => (Is::BadRequest, None),
            Refusal::LimitReached(_) => (Is::ResourceConstraint, None),
        };
        let error = stanza_error(condition, detail, refusal.to_string());
        match refusal {
            // Where XEP-0060 differs from the usual type of the condition.
            Refusal::NotSubscribed => error.kind(ErrorType::Cancel),
            Refusal::TooManySubscriptions => error.kind(ErrorType::Wait),
            _ => error,
        }
    }
}

fn stanza_error(
    condition: StanzaCondition,
    detail: Option<&'static str>,
    text: String,
) -> StanzaError {
    let error = condition.with(text);
    match detail {
        Some(name) => error.detail(ns::ERRORS, name),
        None => error,
    }
}
