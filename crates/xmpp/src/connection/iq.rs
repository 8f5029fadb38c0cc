//! What makes an IQ one (RFC 6120 section 8.2.3), whoever it is for: nothing that breaks these rules
//! is carried out or passed on.

use lampfield_accounts::Role;
use lampfield_xmpp_stream::{Element, StanzaCondition, StanzaError, ns};

use crate::services::Verb;

/// An IQ that keeps the rules.
#[derive(Clone, Copy)]
pub(super) struct Iq<'a> {
    pub stanza: Element<'a>,
    pub id: &'a str,
    pub kind: IqKind<'a>,
}

#[derive(Clone, Copy)]
pub(super) enum IqKind<'a> {
    /// What is asked or told, and its payload.
    Request(Verb, Element<'a>),
    /// A result or an error, which is never answered.
    Answer,
}

// === impl Iq ===

impl<'a> Iq<'a> {
    /// Reads an IQ of an account with this role, or of a stranger. None for an answer that breaks
    /// the rules: it is dropped, because answers are never answered.
    ///
    /// # Errors
    /// `bad-request` for another type than the four there are, and for a request without an id or
    /// with any number of payloads but one.
    pub(super) fn read(
        stanza: Element<'a>,
        role: Option<Role>,
    ) -> Result<Option<Self>, StanzaError> {
        let id = stanza.attr("id").unwrap_or_default();
        let bad = |text| StanzaCondition::BadRequest.with(text);
        let mut children = stanza.children();
        let (first, second) = (children.next(), children.next());
        let verb = match stanza.attr("type") {
            Some("get") => Verb::Get,
            Some("set") => Verb::Set,
            // An error may repeat the request.
            Some("error") if children.next().is_none() => {
                return Ok(Some(Self::answer(stanza, id)));
            }
            Some("result") if second.is_none() => return Ok(Some(Self::answer(stanza, id))),
            Some("result" | "error") => return Ok(None),
            _ => return Err(bad("no such type of IQ")),
        };
        if id.is_empty() {
            return Err(bad("an IQ needs an id"));
        }
        let payload = first.ok_or_else(|| bad("an IQ needs a payload"))?;
        if second.is_some_and(|second| !is_carried_along(payload, second, role))
            || children.next().is_some()
        {
            return Err(bad("an IQ has one payload"));
        }
        Ok(Some(Self { stanza, id, kind: IqKind::Request(verb, payload) }))
    }

    fn answer(stanza: Element<'a>, id: &'a str) -> Self {
        Self { stanza, id, kind: IqKind::Answer }
    }
}

/// COMPAT(asterisk<=22): what it publishes again after an error has that error as a second child.
fn is_carried_along(payload: Element<'_>, second: Element<'_>, role: Option<Role>) -> bool {
    role == Some(Role::Pbx) && payload.name() == "pubsub" && second.is(ns::CLIENT, "error")
}
