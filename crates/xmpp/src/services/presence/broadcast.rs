//! Telling those who may know that a resource is there, and telling it who else is
//! (RFC 6121 sections 4.2 to 4.5).

use std::rc::Rc;

use lampfield_xmpp_stream::BareJid;

use super::{may_see, write};
use crate::accounts::Role;
use crate::contacts::subscription::{Half, Step};
use crate::services::relay;
use crate::session::{Caps, Presence, Session, Words};
use crate::site::Site;

/// A resource says that it is there, or how.
pub fn available(site: &Rc<Site>, session: &Rc<Session>, presence: Presence) {
    let words = Rc::clone(&presence.words);
    let first = session.presence.borrow_mut().replace(presence).is_none();
    for watcher in watchers(site, &session.bare) {
        let mut out = Vec::new();
        write::available(&mut out, &session.jid, &watcher, &words, site.caps_for(&watcher));
        for resource in site.router.resources(&watcher).iter().filter(|r| r.is_available()) {
            // Everyone hears of themselves too (RFC 6121 section 4.2.2), but for Asterisk, which
            // does not listen. COMPAT(asterisk<=22)
            if !(Rc::ptr_eq(resource, session) && site.peers.is_pbx(&watcher)) {
                announce(session, resource, &out);
            }
        }
    }
    if first {
        site.router.note_change();
        tell_newcomer(site, session);
    }
    if site.peers.is_pbx(&session.bare) {
        site.news.is_there(&session.jid, first);
    }
}

/// A resource says that it goes. It hears that too (RFC 6121 section 4.5.2), a PBX as anybody:
/// stock Asterisk never says that it goes, and takes no notice of itself.
pub fn goes(site: &Rc<Site>, session: &Rc<Session>, words: &Rc<Words>) {
    let was_there = session.is_available();
    unavailable(site, session, words);
    if was_there {
        let mut out = Vec::new();
        let caps = site.caps_for(&session.bare);
        write::unavailable(&mut out, &session.jid, session.bare.as_str(), words, caps);
        session.send(&out);
    }
}

/// A resource is gone: it has said so, or its stream has ended.
pub fn unavailable(site: &Rc<Site>, session: &Rc<Session>, words: &Rc<Words>) {
    let was_there = session.presence.borrow_mut().take().is_some();
    let directed = session.directed.borrow_mut().take();
    let mut watchers = watchers(site, &session.bare);
    if was_there {
        site.router.note_change();
        site.news.is_gone(&session.jid, words);
    } else {
        watchers.clear();
    }
    for watcher in &watchers {
        for resource in site.router.resources(watcher).iter().filter(|r| r.is_available()) {
            take_leave(site, session, resource, watcher.as_str(), words);
        }
    }
    for other in directed.iter().filter(|other| !watchers.contains(&other.to_bare())) {
        for resource in site.router.matching(other) {
            take_leave(site, session, &resource, other.as_str(), words);
        }
    }
}

/// Passes a presence on. Who has too much to read misses it, unless it is a server's: those are
/// few and small.
fn announce(from: &Session, to: &Session, presence: &[u8]) {
    if from.account.borrow().role == Role::Pbx {
        to.send(presence);
    } else {
        let _ = relay::hand_over(from, to, presence);
    }
}

/// Tells a resource that another is gone, with its last words if there is room for them.
fn take_leave(site: &Site, from: &Session, to: &Session, address: &str, last_words: &Words) {
    let mut out = Vec::new();
    let caps = site.caps_for(&to.bare);
    write::unavailable(&mut out, &from.jid, address, last_words, caps);
    if relay::hand_over(from, to, &out).is_err() {
        out.clear();
        write::unavailable(&mut out, &from.jid, address, &Words::default(), caps);
        to.send(&out);
    }
}

/// Tells `viewer` which resources of `account` are there.
pub fn show(site: &Site, account: &BareJid, viewer: &BareJid) {
    let mut out = Vec::new();
    write_resources(&mut out, site, account, viewer);
    to_available(site, viewer, &out);
}

/// Tells `viewer` that no resource of `account` is there, for all it may know.
pub fn hide(site: &Site, account: &BareJid, viewer: &BareJid) {
    let (mut out, caps) = (Vec::new(), site.caps_for(viewer));
    for resource in site.router.resources(account).iter().filter(|r| r.is_available()) {
        write::unavailable(&mut out, &resource.jid, viewer.as_str(), &Words::default(), caps);
    }
    to_available(site, viewer, &out);
}

/// Answers somebody who asks whether `account` is there.
pub fn answer_probe(site: &Site, session: &Session, account: &BareJid) {
    let (mut out, caps) = (Vec::new(), site.caps_for(&session.bare));
    if may_see(site, &session.bare, account) {
        write_resources(&mut out, site, account, &session.bare);
    } else {
        let (step, words) = (Step::Unsubscribed, Words::default());
        write::step(&mut out, account, &session.bare, step, &words, caps);
    }
    session.send(&out);
}

/// Who is told at once how `account` is: its own resources, and whoever it has let. Its peers hear
/// of it in [`rounds`](super::rounds).
fn watchers(site: &Site, account: &BareJid) -> Vec<BareJid> {
    let mut watchers = vec![account.clone()];
    let subscribed = site.rosters.contacts(account, |subscription| subscription.from == Half::Yes);
    watchers.extend(subscribed.into_iter().filter(|jid| !site.peers.are(account, jid)));
    watchers
}

/// Whom `account` wants to see, but for its peers, of whom [`rounds`](super::rounds) tell it.
fn watched(site: &Site, account: &BareJid) -> Vec<BareJid> {
    let mut watched = vec![account.clone()];
    let subscribed = site.rosters.contacts(account, |subscription| subscription.to == Half::Yes);
    watched.extend(subscribed.into_iter().filter(|jid| !site.peers.are(account, jid)));
    watched
}

/// What a resource hears when it becomes available: who else is there, and who has asked for its
/// presence meanwhile (RFC 6121 sections 4.3 and 3.1.3).
fn tell_newcomer(site: &Site, session: &Session) {
    let (mut out, caps) = (Vec::new(), site.caps_for(&session.bare));
    for account in watched(site, &session.bare) {
        if !may_see(site, &session.bare, &account) {
            continue;
        }
        for other in site.router.resources(&account) {
            // Of itself it has heard as its own watcher.
            if other.jid != session.jid {
                write_resource(&mut out, &other, &session.bare, caps);
            }
        }
    }
    // COMPAT(asterisk<=22 autoregister=yes): the thread that reads its stream would answer.
    if !site.peers.is_pbx(&session.bare) {
        write_requests(&mut out, site, &session.bare);
    }
    if !out.is_empty() {
        session.send(&out);
    }
}

/// Appends the requests that wait for an answer of `account`.
fn write_requests(out: &mut Vec<u8>, site: &Site, account: &BareJid) {
    let caps = site.caps_for(account);
    site.rosters.read(account, |roster| {
        let asking = roster.iter().filter(|(_, contact)| contact.subscription.from == Half::Asked);
        for (jid, contact) in asking {
            let words = contact.request.clone().unwrap_or_default();
            write::step(out, jid, account, Step::Subscribe, &words, caps);
        }
    });
}

fn write_resources(out: &mut Vec<u8>, site: &Site, account: &BareJid, viewer: &BareJid) {
    let caps = site.caps_for(viewer);
    for resource in site.router.resources(account) {
        write_resource(out, &resource, viewer, caps);
    }
}

fn write_resource(out: &mut Vec<u8>, resource: &Session, viewer: &BareJid, caps: Caps) {
    if let Some(presence) = &*resource.presence.borrow() {
        write::available(out, &resource.jid, viewer, &presence.words, caps);
    }
}

/// Sends to the resources of an account that have said that they are there.
fn to_available(site: &Site, account: &BareJid, stanzas: &[u8]) {
    if stanzas.is_empty() {
        return;
    }
    for resource in site.router.resources(account).iter().filter(|r| r.is_available()) {
        resource.send(stanzas);
    }
}
