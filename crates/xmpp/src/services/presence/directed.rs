//! Presence for one address in particular (RFC 6121 section 4.6), which need not be a contact. Who
//! got it also hears of the end.

use std::rc::Rc;

use lampfield_xmpp_stream::{Element, Jid, StanzaCondition, StanzaError, ns, writer};

use super::may_see;
use crate::door::Door;
use crate::services::relay;
use crate::session::Session;

/// Addresses that one resource may have sent its presence to at the same time. More are refused,
/// so that nobody is left with a presence whose end they will not hear of.
const MOST: usize = 100;

/// To whom a resource has sent its presence directly.
#[derive(Debug, Default)]
pub struct Directed(Vec<Jid>);

// === impl Directed ===

impl Directed {
    /// Remembers an address.
    ///
    /// # Errors
    /// `resource-constraint` at the limit.
    fn add(&mut self, to: &Jid) -> Result<(), StanzaError> {
        if self.0.contains(to) {
            return Ok(());
        }
        if self.0.len() >= MOST {
            let text = format!("presence was sent to {MOST} addresses directly, the limit");
            return Err(StanzaCondition::ResourceConstraint.with(text));
        }
        self.0.push(to.clone());
        Ok(())
    }

    fn remove(&mut self, to: &Jid) {
        self.0.retain(|known| known != to);
    }

    /// Everyone who is to hear of the end, once.
    pub fn take(&mut self) -> Vec<Jid> {
        std::mem::take(&mut self.0)
    }
}

/// Takes a presence with an address, available or not.
///
/// # Errors
/// `resource-constraint`, see [`Directed`].
pub fn stanza(
    door: &Rc<Door>,
    session: &Rc<Session>,
    to: &Jid,
    stanza: Element<'_>,
) -> Result<(), StanzaError> {
    // There are no servers beyond this one, and nobody at a bare domain wants to know.
    if to.local().is_none() || door.served(Some(to.domain())).is_none() {
        return Ok(());
    }
    if stanza.attr("type") == Some("unavailable") {
        session.directed.borrow_mut().remove(to);
    } else if !(session.is_available() && may_see(door, &to.to_bare(), &session.bare)) {
        // Who sees the account anyhow hears of the end by the broadcast.
        session.directed.borrow_mut().add(to)?;
    }
    pass_on(door, session, to, stanza);
    Ok(())
}

/// Passes a presence on as it is: to one resource, or to those of an account that are available.
/// Who has too much to read misses it.
pub fn pass_on(door: &Door, session: &Session, to: &Jid, stanza: Element<'_>) {
    let mut out = Vec::new();
    let (from, whom) = (Some(session.jid.as_str()), Some(to.as_str()));
    writer::forward(&mut out, stanza, ns::CLIENT, from, whom);
    let resources = door.router.matching(to);
    let concerned = |resource: &&Rc<Session>| to.resource().is_some() || resource.is_available();
    for resource in resources.iter().filter(concerned) {
        let _ = relay::hand_over(session, resource, &out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(n: usize) -> Jid {
        Jid::parse(&format!("user{n}@example.org/phone")).unwrap()
    }

    #[test]
    fn the_end_goes_to_each_address_once() {
        let mut directed = Directed::default();
        directed.add(&jid(1)).unwrap();
        directed.add(&jid(2)).unwrap();
        directed.add(&jid(1)).unwrap();
        directed.remove(&jid(2));
        assert_eq!(directed.take(), [jid(1)]);
        assert!(directed.take().is_empty());
    }

    #[test]
    fn the_list_is_bounded_and_known_addresses_still_work() {
        let mut directed = Directed::default();
        (0..MOST).for_each(|n| directed.add(&jid(n)).unwrap());
        let refused = directed.add(&jid(MOST)).unwrap_err();
        assert_eq!(refused.condition, StanzaCondition::ResourceConstraint);
        assert!(directed.add(&jid(3)).is_ok());
        directed.remove(&jid(3));
        assert!(directed.add(&jid(MOST)).is_ok());
    }
}
