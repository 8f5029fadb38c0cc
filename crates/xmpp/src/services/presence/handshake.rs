//! The subscription handshake between two accounts of this server (RFC 6121 section 3). What each
//! step means for one side is the table in `roster/subscription.rs`; here both sides meet.

use std::rc::Rc;

use lampfield_xmpp_stream::{BareJid, Element, StanzaCondition, StanzaError};

use super::{broadcast, write};
use crate::accounts::Role;
use crate::contacts::subscription::{Direction, Half, Passage, Step};
use crate::contacts::{Change, Full};
use crate::services::roster;
use crate::session::{Interest, Session, Words};
use crate::site::Site;

/// A client says a step to a contact.
///
/// # Errors
/// `remote-server-not-found` for accounts elsewhere, `policy-violation` for a full roster.
pub fn say(
    site: &Rc<Site>,
    session: &Rc<Session>,
    contact: &BareJid,
    step: Step,
    stanza: Element<'_>,
) -> Result<(), StanzaError> {
    let account = &session.bare;
    if site.domains.served(Some(contact.domain())).is_none() {
        return Err(StanzaCondition::RemoteServerNotFound.with("no such server here"));
    }
    if contact == account {
        return Ok(());
    }
    if site.peers.are(account, contact) {
        // Both see each other anyhow: only the question has an answer.
        if step == Step::Subscribe {
            let mut out = Vec::new();
            write_granted(&mut out, site, contact, account);
            session.send(&out);
            broadcast::answer_probe(site, session, contact);
        }
        return Ok(());
    }
    outbound(site, account, contact, step, &Words::of(stanza, session.lang()))
        .map_err(|full| StanzaCondition::PolicyViolation.with(full.to_string()))
}

/// Appends that `contact` lets `account` see its presence.
pub fn write_granted(out: &mut Vec<u8>, site: &Site, contact: &BareJid, account: &BareJid) {
    let caps = site.caps_for(account);
    write::step(out, contact, account, Step::Subscribed, &Words::default(), caps);
}

/// Ends both subscriptions between an account and a contact, and what was asked for.
pub fn part(site: &Rc<Site>, account: &BareJid, contact: &BareJid) {
    let subscription = site.rosters.subscription(account, contact);
    let steps = [(subscription.to, Step::Unsubscribe), (subscription.from, Step::Unsubscribed)];
    for (_, step) in steps.into_iter().filter(|(half, _)| *half != Half::No) {
        // Taking something away never makes a roster fuller.
        let _ = outbound(site, account, contact, step, &Words::default());
    }
}

/// `account` takes a step: its own roster first, then the contact's.
fn outbound(
    site: &Rc<Site>,
    account: &BareJid,
    contact: &BareJid,
    step: Step,
    words: &Words,
) -> Result<(), Full> {
    let way = (Direction::Outbound, step);
    let stepped = site.rosters.step(account, contact, way, None)?;
    if stepped.change == Change::Shown {
        roster::push(site, account, contact);
    }
    if stepped.passage == Passage::Ends {
        return Ok(());
    }
    inbound(site, account, contact, step, words);
    match step {
        Step::Subscribed => broadcast::show(site, account, contact),
        Step::Unsubscribed => broadcast::hide(site, account, contact),
        Step::Subscribe | Step::Unsubscribe => {}
    }
    Ok(())
}

/// A step of `account` arrives at `contact`. The server answers for whoever cannot or need not.
fn inbound(site: &Rc<Site>, account: &BareJid, contact: &BareJid, step: Step, words: &Words) {
    match (step, stance(site, account, contact)) {
        (Step::Subscribe, Stance::Refuses) => answer(site, contact, account, Step::Unsubscribed),
        (Step::Subscribe, Stance::Grants) => {
            answer(site, contact, account, Step::Subscribed);
            broadcast::show(site, contact, account);
        }
        _ => hear(site, account, contact, step, words),
    }
}

/// How an account takes the wish of another to see its presence.
enum Stance {
    /// It lets it at once.
    Grants,
    /// Its owner is to be asked.
    Asks,
    /// It does not.
    Refuses,
}

/// A PBX shows itself to admins and to nobody else; people decide for themselves.
fn stance(site: &Site, viewer: &BareJid, account: &BareJid) -> Stance {
    if site.rosters.subscription(account, viewer).from == Half::Yes {
        return Stance::Grants;
    }
    match site.accounts.get(account).map(|account| account.role) {
        None => return Stance::Refuses,
        Some(Role::User | Role::Admin) => return Stance::Asks,
        Some(Role::Pbx) => {}
    }
    let admin = site.accounts.get(viewer).is_some_and(|viewer| viewer.role == Role::Admin);
    if admin && site.rosters.admit(account, viewer).is_ok() {
        return Stance::Grants;
    }
    Stance::Refuses
}

/// `contact` hears a step of `account`, as its roster says.
fn hear(site: &Rc<Site>, account: &BareJid, contact: &BareJid, step: Step, words: &Words) {
    let way = (Direction::Inbound, step);
    let Ok(stepped) = site.rosters.step(contact, account, way, Some(words)) else {
        // Only a request can find the roster full.
        return answer(site, contact, account, Step::Unsubscribed);
    };
    if stepped.passage == Passage::On {
        let mut out = Vec::new();
        write::step(&mut out, account, contact, step, words, site.caps_for(contact));
        for resource in site.router.resources(contact) {
            let hears = match step {
                Step::Subscribe => resource.is_available(),
                _ => resource.roster.get() != Interest::None,
            };
            if hears {
                // The roster tells it, too; who has too much to read already need not hear it now.
                let _ = resource.link.try_send(&out);
            }
        }
        if step == Step::Unsubscribe {
            broadcast::hide(site, contact, account);
        }
    }
    if stepped.change == Change::Shown {
        roster::push(site, contact, account);
    }
}

/// The server answers `account` in the name of `contact`.
fn answer(site: &Rc<Site>, contact: &BareJid, account: &BareJid, step: Step) {
    hear(site, contact, account, step, &Words::default());
}
