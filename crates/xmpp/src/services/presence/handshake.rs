//! The subscription handshake between two accounts of this server (RFC 6121 section 3). What each
//! step means for one side is the table in `roster/subscription.rs`; here both sides meet.

use std::rc::Rc;

use lampfield_xmpp_stream::{BareJid, Element, StanzaCondition, StanzaError};

use super::{broadcast, write};
use crate::accounts::Role;
use crate::door::Door;
use crate::services::roster::subscription::{Direction, Half, Passage, Step};
use crate::services::roster::{self, Interest, contact::Change};
use crate::session::Session;

/// A client says a step to a contact.
///
/// # Errors
/// `remote-server-not-found` for accounts elsewhere, `policy-violation` for a full roster.
pub fn say(
    door: &Rc<Door>,
    session: &Rc<Session>,
    contact: &BareJid,
    step: Step,
    stanza: Element<'_>,
) -> Result<(), StanzaError> {
    let account = &session.bare;
    if door.served(Some(contact.domain())).is_none() {
        return Err(StanzaCondition::RemoteServerNotFound.with("no such server here"));
    }
    if contact == account {
        return Ok(());
    }
    if door.peers.are(account, contact) {
        // Both see each other anyhow: only the question has an answer.
        if step == Step::Subscribe {
            let mut out = Vec::new();
            write::step(&mut out, contact, account, Step::Subscribed, &[]);
            session.send(&out);
            broadcast::answer_probe(door, session, contact);
        }
        return Ok(());
    }
    outbound(door, account, contact, step, &write::payload(stanza))
        .map_err(|full| StanzaCondition::PolicyViolation.with(full.to_string()))
}

/// Ends both subscriptions between an account and a contact, and what was asked for.
pub fn part(door: &Rc<Door>, account: &BareJid, contact: &BareJid) {
    let subscription = door.rosters.subscription(account, contact);
    let steps = [(subscription.to, Step::Unsubscribe), (subscription.from, Step::Unsubscribed)];
    for (_, step) in steps.into_iter().filter(|(half, _)| *half != Half::No) {
        // Taking something away never makes a roster fuller.
        let _ = outbound(door, account, contact, step, &[]);
    }
}

/// `account` takes a step: its own roster first, then the contact's.
fn outbound(
    door: &Rc<Door>,
    account: &BareJid,
    contact: &BareJid,
    step: Step,
    payload: &[u8],
) -> Result<(), roster::Full> {
    let way = (Direction::Outbound, step);
    let stepped = door.rosters.step(account, contact, way, None)?;
    if stepped.change == Change::Shown {
        roster::push(door, account, contact);
    }
    if stepped.passage == Passage::Ends {
        return Ok(());
    }
    inbound(door, account, contact, step, payload);
    match step {
        Step::Subscribed => broadcast::show(door, account, contact),
        Step::Unsubscribed => broadcast::hide(door, account, contact),
        Step::Subscribe | Step::Unsubscribe => {}
    }
    Ok(())
}

/// A step of `account` arrives at `contact`. The server answers for whoever cannot or need not.
fn inbound(door: &Rc<Door>, account: &BareJid, contact: &BareJid, step: Step, payload: &[u8]) {
    match (step, stance(door, account, contact)) {
        (Step::Subscribe, Stance::Refuses) => answer(door, contact, account, Step::Unsubscribed),
        (Step::Subscribe, Stance::Grants) => {
            answer(door, contact, account, Step::Subscribed);
            broadcast::show(door, contact, account);
        }
        _ => hear(door, account, contact, step, payload),
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
fn stance(door: &Door, viewer: &BareJid, account: &BareJid) -> Stance {
    if door.rosters.subscription(account, viewer).from == Half::Yes {
        return Stance::Grants;
    }
    match door.accounts.get(account).map(|account| account.role) {
        None => return Stance::Refuses,
        Some(Role::User | Role::Admin) => return Stance::Asks,
        Some(Role::Pbx) => {}
    }
    let admin = door.accounts.get(viewer).is_some_and(|viewer| viewer.role == Role::Admin);
    if admin && door.rosters.admit(account, viewer).is_ok() {
        return Stance::Grants;
    }
    Stance::Refuses
}

/// `contact` hears a step of `account`, as its roster says.
fn hear(door: &Rc<Door>, account: &BareJid, contact: &BareJid, step: Step, payload: &[u8]) {
    let request = std::str::from_utf8(payload).ok();
    let way = (Direction::Inbound, step);
    let Ok(stepped) = door.rosters.step(contact, account, way, request) else {
        // Only a request can find the roster full.
        return answer(door, contact, account, Step::Unsubscribed);
    };
    if stepped.passage == Passage::On {
        let mut out = Vec::new();
        write::step(&mut out, account, contact, step, payload);
        for resource in door.router.resources(contact) {
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
            broadcast::hide(door, contact, account);
        }
    }
    if stepped.change == Change::Shown {
        roster::push(door, contact, account);
    }
}

/// The server answers `account` in the name of `contact`.
fn answer(door: &Rc<Door>, contact: &BareJid, account: &BareJid, step: Step) {
    hear(door, contact, account, step, &[]);
}
