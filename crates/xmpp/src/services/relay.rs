//! Passing on what one client says to another, in the client's own words: the only way for bytes
//! that the server has not made itself.
//!
//! It never lets a sender use up a recipient's connection, and it lets nothing through to a PBX
//! that could harm it. COMPAT(asterisk<=22): res_xmpp acts on every answer that comes in, whoever
//! sends it and whether or not it asked: an error with `<pubsub/>` and without a code, a roster
//! result with an item without a JID and more of the kind crash it, and a good roster result adds
//! buddies. So a PBX gets an answer only where it has asked, an error only in the server's own
//! words, and questions only from servers and admins.

use std::collections::VecDeque;

use lampfield_xmpp_stream::{Element, FullJid, StanzaCondition, StanzaError, ns, writer};

use super::reply;
use crate::accounts::Role;
use crate::door::Door;
use crate::session::Session;

/// Bytes of one stanza that a user may send to a PBX.
const MOST_TO_PBX: usize = 16 * 1024;
/// COMPAT(asterisk<=22): it knows some answers by nothing but these ids. They are the server's.
const OWN_IDS: [&str; 2] = ["roster", "auth"];

/// The newest questions of one PBX to other clients that are not answered yet. At the limit the
/// oldest is forgotten and its answer will be dropped.
#[derive(Debug, Default)]
pub struct Asked(VecDeque<(Box<str>, FullJid)>);

// === impl Asked ===

impl Asked {
    /// Questions remembered.
    const MOST: usize = 64;
    /// Bytes of an id; the answer to a longer one is dropped. Asterisk's have five.
    const ID_BYTES: usize = 64;

    fn note(&mut self, id: &str, whom: &FullJid) {
        if id.len() > Self::ID_BYTES || OWN_IDS.contains(&id) {
            return;
        }
        if self.0.len() >= Self::MOST {
            self.0.pop_front();
        }
        self.0.push_back((id.into(), whom.clone()));
    }

    /// Whether this is an answer to one of the questions, which then counts as answered.
    fn settle(&mut self, id: &str, who: &FullJid) -> bool {
        let place = self.0.iter().position(|(known, whom)| **known == *id && whom == who);
        place.and_then(|place| self.0.remove(place)).is_some()
    }
}

/// Passes an IQ on to a resource; the answer comes back the same way.
///
/// # Errors
/// `service-unavailable` where nobody is or where a PBX is not to be asked, `bad-request` for an
/// IQ that neither asks nor answers, and as [`hand_over`].
pub fn iq(
    door: &Door,
    from: &Session,
    iq: Element<'_>,
    address: &FullJid,
) -> Result<(), StanzaError> {
    let id = iq.attr("id").unwrap_or_default();
    let to = door.router.session(address).ok_or(StanzaCondition::ServiceUnavailable)?;
    let (to_pbx, sender, recipient) = (role(&to) == Role::Pbx, &from.jid, address.as_str());
    let mut out = Vec::new();
    match iq.attr("type") {
        Some("get" | "set") if to_pbx && role(from) == Role::User => {
            return Err(StanzaCondition::ServiceUnavailable.into());
        }
        Some("result" | "error") if to_pbx && !to.asked.borrow_mut().settle(id, sender) => {
            return Ok(());
        }
        Some("error") if to_pbx => {
            let error = own_words(iq);
            reply::error(&mut out, id, Some(sender.as_str()), Some(recipient), &error);
        }
        Some("get" | "set" | "result" | "error") => {
            writer::forward(&mut out, iq, ns::CLIENT, Some(sender.as_str()), Some(recipient));
        }
        _ => return Err(StanzaCondition::BadRequest.with("no such type of IQ")),
    }
    hand_over(from, &to, &out)?;
    if role(from) == Role::Pbx && matches!(iq.attr("type"), Some("get" | "set")) {
        from.asked.borrow_mut().note(id, address);
    }
    Ok(())
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
