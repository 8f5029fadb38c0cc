//! Contact lists (RFC 6121 section 2), and how PBX accounts find each other without any.
//!
//! Every PBX account of a domain is a contact of all others, with both subscriptions, stored
//! nowhere. All other contacts are stored as their owners made them.

mod codec;

use std::rc::Rc;

use lampfield_xmpp_stream::{BareJid, StanzaCondition, Tag};

use super::{Answer, Request, Scope, Service, Verb, presence, reply};
use crate::accounts::Account;
use crate::contacts::{Roster, Stored};
use crate::session::{Interest, Session};
use crate::site::{Site, no_room};
use codec::Edit;

/// The namespace of roster requests and pushes.
pub const NAMESPACE: &str = "jabber:iq:roster";

/// The roster service.
#[derive(Debug)]
pub struct RosterService;

// === impl RosterService ===

impl Service for RosterService {
    fn handles(&self) -> &'static [(Scope, &'static str)] {
        &[(Scope::Account, NAMESPACE)]
    }

    fn features(&self) -> &'static [(Scope, &'static str)] {
        &[(Scope::Server, NAMESPACE)]
    }

    fn accounts(&self, site: &Site) -> Vec<BareJid> {
        site.rosters.accounts()
    }

    /// Whoever had the account as a contact loses sight of it.
    fn forget(&self, site: &Rc<Site>, account: &BareJid) {
        for contact in site.rosters.contacts(account, |_| true) {
            presence::part(site, account, &contact);
        }
        site.rosters.forget(account);
        let peers = site.peers.of(account);
        site.peers.forget(account);
        peers.iter().for_each(|peer| estrange(site, account, peer));
    }

    fn iq(&self, site: &Rc<Site>, request: &Request<'_>) -> Answer {
        if *request.to != request.session.bare {
            return Answer::Error(StanzaCondition::Forbidden.with("a roster is its owner's alone"));
        }
        match request.verb {
            Verb::Get => {
                let pbx = site.peers.is_pbx(&request.session.bare);
                request.session.roster.set(Interest::of_request(request.id, pbx));
                Answer::Result(whole(site, &request.session.bare))
            }
            Verb::Set => {
                let edit = site.check_room().and_then(|()| codec::parse_edit(request.payload));
                edit.map_or_else(Answer::Error, |edit| self.edit(site, request, edit))
            }
        }
    }
}

impl RosterService {
    fn edit(&self, site: &Rc<Site>, request: &Request<'_>, edit: Edit) -> Answer {
        let account = &request.session.bare;
        match edit {
            // It is there by itself and cannot be changed. COMPAT(asterisk<=22 autoprune=yes): it
            // removes what it has no buddy line for, and is told that this was done.
            Edit::Put(jid, _) | Edit::Remove(jid) if site.peers.are(account, &jid) => {
                Answer::Result(Vec::new())
            }
            Edit::Put(jid, _) | Edit::Remove(jid) if jid == *account => {
                Answer::Error(StanzaCondition::NotAllowed.with("nobody is their own contact"))
            }
            Edit::Put(jid, entry) => match site.rosters.set(account, &jid, entry) {
                Ok(stored) => {
                    push(site, account, &jid);
                    when_stored(site, request, stored)
                }
                Err(full) => Answer::Error(StanzaCondition::PolicyViolation.with(full.to_string())),
            },
            Edit::Remove(jid) => {
                let is_listed =
                    |roster: &Roster| roster.get(&jid).is_some_and(|c| c.entry.is_some());
                if !site.rosters.read(account, is_listed) {
                    return Answer::Error(StanzaCondition::ItemNotFound.with("no such contact"));
                }
                presence::part(site, account, &jid);
                let stored = site.rosters.remove(account, &jid);
                push(site, account, &jid);
                when_stored(site, request, stored)
            }
        }
    }
}

/// Tells the resources of `account` what has become of `contact`.
pub fn push(site: &Site, account: &BareJid, contact: &BareJid) {
    for session in site.router.resources(account) {
        let mut out = Vec::new();
        match session.roster.get() {
            Interest::Pushes => write_push(&mut out, site, &session, contact),
            Interest::Buddies if site.peers.are(account, contact) => {
                presence::write_granted(&mut out, site, contact, account);
            }
            Interest::None | Interest::Buddies => continue,
        }
        session.send(&out);
    }
}

/// An account is new or has changed: whoever is a peer now, or no longer is, is told.
pub fn account_noted(site: &Site, account: &Account) {
    let before = site.peers.of(&account.jid);
    site.peers.note(account);
    let after = site.peers.of(&account.jid);
    for peer in before.iter().filter(|peer| !after.contains(peer)) {
        presence::hide(site, peer, &account.jid);
        estrange(site, &account.jid, peer);
    }
    for peer in after.iter().filter(|peer| !before.contains(peer)) {
        push(site, peer, &account.jid);
        push(site, &account.jid, peer);
        presence::show(site, &account.jid, peer);
        presence::show(site, peer, &account.jid);
    }
}

/// `account` is no longer a peer of `peer`.
fn estrange(site: &Site, account: &BareJid, peer: &BareJid) {
    presence::hide(site, account, peer);
    push(site, peer, account);
}

/// The result of an edit, once it cannot be lost.
fn when_stored(site: &Site, request: &Request<'_>, stored: Stored) -> Answer {
    let Ok(ticket) = stored else {
        return Answer::Error(no_room());
    };
    let mut out = Vec::new();
    reply::result(&mut out, request.id, None, Some(request.session.jid.as_str()), &[]);
    site.results.promise(ticket, request.session, out);
    Answer::Handled
}

/// The whole roster of `account` as a payload.
fn whole(site: &Site, account: &BareJid) -> Vec<u8> {
    codec::query(|out| {
        for peer in site.peers.of(account) {
            codec::write_peer(out, &peer);
        }
        site.rosters.read(account, |roster| {
            let stored = roster.iter().filter(|(jid, _)| !site.peers.are(account, jid));
            stored.for_each(|(jid, contact)| codec::write_item(out, jid, contact));
        });
    })
}

fn write_push(out: &mut Vec<u8>, site: &Site, session: &Session, contact: &BareJid) {
    let account = &session.bare;
    let query = codec::query(|out| {
        if site.peers.are(account, contact) {
            return codec::write_peer(out, contact);
        }
        site.rosters.read(account, |roster| match roster.get(contact) {
            Some(known) if known.entry.is_some() => codec::write_item(out, contact, known),
            _ => codec::write_removed(out, contact),
        });
    });
    Tag::open(out, "iq")
        .attr("type", "set")
        .attr("id", &format!("push-{}", site.rosters.next_push()))
        .attr("to", session.jid.as_str())
        .raw(&query);
}

#[cfg(test)]
mod tests;
