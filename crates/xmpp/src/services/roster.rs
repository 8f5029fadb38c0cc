//! Contact lists (RFC 6121 section 2), and how PBX accounts find each other without any.
//!
//! Every PBX account of a domain is a contact of all others, with both subscriptions, stored
//! nowhere. All other contacts are stored as their owners made them.

mod book;
mod codec;
pub mod contact;
mod peers;
pub mod subscription;

use std::rc::Rc;

use lampfield_xmpp_stream::{BareJid, StanzaCondition, Tag};

pub use book::Rosters;
pub use contact::Full;
pub use peers::Peers;

use super::{Answer, Request, Scope, Service, Verb, presence, reply};
use crate::accounts::Account;
use crate::door::Door;
use crate::session::Session;
use book::Stored;
use codec::Edit;
use contact::Roster;

/// The namespace of roster requests and pushes.
pub const NAMESPACE: &str = "jabber:iq:roster";

/// How a resource learns that its roster has changed (RFC 6121 section 2.1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interest {
    /// Not at all: it has never asked for its roster.
    #[default]
    None,
    /// By a push, as the standard says.
    Pushes,
    /// By the whole roster as an unasked result.
    ///
    /// COMPAT(asterisk<=22): it ignores pushes, but takes any later result with the id `roster`.
    Results,
}

/// The id under which Asterisk asks for its roster, and takes it at any time.
const ASTERISK_ID: &str = "roster";

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

    /// Whoever had the account as a contact loses sight of it.
    fn forget(&self, door: &Rc<Door>, account: &Account) {
        forget_contacts(door, &account.jid);
        let peers = door.peers.of(&account.jid);
        door.peers.forget(&account.jid);
        peers.iter().for_each(|peer| estrange(door, &account.jid, peer));
    }

    fn iq(&self, door: &Rc<Door>, request: &Request<'_>) -> Answer {
        if *request.to != request.session.bare {
            return Answer::Error(StanzaCondition::Forbidden.with("a roster is its owner's alone"));
        }
        match request.verb {
            Verb::Get => {
                let pbx = door.peers.is_pbx(&request.session.bare);
                request.session.roster.set(Interest::of_request(request.id, pbx));
                Answer::Result(whole(door, &request.session.bare))
            }
            Verb::Set => match codec::parse_edit(request.payload) {
                Ok(edit) => self.edit(door, request, edit),
                Err(error) => Answer::Error(error),
            },
        }
    }
}

impl RosterService {
    fn edit(&self, door: &Rc<Door>, request: &Request<'_>, edit: Edit) -> Answer {
        let account = &request.session.bare;
        match edit {
            // It is there by itself and cannot be changed. COMPAT(asterisk<=22 autoprune=yes): it
            // removes what it has no buddy line for, and is told that this was done.
            Edit::Put(jid, _) | Edit::Remove(jid) if door.peers.are(account, &jid) => {
                Answer::Result(Vec::new())
            }
            Edit::Put(jid, _) | Edit::Remove(jid) if jid == *account => {
                Answer::Error(StanzaCondition::NotAllowed.with("nobody is their own contact"))
            }
            Edit::Put(jid, entry) => match door.rosters.set(account, &jid, entry) {
                Ok(stored) => {
                    push(door, account, &jid);
                    when_stored(door, request, stored)
                }
                Err(full) => Answer::Error(StanzaCondition::PolicyViolation.with(full.to_string())),
            },
            Edit::Remove(jid) => {
                let is_listed =
                    |roster: &Roster| roster.get(&jid).is_some_and(|c| c.entry.is_some());
                if !door.rosters.read(account, is_listed) {
                    return Answer::Error(StanzaCondition::ItemNotFound.with("no such contact"));
                }
                presence::part(door, account, &jid);
                let stored = door.rosters.remove(account, &jid);
                push(door, account, &jid);
                when_stored(door, request, stored)
            }
        }
    }
}

// === impl Interest ===

impl Interest {
    fn of_request(id: &str, pbx: bool) -> Self {
        if pbx && id == ASTERISK_ID { Self::Results } else { Self::Pushes }
    }
}

/// Tells the resources of `account` what has become of `contact`.
pub fn push(door: &Door, account: &BareJid, contact: &BareJid) {
    push_query(door, account, || {
        codec::query(|out| {
            if door.peers.are(account, contact) {
                return codec::write_peer(out, contact);
            }
            door.rosters.read(account, |roster| match roster.get(contact) {
                Some(known) if known.entry.is_some() => codec::write_item(out, contact, known),
                _ => codec::write_removed(out, contact),
            });
        })
    });
}

/// An account is new or has changed: whoever is a peer now, or no longer is, is told.
pub fn account_noted(door: &Door, account: &Account) {
    let before = door.peers.of(&account.jid);
    door.peers.note(account);
    let after = door.peers.of(&account.jid);
    for peer in before.iter().filter(|peer| !after.contains(peer)) {
        presence::hide(door, peer, &account.jid);
        estrange(door, &account.jid, peer);
    }
    for peer in after.iter().filter(|peer| !before.contains(peer)) {
        push(door, peer, &account.jid);
        push(door, &account.jid, peer);
        presence::show(door, &account.jid, peer);
        presence::show(door, peer, &account.jid);
    }
}

/// Forgets the rosters of accounts that went while the server was down.
pub fn tidy(door: &Rc<Door>) {
    for account in door.rosters.accounts() {
        if door.accounts.get(&account).is_none() {
            forget_contacts(door, &account);
        }
    }
}

fn forget_contacts(door: &Rc<Door>, account: &BareJid) {
    for contact in door.rosters.contacts(account, |_| true) {
        presence::part(door, account, &contact);
    }
    door.rosters.forget(account);
}

/// `account` is no longer a peer of `peer`.
fn estrange(door: &Door, account: &BareJid, peer: &BareJid) {
    presence::hide(door, account, peer);
    push(door, peer, account);
}

/// The result of an edit, once it cannot be lost.
fn when_stored(door: &Door, request: &Request<'_>, stored: Stored) -> Answer {
    let Ok(ticket) = stored else {
        return Answer::Error(StanzaCondition::ResourceConstraint.with("the disk takes no writes"));
    };
    let mut out = Vec::new();
    reply::result(&mut out, request.id, None, Some(request.session.jid.as_str()), &[]);
    door.results.promise(ticket, request.session, out);
    Answer::Handled
}

/// The whole roster of `account` as a payload.
fn whole(door: &Door, account: &BareJid) -> Vec<u8> {
    codec::query(|out| {
        for peer in door.peers.of(account) {
            codec::write_peer(out, &peer);
        }
        door.rosters.read(account, |roster| {
            let stored = roster.iter().filter(|(jid, _)| !door.peers.are(account, jid));
            stored.for_each(|(jid, contact)| codec::write_item(out, jid, contact));
        });
    })
}

fn push_query(door: &Door, account: &BareJid, query: impl Fn() -> Vec<u8>) {
    for session in door.router.resources(account) {
        let mut out = Vec::new();
        match session.roster.get() {
            Interest::None => continue,
            Interest::Pushes => write_push(&mut out, door, &session, &query()),
            Interest::Results => {
                let to = Some(session.jid.as_str());
                reply::result(&mut out, ASTERISK_ID, None, to, &whole(door, account));
            }
        }
        session.send(&out);
    }
}

fn write_push(out: &mut Vec<u8>, door: &Door, session: &Session, query: &[u8]) {
    Tag::open(out, "iq")
        .attr("type", "set")
        .attr("id", &format!("push-{}", door.rosters.next_push()))
        .attr("to", session.jid.as_str())
        .raw(query);
}

#[cfg(test)]
mod tests;
