//! What becomes of the stanzas of a session: each goes to a service or to somebody else's session
//! (RFC 6120 sections 8 and 10).

use std::rc::Rc;

use lampfield_xmpp_stream::{
    BareJid, Element, Jid, StanzaCondition, StanzaError, StreamCondition, StreamError, ns,
};

use super::iq::{Iq, IqKind};
use super::misdirected;
use super::stream::StreamStep;
use crate::context::Taken;
use crate::door::Door;
use crate::services::{Answer, Request, Scope, relay, reply};
use crate::session::Session;

/// Handles one stanza of a session.
///
/// # Errors
/// `invalid-from` for a forged sender, `unsupported-stanza-type` for anything but the three kinds.
pub(super) fn stanza(
    door: &Rc<Door>,
    session: &Rc<Session>,
    stanza: Element<'_>,
) -> Result<Option<StreamStep>, StreamError> {
    check_from(session, stanza)?;
    match (stanza.ns(), stanza.name()) {
        (ns::CLIENT, "iq") => iq(door, session, stanza),
        (ns::CLIENT, "message") => door.services.message(&door.context, session, stanza),
        (ns::CLIENT, "presence") => door.services.presence(&door.context, session, stanza),
        (_, name) => {
            let text = format!("{name:?} is not a stanza");
            return Err(StreamCondition::UnsupportedStanzaType.with(text));
        }
    }
    Ok(None)
}

/// RFC 6120 section 8.1.2.1: the sender is who logged in, with or without the resource.
fn check_from(session: &Session, stanza: Element<'_>) -> Result<(), StreamError> {
    let Some(from) = stanza.attr("from") else { return Ok(()) };
    if from == session.jid.as_str() || from == session.bare.as_str() {
        return Ok(());
    }
    // The same address may be written in more than one way.
    let same = Jid::parse(from).is_ok_and(|jid| {
        jid.as_str() == session.jid.as_str() || jid.as_str() == session.bare.as_str()
    });
    if same {
        return Ok(());
    }
    Err(StreamCondition::InvalidFrom.with(format!("{from:?} is not {}", session.jid)))
}

fn iq(door: &Rc<Door>, session: &Rc<Session>, stanza: Element<'_>) {
    let role = session.account.borrow().role;
    let iq = match Iq::read(stanza, Some(role)) {
        Ok(Some(iq)) => iq,
        Ok(None) => {
            return tracing::debug!(code = "refused", jid = %session.jid, "no answer has two payloads");
        }
        Err(error) => return refuse(session, stanza, &error),
    };
    // The hot path: a publish is recognised by comparing the address as it was written.
    let to = stanza.attr("to");
    if let Some(served) = to.and_then(|to| door.context.domains.pubsub(to)) {
        return request(door, session, iq, Scope::PubSub, &served.pubsub);
    }
    let Some(to) = to else {
        return request(door, session, iq, Scope::Account, &session.bare);
    };
    match Jid::parse(to) {
        Ok(jid) if jid.local().is_none() && jid.resource().is_none() => {
            iq_to_domain(door, session, iq, &jid);
        }
        Ok(jid) if door.context.domains.served(Some(jid.domain())).is_none() => {
            elsewhere(door, session, iq, &jid);
        }
        Ok(jid) => match jid.to_full() {
            None => request(door, session, iq, Scope::Account, &jid.to_bare()),
            Some(full) => {
                let taken = door.services.client_iq(&door.context, session, &full, stanza);
                if let Err(error) = taken {
                    refuse_request(session, iq, &error);
                }
            }
        },
        Err(error) => {
            nobody_here(door, session, iq, &StanzaCondition::JidMalformed.with(error.to_string()))
        }
    }
}

fn iq_to_domain(door: &Rc<Door>, session: &Rc<Session>, iq: Iq<'_>, to: &Jid) {
    let bare = to.to_bare();
    if let Some(served) = door.context.domains.pubsub(bare.as_str()) {
        request(door, session, iq, Scope::PubSub, &served.pubsub);
    } else if door.context.domains.served(Some(bare.as_str())).is_some() {
        request(door, session, iq, Scope::Server, &bare);
    } else {
        elsewhere(door, session, iq, to);
    }
}

/// An IQ for a domain that is not served here.
fn elsewhere(door: &Rc<Door>, session: &Rc<Session>, iq: Iq<'_>, to: &Jid) {
    match relay::iq_elsewhere(&door.context, session, iq.stanza, to) {
        Ok(Taken::Yes) => {}
        Ok(Taken::No) => {
            let error = StanzaCondition::RemoteServerNotFound.with("no such server here");
            nobody_here(door, session, iq, &error);
        }
        Err(error) => refuse_request(session, iq, &error),
    }
}

/// Lets a service answer, or takes note of an answer to one of our own questions.
fn request(door: &Rc<Door>, session: &Rc<Session>, iq: Iq<'_>, scope: Scope, to: &BareJid) {
    let Iq { stanza, id, kind } = iq;
    let IqKind::Request(verb, payload) = kind else {
        return door.services.answered(&door.context, session, id);
    };
    let request = Request { session, scope, to, verb, id, payload };
    let answer = match (stanza.attr("to"), door.services.answer(&door.context, &request)) {
        // Without an address the server may be meant as well as the account.
        (None, None) => {
            door.services.answer(&door.context, &Request { scope: Scope::Server, ..request })
        }
        (_, answer) => answer,
    };
    match answer {
        Some(Answer::Result(payload)) => {
            let mut out = Vec::new();
            let (from, to) = (stanza.attr("to"), Some(session.jid.as_str()));
            reply::result(&mut out, id, from, to, &payload);
            session.send(&out);
        }
        Some(Answer::Error(error)) => refuse_request(session, iq, &error),
        Some(Answer::Handled) => {}
        None => nobody_here(door, session, iq, &StanzaCondition::ServiceUnavailable.into()),
    }
}

/// Refuses a request that no service here takes.
fn nobody_here(door: &Door, session: &Session, iq: Iq<'_>, error: &StanzaError) {
    let context = &door.context;
    if let IqKind::Request(_, payload) = iq.kind {
        misdirected::note(
            &context.domains,
            context.accounts.log_limit(),
            session,
            iq.stanza,
            payload,
        );
    }
    refuse_request(session, iq, error);
}

/// Answers a request with an error; answers are never answered.
fn refuse_request(session: &Session, iq: Iq<'_>, error: &StanzaError) {
    if let IqKind::Request(..) = iq.kind {
        refuse(session, iq.stanza, error);
    }
}

/// Sends an error for an IQ.
fn refuse(session: &Session, iq: Element<'_>, error: &StanzaError) {
    let payload = iq.first_child().map(|payload| (payload.ns(), payload.name()));
    tracing::debug!(code = "refused", jid = %session.jid, ?payload, "an IQ was refused: {error}");
    let mut out = Vec::new();
    let id = iq.attr("id").unwrap_or_default();
    reply::error(&mut out, id, iq.attr("to"), Some(session.jid.as_str()), error);
    session.send(&out);
}
