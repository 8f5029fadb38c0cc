//! Passing on what one client says to another, in the client's own words: the only way for bytes
//! that the server has not made itself.
//!
//! It never lets a sender use up a recipient's connection, and it lets nothing through to a PBX
//! that could harm it. COMPAT(asterisk<=22): res_xmpp acts on every answer that comes in, whoever
//! sends it and whether or not it asked: an error with `<pubsub/>` and without a code, a roster
//! result with an item without a JID and more of the kind crash it, and a good roster result adds
//! buddies. So a PBX gets an answer only where it has asked, an error only in the server's own
//! words, and questions only from PBXs and admins, and only while it pauses: see
//! [`Link::is_quiet`](crate::wire::Link::is_quiet).

use std::rc::Rc;
use std::time::Duration;

use lampfield_accounts::Role;
use lampfield_xmpp_stream::{Element, FullJid, Jid, StanzaCondition, StanzaError, ns, writer};
use tokio::time::sleep;

use super::{BackgroundTask, Service, reply};
use crate::context::{Context, StanzaKind, Taken, Undelivered};
use crate::questions::Question;
use crate::session::{Caps, Session};

/// Bytes of one stanza that a user may send to a PBX.
const MOST_TO_PBX: usize = 16 * 1024;
/// How often it is looked whether a PBX pauses that is to be asked something.
const LOOK: Duration = Duration::from_millis(250);

/// Takes every IQ between clients.
#[derive(Debug)]
pub struct Relay;

// === impl Relay ===

impl Service for Relay {
    fn client_iq(
        &self,
        context: &Rc<Context>,
        from: &Rc<Session>,
        to: &FullJid,
        stanza: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        iq(context, from, stanza, to).map(|()| Taken::Yes)
    }

    fn tasks(&self, context: &Rc<Context>) -> Vec<BackgroundTask> {
        let context = Rc::clone(context);
        vec![Box::pin(async move { pass_on_in_pauses(&context).await })]
    }
}

/// Passes an IQ on to a resource; the answer comes back the same way.
///
/// # Errors
/// `service-unavailable` where nobody is or where a PBX is not to be asked, `bad-request` for an
/// IQ that neither asks nor answers, `resource-constraint` where too many questions wait for PBXs,
/// and as [`hand_over`].
fn iq(
    context: &Context,
    from: &Rc<Session>,
    iq: Element<'_>,
    address: &FullJid,
) -> Result<(), StanzaError> {
    let id = iq.attr("id").unwrap_or_default();
    let Some(to) = context.router.session(address) else {
        let nobody = Err(StanzaCondition::ServiceUnavailable.into());
        return iq_elsewhere(context, from, iq, &address.to_jid())?.or(nobody);
    };
    let (to_pbx, sender, recipient) = (role(&to) == Role::Pbx, &from.jid, address.as_str());
    let out = match iq.attr("type") {
        Some("get" | "set") if to_pbx && role(from) == Role::User => {
            return Err(StanzaCondition::ServiceUnavailable.into());
        }
        Some("result" | "error") if to_pbx && !to.asked.borrow_mut().settle(id, sender) => {
            return Ok(());
        }
        Some("error") if to_pbx => {
            let mut out = Vec::new();
            let error = own_words(iq);
            reply::error(&mut out, id, Some(sender.as_str()), Some(recipient), &error);
            out
        }
        Some("get" | "set" | "result" | "error") => passed_on(from, recipient, iq),
        _ => return Err(StanzaCondition::BadRequest.with("no such type of IQ")),
    };
    if iq.attr("type") == Some("get") && must_wait(context, &to) {
        let waits = context.questions.put(Question::new(id, from, &to, out));
        return waits.map_err(|full| StanzaCondition::ResourceConstraint.with(full.to_string()));
    }
    hand_over(from, &to, &out)?;
    if matches!(iq.attr("type"), Some("get" | "set")) {
        note_asked(from, id, address);
    }
    Ok(())
}

/// Looks for somebody else who delivers an IQ.
///
/// # Errors
/// As [`Context::deliver_elsewhere`].
pub fn iq_elsewhere(
    context: &Context,
    from: &Session,
    iq: Element<'_>,
    to: &Jid,
) -> Result<Taken, StanzaError> {
    let out = passed_on(from, to.as_str(), iq);
    context.deliver_elsewhere(&Undelivered::new(StanzaKind::Iq, &from.jid, to, &out))
}

/// Whether a question is not for now. A set is: calls (Jingle) cannot wait. Where PBXs are shown
/// caps they are to ask each other at once.
fn must_wait(context: &Context, to: &Session) -> bool {
    role(to) == Role::Pbx && context.caps_for(&to.bare) == Caps::Hidden && !to.link.is_quiet()
}

fn note_asked(from: &Session, id: &str, address: &FullJid) {
    if role(from) == Role::Pbx {
        from.asked.borrow_mut().note(id, address);
    }
}

/// Passes on what has waited for a pause, for ever.
async fn pass_on_in_pauses(context: &Context) {
    loop {
        context.questions.some().await;
        sleep(LOOK).await;
        context.questions.take_due().iter().for_each(settle);
    }
}

/// The wait of a question is over: it is asked, or the asker hears that it was not.
fn settle(question: &Question) {
    let Some(from) = question.from.upgrade() else { return };
    let asked = match question.to.upgrade() {
        None => Err(StanzaCondition::ServiceUnavailable.into()),
        Some(to) if to.link.is_quiet() => hand_over(&from, &to, &question.stanza),
        Some(_) => Err(StanzaCondition::ResourceConstraint.with("the PBX makes no pause")),
    };
    match asked {
        Ok(()) => note_asked(&from, &question.id, &question.address),
        Err(error) => {
            let mut out = Vec::new();
            let (sender, recipient) = (question.address.as_str(), from.jid.as_str());
            reply::error(&mut out, &question.id, Some(sender), Some(recipient), &error);
            from.send(&out);
        }
    }
}

/// A client's stanza as others get it.
pub fn passed_on(from: &Session, to: &str, stanza: Element<'_>) -> Vec<u8> {
    passed_on_but(from, to, stanza, |_| true)
}

/// The same with no other children than those that are `kept`.
pub fn passed_on_but(
    from: &Session,
    to: &str,
    stanza: Element<'_>,
    kept: impl Fn(Element<'_>) -> bool,
) -> Vec<u8> {
    let mut out = Vec::new();
    let ends = (Some(from.jid.as_str()), Some(to));
    writer::forward(&mut out, stanza, ns::CLIENT, ends, from.lang(), kept);
    out
}

/// Sends a client's stanza to another, which never costs the other its connection.
///
/// # Errors
/// `resource-constraint` (wait) where the recipient has too much to read already,
/// `not-acceptable` for more than 16 KiB from a user to a PBX.
pub fn hand_over(from: &Session, to: &Session, stanza: &[u8]) -> Result<(), StanzaError> {
    if role(to) == Role::Pbx && role(from) == Role::User && stanza.len() > MOST_TO_PBX {
        let text = format!("a PBX takes no more than {MOST_TO_PBX} bytes at once");
        return Err(StanzaCondition::NotAcceptable.with(text));
    }
    to.link
        .try_send(stanza)
        .map_err(|crowded| StanzaCondition::ResourceConstraint.with(crowded.to_string()))
}

fn role(session: &Session) -> Role {
    session.account.borrow().role
}

/// The error of an IQ, without anything but its condition.
fn own_words(iq: Element<'_>) -> StanzaError {
    let error = iq.child(ns::CLIENT, "error");
    let mut inside = error.into_iter().flat_map(Element::children);
    let known = inside.find_map(|child| {
        let same = |condition: &&StanzaCondition| child.is(ns::STANZA_ERRORS, condition.as_str());
        StanzaCondition::ALL.iter().find(same).copied()
    });
    known.unwrap_or(StanzaCondition::UndefinedCondition).into()
}

#[cfg(test)]
mod tests;
