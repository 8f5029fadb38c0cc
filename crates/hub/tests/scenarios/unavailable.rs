//! `withdraw_as = "unavailable"`: what stands in for the phones of a dead PBX.

use lampfield_board::DeviceState::{InUse, NotInUse, Unavailable};
use lampfield_board::{Ending, FactState, Kind};
use lampfield_hub::{Lease, Policies, Policy, Rule, Settings};

use super::fixture::{A, ASTERISK, B, PERSON, Story, leases, name, secs};

fn story() -> Story {
    let policies = Policies::new(vec![Rule::parse("PJSIP/*", Policy::Unavailable).unwrap()]);
    Story::with(Settings { policies, ..Settings::default() })
}

/// A story in which `PJSIP/100` was in use on a PBX that is dead now.
fn dead() -> Story {
    let mut story = story();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.device(1, 1, "Custom:x", InUse);
    story.lost(1);
    story.pass(secs(10));
    story
}

#[test]
fn the_phones_of_a_dead_server_are_unavailable_and_all_else_is_withdrawn() {
    let story = dead();
    assert_eq!((story.shows("PJSIP/100"), story.shows("Custom:x")), (Some(Unavailable), None));
    let told: Vec<_> = story.changes.iter().map(|change| change.state.clone()).collect();
    assert!(told.contains(&FactState::Unavailable(Ending::Lost)), "{told:?}");
    assert_eq!(leases(&story, "PJSIP/100"), [Lease::Unavailable { reason: Ending::Lost }]);
}

#[test]
fn a_newcomer_is_told_of_it_and_nobody_need_confirm_it() {
    let mut story = dead();
    let mut watch = story.hub.watch(&name(B), Kind::Device, PERSON);
    let told = watch.next(&story.hub, 10);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].state.live(), Some(&Unavailable.into()));
    story.pass(secs(100_000));
    assert_eq!(story.shows("PJSIP/100"), Some(Unavailable));
}

#[test]
fn it_stands_over_a_restart_and_is_swept_by_none() {
    let mut story = dead();
    story.restart();
    assert_eq!(story.shows("PJSIP/100"), Some(Unavailable));
    story.pass(secs(1_000));
    assert_eq!(story.shows("PJSIP/100"), Some(Unavailable));
    let revision = story.hub.revision();
    story.login(2, A);
    story.device(2, 1, "PJSIP/101", NotInUse);
    story.pass(secs(1_000));
    assert_eq!(story.shows("PJSIP/100"), Some(Unavailable), "it was not spoken of again");
    assert_eq!(story.hub.revision().number(), revision.number() + 1);
}

#[test]
fn the_origin_speaks_again_or_is_forgotten() {
    let mut story = dead();
    story.login(2, A);
    story.device(2, 1, "PJSIP/100", Unavailable);
    assert_eq!(leases(&story, "PJSIP/100"), [Lease::Live], "also where it says the same itself");
    story.device(2, 1, "PJSIP/100", NotInUse);
    assert_eq!(story.shows("PJSIP/100"), Some(NotInUse));
    assert_eq!(story.hub.status().facts.used, 1);

    let mut story = dead();
    story.remove(A);
    assert_eq!(story.shows("PJSIP/100"), None);
    assert_eq!(story.hub.status().facts.used, 0);
}

/// The phone has registered with another PBX meanwhile.
#[test]
fn a_server_that_has_the_phone_is_believed() {
    let mut story = dead();
    story.login(3, B);
    story.device(3, 2, "PJSIP/100", NotInUse);
    assert_eq!(story.shows("PJSIP/100"), Some(NotInUse));
}

/// Peers file both under one entity id: the one that is said must be the last they hear.
#[test]
fn it_blinds_nobody_to_the_same_process_under_another_account() {
    let mut story = story();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.login(2, B);
    story.device(2, 1, "PJSIP/100", NotInUse);
    story.lost(1);
    story.pass(secs(10));
    assert_eq!(story.changes.last().unwrap().state, FactState::Live(NotInUse.into()));
    let mut watch = story.hub.watch(&name("pbx-c@asterisk.example"), Kind::Device, ASTERISK);
    let told = watch.next(&story.hub, 10);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].state, FactState::Live(NotInUse.into()));
}
