//! Whatever a lamp shows, `why` gives a reason for it.

use lampfield_board::{
    DeviceState::{InUse, NotInUse},
    Ending, Kind, Subject,
};
use lampfield_hub::{ConnId, Lease};

use super::fixture::{A, ASTERISK, B, Story, leases, name, secs};

#[test]
fn why_tells_how_long_each_fact_still_has() {
    let mut story = Story::new();
    story.login(1, A);
    story.login(2, B);
    story.device(1, 1, "PJSIP/1", InUse);
    story.device(2, 2, "PJSIP/1", NotInUse);
    story.device(1, 1, "MWI:1@d", InUse);
    assert_eq!(leases(&story, "PJSIP/1"), [Lease::Live, Lease::Live]);
    assert_eq!(leases(&story, "MWI:1@d"), [Lease::KeptByPolicy]);
    story.lost(1);
    story.pass(secs(4));
    assert_eq!(leases(&story, "PJSIP/1"), [Lease::Gone { left: secs(6) }, Lease::Live]);
    story.login(3, A);
    story.device(3, 1, "PJSIP/9", InUse);
    story.pass(secs(1));
    assert_eq!(leases(&story, "PJSIP/1"), [Lease::Returning { left: secs(9) }, Lease::Live]);
    story.restart();
    assert_eq!(leases(&story, "PJSIP/1"), [Lease::RestartGrace { left: secs(75) }; 2]);
    assert!(story.hub.why(&Subject::device("PJSIP/none").unwrap(), story.now).is_none());
}

#[test]
fn why_tells_of_a_withdrawal_and_who_has_not_heard_of_it() {
    let mut story = Story::new();
    let _watch = story.hub.watch(&name(B), Kind::Device, ASTERISK);
    story.login(1, A);
    story.device(1, 1, "PJSIP/1", InUse);
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    let why = story.hub.why(&Subject::device("PJSIP/1").unwrap(), story.now).unwrap();
    assert_eq!(why.leases, [Lease::Withdrawn { reason: Ending::Goodbye }]);
    assert_eq!(why.waiting_for, [[B.to_owned()]]);
    story.restart();
    assert_eq!(leases(&story, "PJSIP/1"), [Lease::Withdrawn { reason: Ending::Goodbye }]);
}

#[test]
fn why_tells_that_an_eid_is_used_twice() {
    let mut story = Story::new();
    for (conn, account) in [(1, A), (2, B)] {
        story.login(conn, account);
        story.device(conn, 1, "PJSIP/1", InUse);
    }
    let why = story.hub.why(&Subject::device("PJSIP/1").unwrap(), story.now).unwrap();
    assert_eq!(why.troubles.len(), 1);
}

#[test]
fn origins_and_status_are_plain_data() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/1", InUse);
    story.device(1, 1, "PJSIP/1", InUse);
    story.lost(1);
    story.pass(secs(4));
    let origins = serde_json::to_value(story.hub.origins(story.now)).unwrap();
    assert_eq!(origins[0]["account"], A);
    assert_eq!((&origins[0]["lease"], &origins[0]["left_ms"]), (&"gone".into(), &6_000.into()));
    let status = serde_json::to_value(story.hub.status()).unwrap();
    assert_eq!(status["facts"]["used"], 1);
    assert_eq!((&status["said"]["changed"], &status["said"]["repeats"]), (&1.into(), &1.into()));
}

#[test]
fn an_origin_that_is_gone_for_good_is_away_with_what_is_kept_or_not_listed() {
    let mut story = Story::new();
    let _watch = story.hub.watch(&name(B), Kind::Device, ASTERISK);
    story.login(1, A);
    story.device(1, 1, "PJSIP/1", InUse);
    story.login(2, B);
    story.device(2, 2, "PJSIP/1", InUse);
    story.mailbox(2, 2, "1000@default", 3);
    assert_eq!(story.hub.status().lamps, 2);
    let gone_at = story.now.wall.millis();
    story.lost(1);
    story.lost(2);
    assert_eq!(story.hub.origins(story.now).len(), 2);
    story.pass(secs(60));
    let origins = serde_json::to_value(story.hub.origins(story.now)).unwrap();
    assert_eq!(origins.as_array().map(Vec::len), Some(1), "A has nothing left: {origins}");
    assert_eq!((&origins[0]["account"], &origins[0]["lease"]), (&B.into(), &"away".into()));
    assert_eq!(origins[0]["away_since"], gone_at);
    let status = story.hub.status();
    assert_eq!((status.subjects, status.lamps), (2, 1), "a tombstone is no lamp");
}

#[test]
fn the_end_of_its_account_ends_what_nothing_else_ends() {
    let mut story = Story::new();
    story.login(1, A);
    story.mailbox(1, 1, "1000@default", 3);
    story.device(1, 1, "MWI:1000@default", InUse);
    story.remove(A);
    assert_eq!((story.counts("1000@default"), story.shows("MWI:1000@default")), (None, None));
}

#[test]
fn history_remembers_facts_and_ends_but_no_repeats() {
    let mut story = Story::new();
    story.login(1, A);
    for state in [InUse, InUse, NotInUse] {
        story.device(1, 1, "PJSIP/1", state);
    }
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    assert_eq!(story.hub.history().len(), 3);
}
