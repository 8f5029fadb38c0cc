//! Contact lists (RFC 6121 section 2), and how PBX accounts find each other without any.
//!
//! Every PBX account of a domain is a contact of all others, with both subscriptions, stored
//! nowhere. All other contacts are stored as their owners made them.

mod edit;

use std::rc::Rc;

use lampfield_accounts::Account;
use lampfield_xmpp_stream::{BareJid, StanzaCondition};

use super::roster_view::{NAMESPACE, push, whole};
use super::{Answer, Request, Scope, Service, Verb, presence, reply};
use crate::contacts::{Roster, Stored};
use crate::context::{Context, no_room};
use crate::session::Interest;
use edit::Edit;

/// Answers `jabber:iq:roster` for all accounts, PBXs and people.
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

    fn accounts(&self, context: &Context) -> Vec<BareJid> {
        context.rosters.accounts()
    }

    fn account_noted(&self, context: &Rc<Context>, account: &Account) {
        note_peers(context, account);
    }

    /// Whoever had the account as a contact loses sight of it.
    fn forget(&self, context: &Rc<Context>, account: &BareJid) {
        for contact in context.rosters.contacts(account, |_| true) {
            presence::part(context, account, &contact);
        }
        context.rosters.forget(account);
        let peers = context.peers.of(account);
        context.peers.forget(account);
        peers.iter().for_each(|peer| estrange(context, account, peer));
    }

    fn iq(&self, context: &Rc<Context>, request: &Request<'_>) -> Answer {
        if *request.to != request.session.bare {
            return Answer::Error(StanzaCondition::Forbidden.with("a roster is its owner's alone"));
        }
        match request.verb {
            Verb::Get => {
                let pbx = context.peers.is_pbx(&request.session.bare);
                request.session.roster.set(Interest::of_request(request.id, pbx));
                Answer::Result(whole(context, &request.session.bare))
            }
            Verb::Set => {
                let edit = context.check_room().and_then(|()| edit::parse_edit(request.payload));
                edit.map_or_else(Answer::Error, |edit| self.edit(context, request, edit))
            }
        }
    }
}

impl RosterService {
    fn edit(&self, context: &Rc<Context>, request: &Request<'_>, edit: Edit) -> Answer {
        let account = &request.session.bare;
        match edit {
            // It is there by itself and cannot be changed. COMPAT(asterisk<=22 autoprune=yes): it
            // removes what it has no buddy line for, and is told that this was done.
            Edit::Put(jid, _) | Edit::Remove(jid) if context.peers.are(account, &jid) => {
                Answer::Result(Vec::new())
            }
            Edit::Put(jid, _) | Edit::Remove(jid) if jid == *account => {
                Answer::Error(StanzaCondition::NotAllowed.with("nobody is their own contact"))
            }
            Edit::Put(jid, entry) => match context.rosters.set(account, &jid, entry) {
                Ok(stored) => {
                    push(context, account, &jid);
                    when_stored(context, request, stored)
                }
                Err(full) => Answer::Error(StanzaCondition::PolicyViolation.with(full.to_string())),
            },
            Edit::Remove(jid) => {
                let is_listed =
                    |roster: &Roster| roster.get(&jid).is_some_and(|c| c.entry.is_some());
                if !context.rosters.read(account, is_listed) {
                    return Answer::Error(StanzaCondition::ItemNotFound.with("no such contact"));
                }
                presence::part(context, account, &jid);
                let stored = context.rosters.remove(account, &jid);
                push(context, account, &jid);
                when_stored(context, request, stored)
            }
        }
    }
}

/// An account is new or has changed: whoever is a peer now, or no longer is, is told.
fn note_peers(context: &Context, account: &Account) {
    let before = context.peers.of(&account.jid);
    context.peers.note(account);
    let after = context.peers.of(&account.jid);
    for peer in before.iter().filter(|peer| !after.contains(peer)) {
        presence::hide(context, peer, &account.jid);
        estrange(context, &account.jid, peer);
    }
    for peer in after.iter().filter(|peer| !before.contains(peer)) {
        push(context, peer, &account.jid);
        push(context, &account.jid, peer);
        presence::show(context, &account.jid, peer);
        presence::show(context, peer, &account.jid);
    }
}

/// `account` is no longer a peer of `peer`.
fn estrange(context: &Context, account: &BareJid, peer: &BareJid) {
    presence::hide(context, account, peer);
    push(context, peer, account);
}

/// The result of an edit, once it cannot be lost.
fn when_stored(context: &Context, request: &Request<'_>, stored: Stored) -> Answer {
    let Ok(ticket) = stored else {
        return Answer::Error(no_room());
    };
    let mut out = Vec::new();
    reply::result(&mut out, request.id, None, Some(request.session.jid.as_str()), &[]);
    context.results.promise(ticket, request.session, out);
    Answer::Handled
}

#[cfg(test)]
mod tests;
