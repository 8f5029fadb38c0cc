//! Binding a resource: where a login becomes an address (RFC 6120 section 7).

use std::rc::Rc;
use std::time::Instant;

use lampfield_accounts::Account;
use lampfield_board::AccountName;
use lampfield_xmpp_stream::{
    BareJid, Element, FullJid, JidError, StanzaCondition, StanzaError, StreamCondition,
    StreamError, Tag, ns,
};

use super::iq::Iq;
use super::negotiation::not_authorized;
use super::stream::{Phase, Stream};
use crate::random;
use crate::services::{SessionEvent, reply};
use crate::session::{ClientDetails, Session};

// === impl Stream ===

impl Stream {
    /// Handles the one stanza that a client without a resource may send.
    pub(super) fn bind(
        &mut self,
        account: Rc<Account>,
        stanza: Element<'_>,
    ) -> Result<(), StreamError> {
        let request = stanza.child(ns::BIND, "bind");
        let (true, Some("set"), Some(request)) =
            (stanza.is(ns::CLIENT, "iq"), stanza.attr("type"), request)
        else {
            return Err(not_authorized());
        };
        let id = match Iq::read(stanza, None) {
            Ok(iq) => iq.map(|iq| iq.id).unwrap_or_default(),
            Err(error) => {
                self.refuse(stanza, &error);
                return Ok(());
            }
        };
        let wanted = request.child_text(ns::BIND, "resource").unwrap_or_default();
        match self.enter(account, &wanted) {
            Ok(session) => {
                let mut out = Vec::new();
                reply::result(&mut out, id, None, None, &bound(&session.jid));
                self.send(&out);
            }
            Err(error) => self.refuse(stanza, &error),
        }
        Ok(())
    }

    /// The address that is wanted, or another one if there is none or it is fought over.
    fn choose_address(
        &self,
        account: &BareJid,
        wanted: Option<&FullJid>,
    ) -> Result<FullJid, StanzaError> {
        let router = &self.door.context.router;
        let taken = match wanted.map(|jid| (jid, router.session(jid))) {
            None => None,
            Some((jid, None)) => return self.within_limit(account).map(|()| jid.clone()),
            Some((jid, Some(other))) => {
                if other.is_former_line_of(self.via.as_ref()) {
                    return Ok(jid.clone());
                }
                if !self.door.replacements.note(jid, Instant::now()) {
                    return Ok(jid.clone());
                }
                Some(other)
            }
        };
        self.within_limit(account)?;
        let token = random::token();
        let resource = match &taken {
            None => token,
            Some(other) => {
                let (wanted, few) = (other.jid.resource(), token.get(..6).unwrap_or(&token));
                let resource = format!("{wanted}-{few}");
                tracing::error!(
                    jid = %other.jid, here = %other.link.peer(), there = %self.link.peer(),
                    "two PBXs log in with the same address; the new one is called {resource:?} for \
                     now: give each PBX its own account"
                );
                resource
            }
        };
        account.with_resource(&resource).map_err(bad_address)
    }

    fn within_limit(&self, account: &BareJid) -> Result<(), StanzaError> {
        let most = self.door.context.limits().resources;
        if self.door.context.router.resources(account).len() >= most {
            let text = format!("{most} resources are connected already, which is the limit");
            return Err(StanzaCondition::ResourceConstraint.with(text));
        }
        Ok(())
    }

    /// Makes the session for a wanted resource, which is empty if the choice is ours, and ends the
    /// one that had its address before.
    pub(super) fn enter(
        &mut self,
        account: Rc<Account>,
        wanted: &str,
    ) -> Result<Rc<Session>, StanzaError> {
        let wanted = match wanted {
            "" => None,
            resource => Some(account.jid.with_resource(resource).map_err(bad_address)?),
        };
        let jid = self.choose_address(&account.jid, wanted.as_ref())?;
        // As the address has it: of two spellings of one resource, one takes the other's place.
        let requested_resource = wanted.as_ref().map(FullJid::resource).unwrap_or_default();
        let door = &self.door;
        let details = ClientDetails { lang: self.lang.clone(), via: self.via.clone() };
        let no_domain = || StanzaCondition::ItemNotFound.with("the domain is no longer served");
        let telephony = door.telephony(account.jid.domain()).ok_or_else(no_domain)?;
        let name = AccountName::parse(account.jid.as_str())
            .map_err(|error| StanzaCondition::BadRequest.with(error.to_string()))?;
        let peer = telephony.peer(name, &account, details.relayed_stream());
        let (address, link) = ((jid, requested_resource.into()), Rc::clone(&self.link));
        let session = Session::new(address, account, link, details, peer);
        let old = door.context.router.bind(Rc::clone(&session));
        let event = SessionEvent::Bound { replaced: old.as_ref() };
        door.services.session(&door.context, &session, event);
        if let Some(old) = old {
            old.end(StreamCondition::Conflict, "replaced by a new login");
        }
        if session.via().is_some() {
            // A relay is what helps: what was before is over.
            door.breakages.forget(&session.bare);
        }
        door.refused_logins.forget(session.bare.as_str(), self.link.peer().ip());
        self.admission.known();
        let via = session.via().map(tracing::field::display);
        tracing::info!(jid = %session.jid, peer = %self.link.peer(), via, "logged in");
        self.phase = Phase::Bound(Rc::clone(&session));
        Ok(session)
    }
}

fn bad_address(error: JidError) -> StanzaError {
    StanzaCondition::BadRequest.with(error.to_string())
}

fn bound(jid: &FullJid) -> Vec<u8> {
    let mut payload = Vec::new();
    Tag::open(&mut payload, "bind").xmlns(ns::BIND).children(|out| {
        Tag::open(out, "jid").text(jid.as_str());
    });
    payload
}
