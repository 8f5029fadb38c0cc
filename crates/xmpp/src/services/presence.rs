//! Presence (RFC 6121 sections 3 and 4): who is there, who may know it, and asking to know it.
//!
//! No stanza leaves here without `from`: COMPAT(asterisk<=22) crashes on one.

mod broadcast;
mod directed;
mod handshake;
pub mod rounds;
mod write;

use std::rc::Rc;

use lampfield_xmpp_stream::{BareJid, Element, Jid, StanzaCondition, StanzaError, ns};

pub use broadcast::{hide, show};
pub use handshake::part;

use super::{BackgroundTask, Service, SessionEvent, relay};
use crate::contacts::subscription::{Half, SubscriptionStep};
use crate::context::{Context, StanzaKind, Taken, Undelivered};
use crate::session::{Presence, Session, Words};

/// The service that takes every `<presence/>` of a logged-in client.
#[derive(Debug)]
pub struct PresenceService;

// === impl PresenceService ===

impl Service for PresenceService {
    fn presence(
        &self,
        context: &Rc<Context>,
        from: &Rc<Session>,
        presence: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        take(context, from, presence).map(|()| Taken::Yes)
    }

    fn session(&self, context: &Rc<Context>, session: &Rc<Session>, event: SessionEvent<'_>) {
        if let SessionEvent::Ended(_) = event {
            left(context, session);
        }
    }

    fn tasks(&self, context: &Rc<Context>) -> Vec<BackgroundTask> {
        let context = Rc::clone(context);
        vec![Box::pin(async move { rounds::run(&context).await })]
    }
}

/// Tells everyone concerned that a session is gone. It has been unbound from the router.
fn left(context: &Rc<Context>, session: &Rc<Session>) {
    let replaced = context.router.session(&session.jid).is_some_and(|newer| newer.is_available());
    // A newer login on the same address speaks for it now.
    if !replaced {
        broadcast::unavailable(context, session, &Rc::default());
    }
}

/// Whether `viewer` may know whether `account` is there.
pub fn may_see(context: &Context, viewer: &BareJid, account: &BareJid) -> bool {
    viewer == account
        || context.peers.are(viewer, account)
        || context.rosters.subscription(account, viewer).from == Half::Yes
}

fn take(
    context: &Rc<Context>,
    session: &Rc<Session>,
    stanza: Element<'_>,
) -> Result<(), StanzaError> {
    let to = stanza.attr("to").map(Jid::parse).transpose();
    let to = to.map_err(|error| StanzaCondition::JidMalformed.with(error.to_string()))?;
    match (stanza.attr("type"), to) {
        // COMPAT(old clients): `available` was never a type, but it is plain what it means.
        (None | Some("available"), None) => {
            broadcast::available(context, session, announcement(stanza, session.lang())?);
            Ok(())
        }
        (Some("unavailable"), None) => {
            broadcast::goes(context, session, &Rc::new(Words::of(stanza, session.lang())));
            Ok(())
        }
        (None | Some("available" | "unavailable"), Some(to)) => {
            directed::stanza(context, session, &to, stanza)
        }
        (Some("probe"), Some(to)) => probe(context, session, &to, stanza),
        // Somebody's answer to a presence: of no use to anyone but who sent it.
        (Some("error"), Some(to)) => directed::pass_on(context, session, &to, stanza).map(|_| ()),
        (Some("error"), None) => Ok(()),
        (Some(kind), Some(to)) => match SubscriptionStep::parse(kind) {
            Some(step) => handshake::say(context, session, &to.to_bare(), step, stanza),
            None => Err(StanzaCondition::BadRequest.with("no such type of presence")),
        },
        (Some(_), None) => Err(StanzaCondition::BadRequest.with("this presence needs an address")),
    }
}

/// A client asks whether somebody is there (RFC 6121 section 4.3).
fn probe(
    context: &Context,
    session: &Session,
    to: &Jid,
    stanza: Element<'_>,
) -> Result<(), StanzaError> {
    if context.domains.has(to.domain()) {
        broadcast::answer_probe(context, session, &to.to_bare());
        return Ok(());
    }
    let out = relay::passed_on(session, to.as_str(), stanza);
    context.deliver_abroad(&Undelivered::new(StanzaKind::Presence, &session.jid, to, &out))
}

/// What an available presence says.
fn announcement(stanza: Element<'_>, lang: Option<&str>) -> Result<Presence, StanzaError> {
    let priority = match stanza.child_text(ns::CLIENT, "priority") {
        None => 0,
        Some(text) => text.trim().parse().map_err(|_| {
            StanzaCondition::BadRequest.with("a priority is a number from -128 to 127")
        })?,
    };
    Ok(Presence { priority, words: Rc::new(Words::of(stanza, lang)) })
}

#[cfg(test)]
mod tests;
