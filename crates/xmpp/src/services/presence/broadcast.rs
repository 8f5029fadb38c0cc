//! Telling those who may know that a resource is there, and telling it who else is
//! (RFC 6121 sections 4.2 to 4.5).

use std::rc::Rc;

use lampfield_accounts::Role;
use lampfield_xmpp_stream::{BareJid, Jid};

use super::{may_see, write};
use crate::contacts::subscription::{Half, SubscriptionStep};
use crate::context::{Context, StanzaKind, Undelivered};
use crate::services::relay;
use crate::session::{Caps, Presence, Session, Words};

/// A resource says that it is there, or how.
pub fn available(context: &Rc<Context>, session: &Rc<Session>, presence: Presence) {
    let words = Rc::clone(&presence.words);
    let first = session.presence.borrow_mut().replace(presence).is_none();
    for watcher in watchers(context, &session.bare) {
        let mut out = Vec::new();
        write::available(&mut out, &session.jid, &watcher, &words, context.caps_for(&watcher));
        for resource in context.router.resources(&watcher).iter().filter(|r| r.is_available()) {
            // Everyone hears of themselves too (RFC 6121 section 4.2.2), but for Asterisk, which
            // does not listen. COMPAT(asterisk<=22)
            if !(Rc::ptr_eq(resource, session) && context.peers.is_pbx(&watcher)) {
                announce(session, resource, &out);
            }
        }
    }
    if first {
        context.router.note_change();
        tell_newcomer(context, session);
    }
    if context.peers.is_pbx(&session.bare) {
        context.news.is_there(&session.jid, first);
    }
}

/// A resource says that it goes. It hears that too (RFC 6121 section 4.5.2), a PBX as anybody:
/// stock Asterisk never says that it goes, and takes no notice of itself.
pub fn goes(context: &Rc<Context>, session: &Rc<Session>, words: &Rc<Words>) {
    let was_there = session.is_available();
    unavailable(context, session, words);
    if was_there {
        let mut out = Vec::new();
        let caps = context.caps_for(&session.bare);
        write::unavailable(&mut out, &session.jid, session.bare.as_str(), words, caps);
        session.send(&out);
    }
}

/// A resource is gone: it has said so, or its stream has ended.
pub fn unavailable(context: &Rc<Context>, session: &Rc<Session>, words: &Rc<Words>) {
    let was_there = session.presence.borrow_mut().take().is_some();
    let directed = session.directed.borrow_mut().take();
    let mut watchers = watchers(context, &session.bare);
    if was_there {
        context.router.note_change();
        context.news.is_gone(&session.jid, words);
    } else {
        watchers.clear();
    }
    for watcher in &watchers {
        for resource in context.router.resources(watcher).iter().filter(|r| r.is_available()) {
            take_leave(context, session, resource, watcher.as_str(), words);
        }
    }
    for other in directed.iter().filter(|other| !watchers.contains(&other.to_bare())) {
        let resources = context.router.matching(other);
        for resource in &resources {
            take_leave(context, session, resource, other.as_str(), words);
        }
        if resources.is_empty() {
            take_leave_elsewhere(context, session, other, words);
        }
    }
}

/// Passes a presence on. Who has too much to read misses it, unless it is a PBX's: those are
/// few and small.
fn announce(from: &Session, to: &Session, presence: &[u8]) {
    if from.account.borrow().role == Role::Pbx {
        to.send(presence);
    } else {
        let _ = relay::hand_over(from, to, presence);
    }
}

/// Tells a resource that another is gone, with its last words if there is room for them.
fn take_leave(context: &Context, from: &Session, to: &Session, address: &str, last_words: &Words) {
    let mut out = Vec::new();
    let caps = context.caps_for(&to.bare);
    write::unavailable(&mut out, &from.jid, address, last_words, caps);
    if relay::hand_over(from, to, &out).is_err() {
        out.clear();
        write::unavailable(&mut out, &from.jid, address, &Words::default(), caps);
        to.send(&out);
    }
}

/// The same where nobody is found here.
fn take_leave_elsewhere(context: &Context, from: &Session, to: &Jid, last_words: &Words) {
    let mut out = Vec::new();
    let caps = context.caps_for(&to.to_bare());
    write::unavailable(&mut out, &from.jid, to.as_str(), last_words, caps);
    // Nobody is left who could be told that it cannot be delivered.
    let undelivered = Undelivered::new(StanzaKind::Presence, &from.jid, to, &out);
    let _ = context.deliver_elsewhere(&undelivered);
}

/// Tells `viewer` which resources of `account` are there.
pub fn show(context: &Context, account: &BareJid, viewer: &BareJid) {
    for presence in resources(context, account, viewer) {
        to_available(context, viewer, &presence);
    }
}

/// Tells `viewer` that no resource of `account` is there, for all it may know.
pub fn hide(context: &Context, account: &BareJid, viewer: &BareJid) {
    let caps = context.caps_for(viewer);
    for resource in context.router.resources(account).iter().filter(|r| r.is_available()) {
        let mut out = Vec::new();
        write::unavailable(&mut out, &resource.jid, viewer.as_str(), &Words::default(), caps);
        to_available(context, viewer, &out);
    }
}

/// Answers somebody who asks whether `account` is there.
pub fn answer_probe(context: &Context, session: &Session, account: &BareJid) {
    let viewer = &session.bare;
    if may_see(context, viewer, account) {
        resources(context, account, viewer).iter().for_each(|presence| session.send(presence));
    } else {
        let (step, words) = (SubscriptionStep::Unsubscribed, Words::default());
        let mut out = Vec::new();
        write::step(&mut out, account, viewer, step, &words, context.caps_for(viewer));
        session.send(&out);
    }
}

/// Who is told at once how `account` is: its own resources, and whoever it has let. Its peers hear
/// of it in [`rounds`](super::rounds).
fn watchers(context: &Context, account: &BareJid) -> Vec<BareJid> {
    let mut watchers = vec![account.clone()];
    let subscribed =
        context.rosters.contacts(account, |subscription| subscription.from == Half::Yes);
    watchers.extend(subscribed.into_iter().filter(|jid| !context.peers.are(account, jid)));
    watchers
}

/// Whom `account` wants to see, but for its peers, of whom [`rounds`](super::rounds) tell it.
fn watched(context: &Context, account: &BareJid) -> Vec<BareJid> {
    let mut watched = vec![account.clone()];
    let subscribed = context.rosters.contacts(account, |subscription| subscription.to == Half::Yes);
    watched.extend(subscribed.into_iter().filter(|jid| !context.peers.are(account, jid)));
    watched
}

/// What a resource hears when it becomes available: who else is there, and who has asked for its
/// presence meanwhile (RFC 6121 sections 4.3 and 3.1.3).
fn tell_newcomer(context: &Context, session: &Session) {
    let caps = context.caps_for(&session.bare);
    for account in watched(context, &session.bare) {
        if !may_see(context, &session.bare, &account) {
            continue;
        }
        for other in context.router.resources(&account) {
            // Of itself it has heard as its own watcher.
            if other.jid != session.jid
                && let Some(presence) = presence_of(&other, &session.bare, caps)
            {
                session.send(&presence);
            }
        }
    }
    // COMPAT(asterisk<=22 autoregister=yes): the thread that reads its stream would answer.
    if !context.peers.is_pbx(&session.bare) {
        pass_on_requests(context, session);
    }
}

/// Sends the requests that wait for an answer of the account.
fn pass_on_requests(context: &Context, session: &Session) {
    let account = &session.bare;
    let caps = context.caps_for(account);
    context.rosters.read(account, |roster| {
        let asking = roster.iter().filter(|(_, contact)| contact.subscription.from == Half::Asked);
        for (jid, contact) in asking {
            let words = contact.request.clone().unwrap_or_default();
            let mut out = Vec::new();
            write::step(&mut out, jid, account, SubscriptionStep::Subscribe, &words, caps);
            session.send(&out);
        }
    });
}

/// The presences of an account's resources, as `viewer` gets them.
fn resources(context: &Context, account: &BareJid, viewer: &BareJid) -> Vec<Vec<u8>> {
    let caps = context.caps_for(viewer);
    let all = context.router.resources(account);
    all.iter().filter_map(|resource| presence_of(resource, viewer, caps)).collect()
}

fn presence_of(resource: &Session, viewer: &BareJid, caps: Caps) -> Option<Vec<u8>> {
    let presence = resource.presence.borrow();
    let mut out = Vec::new();
    write::available(&mut out, &resource.jid, viewer, &presence.as_ref()?.words, caps);
    Some(out)
}

/// Sends to the resources of an account that have said that they are there.
fn to_available(context: &Context, account: &BareJid, stanza: &[u8]) {
    for resource in context.router.resources(account).iter().filter(|r| r.is_available()) {
        resource.send(stanza);
    }
}
