//! The subscription handshake between two accounts of this server (RFC 6121 section 3); what is for accounts elsewhere is
//! theirs to answer. What each
//! step means for one side is the table in `roster/subscription.rs`; here both sides meet.

use std::rc::Rc;

use lampfield_accounts::Role;
use lampfield_xmpp_stream::{BareJid, Element, StanzaCondition, StanzaError};

use super::{broadcast, write};
use crate::contacts::subscription::{Direction, Half, Passage, SubscriptionStep};
use crate::contacts::{ContactChange, RosterFull};
use crate::context::{Context, StanzaKind, Undelivered};
use crate::services::roster_view;
use crate::session::{Interest, Session, Words};

/// A client says a step to a contact.
///
/// # Errors
/// `policy-violation` for a full roster, and for accounts elsewhere as [`Context::deliver_abroad`].
pub fn say(
    context: &Rc<Context>,
    session: &Rc<Session>,
    contact: &BareJid,
    step: SubscriptionStep,
    stanza: Element<'_>,
) -> Result<(), StanzaError> {
    let account = &session.bare;
    let words = Words::of(stanza, session.lang());
    if context.domains.served(Some(contact.domain())).is_none() {
        return say_abroad(context, session, contact, step, &words);
    }
    if contact == account {
        return Ok(());
    }
    if context.peers.are(account, contact) {
        // Both see each other anyhow: only the question has an answer.
        if step == SubscriptionStep::Subscribe {
            let mut out = Vec::new();
            roster_view::write_granted(&mut out, contact, account);
            session.send(&out);
            broadcast::answer_probe(context, session, contact);
        }
        return Ok(());
    }
    outbound(context, account, contact, step, &words)
        .map_err(|full| StanzaCondition::PolicyViolation.with(full.to_string()))
}

/// A step to a contact elsewhere. It is a matter between accounts, so the resource is not told. No roster keeps it.
fn say_abroad(
    context: &Context,
    session: &Session,
    contact: &BareJid,
    step: SubscriptionStep,
    words: &Words,
) -> Result<(), StanzaError> {
    let mut out = Vec::new();
    write::step(&mut out, &session.bare, contact, step, words, context.caps_for(contact));
    let to = contact.to_jid();
    context.deliver_abroad(&Undelivered::new(StanzaKind::Presence, &session.jid, &to, &out))
}

/// Ends both subscriptions between an account and a contact, and what was asked for.
pub fn part(context: &Rc<Context>, account: &BareJid, contact: &BareJid) {
    let subscription = context.rosters.subscription(account, contact);
    let steps = [
        (subscription.to, SubscriptionStep::Unsubscribe),
        (subscription.from, SubscriptionStep::Unsubscribed),
    ];
    for (_, step) in steps.into_iter().filter(|(half, _)| *half != Half::No) {
        // Taking something away never makes a roster fuller.
        let _ = outbound(context, account, contact, step, &Words::default());
    }
}

/// `account` takes a step: its own roster first, then the contact's.
fn outbound(
    context: &Rc<Context>,
    account: &BareJid,
    contact: &BareJid,
    step: SubscriptionStep,
    words: &Words,
) -> Result<(), RosterFull> {
    let way = (Direction::Outbound, step);
    let stepped = context.rosters.step(account, contact, way, None)?;
    if stepped.change == ContactChange::Shown {
        roster_view::push(context, account, contact);
    }
    if stepped.passage == Passage::Ends {
        return Ok(());
    }
    inbound(context, account, contact, step, words);
    match step {
        SubscriptionStep::Subscribed => broadcast::show(context, account, contact),
        SubscriptionStep::Unsubscribed => broadcast::hide(context, account, contact),
        SubscriptionStep::Subscribe | SubscriptionStep::Unsubscribe => {}
    }
    Ok(())
}

/// A step of `account` arrives at `contact`. The server answers for whoever cannot or need not.
fn inbound(
    context: &Rc<Context>,
    account: &BareJid,
    contact: &BareJid,
    step: SubscriptionStep,
    words: &Words,
) {
    match (step, approval(context, account, contact)) {
        (SubscriptionStep::Subscribe, Approval::Refuses) => {
            answer(context, contact, account, SubscriptionStep::Unsubscribed)
        }
        (SubscriptionStep::Subscribe, Approval::Grants) => {
            answer(context, contact, account, SubscriptionStep::Subscribed);
            broadcast::show(context, contact, account);
        }
        _ => hear(context, account, contact, step, words),
    }
}

/// How an account takes the wish of another to see its presence.
enum Approval {
    /// It lets it at once.
    Grants,
    /// Its owner is to be asked.
    Asks,
    /// It refuses, and nobody is asked.
    Refuses,
}

/// A PBX shows itself to admins and to nobody else; people decide for themselves.
fn approval(context: &Context, viewer: &BareJid, account: &BareJid) -> Approval {
    if context.rosters.subscription(account, viewer).from == Half::Yes {
        return Approval::Grants;
    }
    match context.accounts.get(account).map(|account| account.role) {
        None => return Approval::Refuses,
        Some(Role::User | Role::Admin) => return Approval::Asks,
        Some(Role::Pbx) => {}
    }
    let admin = context.accounts.get(viewer).is_some_and(|viewer| viewer.role == Role::Admin);
    if admin && context.rosters.admit(account, viewer).is_ok() {
        return Approval::Grants;
    }
    Approval::Refuses
}

/// `contact` hears a step of `account`, as its roster says.
fn hear(
    context: &Rc<Context>,
    account: &BareJid,
    contact: &BareJid,
    step: SubscriptionStep,
    words: &Words,
) {
    let way = (Direction::Inbound, step);
    let Ok(stepped) = context.rosters.step(contact, account, way, Some(words)) else {
        // Only a request can find the roster full.
        return answer(context, contact, account, SubscriptionStep::Unsubscribed);
    };
    if stepped.passage == Passage::On {
        let mut out = Vec::new();
        write::step(&mut out, account, contact, step, words, context.caps_for(contact));
        for resource in context.router.resources(contact) {
            let hears = match step {
                SubscriptionStep::Subscribe => resource.is_available(),
                _ => resource.roster.get() != Interest::None,
            };
            if hears {
                // The roster tells it, too; who has too much to read already need not hear it now.
                let _ = resource.link.try_send(&out);
            }
        }
        if step == SubscriptionStep::Unsubscribe {
            broadcast::hide(context, contact, account);
        }
    }
    if stepped.change == ContactChange::Shown {
        roster_view::push(context, contact, account);
    }
}

/// The server answers `account` in the name of `contact`.
fn answer(context: &Rc<Context>, contact: &BareJid, account: &BareJid, step: SubscriptionStep) {
    hear(context, contact, account, step, &Words::default());
}
