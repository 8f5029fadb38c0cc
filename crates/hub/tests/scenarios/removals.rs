//! An account is removed: what it said ends, nobody waits for it, and one of the same name begins
//! anew.

use lampfield_board::{DeviceState::InUse, Kind};
use lampfield_fabric::Bucket;
use lampfield_hub::{ConnId, Lease, Policies, Policy, Rule, Settings, Trouble};

use super::fixture::{A, ASTERISK, B, Story, name, secs};

/// A says a lamp, a kept one and a mailbox; B listens.
fn story() -> Story {
    let policies = Policies::new(vec![Rule::parse("Keep/*", Policy::Keep).unwrap()]);
    let mut story = Story::with(Settings { policies, ..Settings::default() });
    story.login(1, A);
    story.device(1, 1, "PJSIP/1", InUse);
    story.device(1, 1, "Keep/1", InUse);
    story.mailbox(1, 1, "1000@default", 3);
    story.login(2, B);
    story
}

fn ended(story: &Story) -> usize {
    story.changes.iter().filter(|change| !change.state.is_live()).count()
}

fn rows_of(story: &Story, account: &str) -> Vec<(Bucket, String)> {
    let keys = story.store.keys().filter(|(_, key)| key.starts_with(account));
    keys.cloned().collect()
}

#[test]
fn all_it_said_ends_at_once_and_is_told_to_who_is_away() {
    let mut story = story();
    let watch = story.hub.watch(&name(B), Kind::Mailbox, ASTERISK);
    story.act(|hub, _| hub.unwatch(watch));
    story.remove(A);
    assert_eq!(ended(&story), 3);
    let why = story.hub.why(&"mailbox/1000@default".parse().unwrap(), story.now).unwrap();
    assert!(matches!(why.leases[..], [Lease::Withdrawn { .. }]), "{:?}", why.leases);
    assert_eq!(why.waiting_for, [[B.to_owned()]], "B has not heard of it");

    story.restart();
    let mut watch = story.hub.watch(&name(B), Kind::Mailbox, ASTERISK);
    assert_eq!(watch.next(&story.hub, 9).len(), 1, "it hears of it when it is back");
    let reached = watch.reached();
    story.act(|hub, _| hub.confirm(&watch, reached));
    assert_eq!(rows_of(&story, A), []);
}

#[test]
fn nobody_waits_for_its_servers_even_if_one_still_listens() {
    let mut story = story();
    let watch = story.hub.watch(&name(A), Kind::Device, ASTERISK);
    story.remove(A);
    story.device(2, 2, "PJSIP/2", InUse);
    // Its stream ends after it.
    story.act(|hub, _| hub.unwatch(watch));
    story.act(|hub, now| hub.lost(ConnId(1), now));
    story.act(|hub, now| hub.goodbye(ConnId(2), now));
    assert_eq!(story.hub.status().tombstones.used, 0);
    assert!(story.hub.accounts().is_empty(), "{:?}", story.hub.accounts());
    assert!(story.store.is_empty(), "{:?}", story.store);
}

#[test]
fn it_is_no_trouble_any_longer() {
    let mut story = story();
    story.lost(1);
    story.pass(secs(10));
    assert!(matches!(story.troubles()[..], [Trouble::OriginGone { .. }]));
    story.remove(A);
    assert_eq!(story.troubles(), []);
    assert_eq!(story.hub.next_deadline(), None);
}

#[test]
fn one_of_the_same_name_begins_anew() {
    let mut story = story();
    story.remove(A);
    assert!(story.say(1, 1, "device/PJSIP/1".parse().unwrap(), InUse.into()).is_err());
    story.login(3, A);
    story.device(3, 1, "PJSIP/9", InUse);
    story.lost(1);
    story.pass(secs(100));
    assert_eq!((story.shows("PJSIP/9"), story.shows("PJSIP/1")), (Some(InUse), None));
    assert_eq!(story.counts("1000@default"), None);
}

/// More facts than one tick ends: what is left is not held up by a login under the same name.
#[test]
fn a_login_under_the_same_name_keeps_nothing_alive() {
    let mut story = Story::new();
    story.login(1, A);
    for number in 0..3_000 {
        story.mailbox(1, 1, &format!("{number}@default"), 1);
    }
    story.remove(A);
    assert!(story.hub.status().kinds["mailbox"] > 0, "a bounded piece of work");
    story.login(2, A);
    story.device(2, 1, "PJSIP/1", InUse);
    story.lost(2);
    story.pass(secs(0));
    assert_eq!((story.hub.status().kinds["mailbox"], story.shows("PJSIP/1")), (0, Some(InUse)));
}
