//! Passing on what one client says to another, in the client's own words: the only way for bytes
//! that the server has not made itself.
//!
//! It never lets a sender use up a recipient's connection, and it lets nothing through to a PBX
//! that could harm it. COMPAT(asterisk<=22): res_xmpp acts on every answer that comes in, whoever
//! sends it and whether or not it asked: an error with `<pubsub/>` and without a code, a roster
//! result with an item without a JID and more of the kind crash it, and a good roster result adds
//! buddies. So a PBX gets an answer only where it has asked, an error only in the server's own
//! words, and questions only from servers and admins.

use lampfield_xmpp_stream::{Element, FullJid, StanzaCondition, StanzaError, ns, writer};

use super::reply;
use crate::accounts::Role;
use crate::session::Session;
use crate::site::Site;

/// Bytes of one stanza that a user may send to a PBX.
const MOST_TO_PBX: usize = 16 * 1024;
/// Passes an IQ on to a resource; the answer comes back the same way.
///
/// # Errors
/// `service-unavailable` where nobody is or where a PBX is not to be asked, `bad-request` for an
/// IQ that neither asks nor answers, and as [`hand_over`].
pub fn iq(
    site: &Site,
    from: &Session,
    iq: Element<'_>,
    address: &FullJid,
) -> Result<(), StanzaError> {
    let id = iq.attr("id").unwrap_or_default();
    let to = site.router.session(address).ok_or(StanzaCondition::ServiceUnavailable)?;
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
    hand_over(from, &to, &out)?;
    if role(from) == Role::Pbx && matches!(iq.attr("type"), Some("get" | "set")) {
        from.asked.borrow_mut().note(id, address);
    }
    Ok(())
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
