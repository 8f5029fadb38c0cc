//! Why a stanza was refused: the conditions of RFC 6120, 8.3.3, with their types and old codes.
//!
//! COMPAT(asterisk<=22 res_xmpp): it reads `error/@code` without looking whether it is there and
//! dies when it is not, so every error written here carries the code of XEP-0086.

use std::borrow::Cow;
use std::fmt;

use crate::ns;
use crate::writer::Tag;

/// What the sender should do about an error (RFC 6120, 8.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorType {
    /// Retry after providing credentials.
    Auth,
    /// Do not retry: it would fail again.
    Cancel,
    /// The condition was only a warning.
    Continue,
    /// Retry after changing what was sent.
    Modify,
    /// Retry later: the error is for a time only.
    Wait,
}

/// A defined condition of a stanza error (RFC 6120, 8.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each variant is the condition of the same name in the RFC")]
pub enum StanzaCondition {
    BadRequest,
    Conflict,
    FeatureNotImplemented,
    Forbidden,
    Gone,
    InternalServerError,
    ItemNotFound,
    JidMalformed,
    NotAcceptable,
    NotAllowed,
    NotAuthorized,
    PaymentRequired,
    PolicyViolation,
    RecipientUnavailable,
    Redirect,
    RegistrationRequired,
    RemoteServerNotFound,
    RemoteServerTimeout,
    ResourceConstraint,
    ServiceUnavailable,
    SubscriptionRequired,
    UndefinedCondition,
    UnexpectedRequest,
}

/// An error answer to one stanza. [`StanzaCondition::with`] makes one with the usual type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{condition}: {text}")]
pub struct StanzaError {
    /// What went wrong, as a program reads it.
    pub condition: StanzaCondition,
    /// What the sender should do: correct it, log in, wait, or give up.
    pub kind: ErrorType,
    /// A sentence for people; empty for none.
    pub text: Cow<'static, str>,
    /// The application's own condition, as (namespace, element name), such as PubSub's `nodeid-required`.
    pub detail: Option<(&'static str, &'static str)>,
}

// === impl ErrorType ===

impl ErrorType {
    /// The value of the `type` attribute.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Cancel => "cancel",
            Self::Continue => "continue",
            Self::Modify => "modify",
            Self::Wait => "wait",
        }
    }
}

// === impl StanzaCondition ===

impl StanzaCondition {
    /// Every condition, for tables and tests.
    pub const ALL: [Self; 23] = [
        Self::BadRequest,
        Self::Conflict,
        Self::FeatureNotImplemented,
        Self::Forbidden,
        Self::Gone,
        Self::InternalServerError,
        Self::ItemNotFound,
        Self::JidMalformed,
        Self::NotAcceptable,
        Self::NotAllowed,
        Self::NotAuthorized,
        Self::PaymentRequired,
        Self::PolicyViolation,
        Self::RecipientUnavailable,
        Self::Redirect,
        Self::RegistrationRequired,
        Self::RemoteServerNotFound,
        Self::RemoteServerTimeout,
        Self::ResourceConstraint,
        Self::ServiceUnavailable,
        Self::SubscriptionRequired,
        Self::UndefinedCondition,
        Self::UnexpectedRequest,
    ];

    /// Element name, usual type (RFC 6120, 8.3.3) and old code (XEP-0086).
    const fn row(self) -> (&'static str, ErrorType, u16) {
        use ErrorType::{Auth, Cancel, Modify, Wait};
        match self {
            Self::BadRequest => ("bad-request", Modify, 400),
            Self::Conflict => ("conflict", Cancel, 409),
            Self::FeatureNotImplemented => ("feature-not-implemented", Cancel, 501),
            Self::Forbidden => ("forbidden", Auth, 403),
            Self::Gone => ("gone", Cancel, 302),
            Self::InternalServerError => ("internal-server-error", Cancel, 500),
            Self::ItemNotFound => ("item-not-found", Cancel, 404),
            Self::JidMalformed => ("jid-malformed", Modify, 400),
            Self::NotAcceptable => ("not-acceptable", Modify, 406),
            Self::NotAllowed => ("not-allowed", Cancel, 405),
            Self::NotAuthorized => ("not-authorized", Auth, 401),
            Self::PaymentRequired => ("payment-required", Auth, 402),
            // Younger than XEP-0086; 405 is what its nearest relative there has.
            Self::PolicyViolation => ("policy-violation", Modify, 405),
            Self::RecipientUnavailable => ("recipient-unavailable", Wait, 404),
            Self::Redirect => ("redirect", Modify, 302),
            Self::RegistrationRequired => ("registration-required", Auth, 407),
            Self::RemoteServerNotFound => ("remote-server-not-found", Cancel, 404),
            Self::RemoteServerTimeout => ("remote-server-timeout", Wait, 504),
            Self::ResourceConstraint => ("resource-constraint", Wait, 500),
            Self::ServiceUnavailable => ("service-unavailable", Cancel, 503),
            Self::SubscriptionRequired => ("subscription-required", Auth, 407),
            Self::UndefinedCondition => ("undefined-condition", Cancel, 500),
            Self::UnexpectedRequest => ("unexpected-request", Wait, 400),
        }
    }

    /// The element name of the condition on the wire.
    pub const fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The type this condition usually goes with.
    pub const fn usual_type(self) -> ErrorType {
        self.row().1
    }

    /// The numeric code of the time before conditions (XEP-0086).
    pub const fn legacy_code(self) -> u16 {
        self.row().2
    }

    /// The error with this condition, its usual type and `text` (empty for none).
    pub fn with(self, text: impl Into<Cow<'static, str>>) -> StanzaError {
        StanzaError { condition: self, kind: self.usual_type(), text: text.into(), detail: None }
    }
}

impl fmt::Display for StanzaCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl StanzaError ===

impl StanzaError {
    /// The same error, saying more exactly what happened in `namespace`'s own terms.
    #[must_use]
    pub fn detail(mut self, namespace: &'static str, name: &'static str) -> Self {
        self.detail = Some((namespace, name));
        self
    }

    /// The same error with another type.
    #[must_use]
    pub fn kind(mut self, kind: ErrorType) -> Self {
        self.kind = kind;
        self
    }

    /// Appends the `<error/>` element, old code included.
    pub fn write(&self, out: &mut Vec<u8>) {
        Tag::open(out, "error")
            .attr("type", self.kind.as_str())
            .attr_number("code", self.condition.legacy_code())
            .children(|out| {
                Tag::open(out, self.condition.as_str()).xmlns(ns::STANZA_ERRORS).empty();
                if !self.text.is_empty() {
                    Tag::open(out, "text").xmlns(ns::STANZA_ERRORS).text(&self.text);
                }
                if let Some((namespace, name)) = self.detail {
                    Tag::open(out, name).xmlns(namespace).empty();
                }
            });
    }
}

impl From<StanzaCondition> for StanzaError {
    fn from(condition: StanzaCondition) -> Self {
        condition.with("")
    }
}

#[cfg(test)]
mod tests;
