//! Binding a resource: where a login becomes an address (RFC 6120 section 7).

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use lampfield_xmpp_stream::{
    BareJid, Element, FullJid, StanzaCondition, StanzaError, StreamCondition, StreamError, Tag, ns,
};

use super::negotiation::not_authorized;
use super::stream::{Phase, Stream};
use crate::accounts::Account;
use crate::door::random_token;
use crate::services::reply;
use crate::session::Session;

/// Logins that take one address from each other this often...
const FIGHT_ROUNDS: usize = 3;
/// ... within this time are two servers with the same configuration.
const FIGHT_TIME: Duration = Duration::from_secs(60);
/// Addresses whose replacements are remembered; beyond it all are forgotten.
const FIGHTS: usize = 1_024;

/// Who has lately replaced whom, to tell a returning server from two that fight over one address.
#[derive(Debug, Default)]
pub struct Replacements {
    recent: RefCell<HashMap<FullJid, Vec<Instant>>>,
}

// === impl Replacements ===

impl Replacements {
    /// Notes that `jid` was taken over; says whether that has become a fight.
    fn note(&self, jid: &FullJid, now: Instant) -> bool {
        let mut recent = self.recent.borrow_mut();
        if recent.len() >= FIGHTS && !recent.contains_key(jid) {
            recent.clear();
        }
        let times = recent.entry(jid.clone()).or_default();
        times.retain(|time| now.duration_since(*time) < FIGHT_TIME);
        times.push(now);
        times.len() >= FIGHT_ROUNDS
    }

    /// The addresses that are fought over now. One that is left in peace is no longer among them.
    pub fn fights(&self, now: Instant) -> Vec<FullJid> {
        let recent = self.recent.borrow();
        let fought = recent.iter().filter(|(_, times)| {
            let lately = times.iter().filter(|time| now.duration_since(**time) < FIGHT_TIME);
            lately.count() >= FIGHT_ROUNDS
        });
        fought.map(|(jid, _)| jid.clone()).collect()
    }
}

// === impl Stream ===

impl Stream {
    /// Handles the one stanza that a client without a resource may send.
    pub(super) fn bind(
        &mut self,
        account: Rc<Account>,
        iq: Element<'_>,
    ) -> Result<(), StreamError> {
        let request = iq.child(ns::BIND, "bind");
        let (true, Some("set"), Some(request)) =
            (iq.is(ns::CLIENT, "iq"), iq.attr("type"), request)
        else {
            return Err(not_authorized());
        };
        let id = iq.attr("id").unwrap_or_default();
        let wanted = request.child_text(ns::BIND, "resource").unwrap_or_default();
        let address = self.choose_address(&account.jid, &wanted);
        match address.and_then(|jid| self.enter(jid, &wanted, account)) {
            Ok(session) => {
                let mut out = Vec::new();
                reply::result(&mut out, id, None, None, &bound(&session.jid));
                self.send(&out);
            }
            Err(error) => {
                let mut out = Vec::new();
                reply::error(&mut out, id, None, None, &error);
                self.send(&out);
            }
        }
        Ok(())
    }

    /// The address for a wanted resource: that one, or another if there is none or it is fought
    /// over.
    pub(super) fn choose_address(
        &self,
        account: &BareJid,
        wanted: &str,
    ) -> Result<FullJid, StanzaError> {
        let bad = |error: lampfield_xmpp_stream::JidError| {
            StanzaCondition::BadRequest.with(error.to_string())
        };
        let router = &self.door.router;
        let taken = if wanted.is_empty() {
            None
        } else {
            let jid = account.with_resource(wanted).map_err(bad)?;
            match router.session(&jid) {
                None => return self.within_limit(account).map(|()| jid),
                Some(_) if !self.door.replacements.note(&jid, Instant::now()) => return Ok(jid),
                Some(other) => Some(other),
            }
        };
        self.within_limit(account)?;
        let token = random_token();
        let resource = match &taken {
            None => token,
            Some(other) => {
                let resource = format!("{wanted}-{}", token.get(..6).unwrap_or(&token));
                tracing::error!(
                    jid = %other.jid, here = %other.link.peer(), there = %self.link.peer(),
                    "two servers log in as the same address; the newcomer is {resource:?} for now: \
                     give each server an account of its own"
                );
                resource
            }
        };
        account.with_resource(&resource).map_err(bad)
    }

    fn within_limit(&self, account: &BareJid) -> Result<(), StanzaError> {
        let most = self.door.settings.limits.resources;
        if self.door.router.resources(account).len() >= most {
            let text = format!("{most} resources are connected, the limit");
            return Err(StanzaCondition::ResourceConstraint.with(text));
        }
        Ok(())
    }

    /// Makes the session, and ends the one that had the address before.
    pub(super) fn enter(
        &mut self,
        jid: FullJid,
        wanted: &str,
        account: Rc<Account>,
    ) -> Result<Rc<Session>, StanzaError> {
        let door = &self.door;
        let session =
            Session::new(jid, wanted.into(), account, door.next_conn(), Rc::clone(&self.link))
                .map_err(|error| StanzaCondition::BadRequest.with(error.to_string()))?;
        let old = door.router.bind(Rc::clone(&session));
        door.telephony.arrived(&session);
        if let Some(old) = old {
            door.telephony.replaced(&old, &session);
            old.end(StreamCondition::Conflict, "replaced by a new login");
        }
        self.admission.known();
        tracing::info!(jid = %session.jid, peer = %self.link.peer(), "logged in");
        self.phase = Phase::Bound(Rc::clone(&session));
        Ok(session)
    }
}

fn bound(jid: &FullJid) -> Vec<u8> {
    let mut payload = Vec::new();
    Tag::open(&mut payload, "bind").xmlns(ns::BIND).children(|out| {
        Tag::open(out, "jid").text(jid.as_str());
    });
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_replacement_within_a_minute_is_a_fight() {
        let replacements = Replacements::default();
        let jid = FullJid::parse("pbx@example.org/asterisk").unwrap();
        let start = Instant::now();
        assert!(!replacements.note(&jid, start));
        assert!(!replacements.note(&jid, start + Duration::from_secs(5)));
        let third = start + Duration::from_secs(10);
        assert!(replacements.note(&jid, third));
        assert_eq!(replacements.fights(third), [jid]);
        assert!(replacements.fights(third + FIGHT_TIME).is_empty());
    }

    #[test]
    fn slow_replacements_are_returns() {
        let replacements = Replacements::default();
        let jid = FullJid::parse("pbx@example.org/asterisk").unwrap();
        let start = Instant::now();
        for round in 0..10 {
            assert!(!replacements.note(&jid, start + Duration::from_secs(40) * round));
        }
    }
}
