//! A watch brings the board first, and then each change.

use lampfield_board::{
    Change, DeviceState,
    DeviceState::{Busy, InUse, NotInUse},
    Kind,
};
use lampfield_hub::{ConnId, HubLimits, Reader, Room, Settings, Verdict, Watch};

use super::fixture::{A, ASTERISK, B, PERSON, Story, name, secs};

fn story(devices: usize, watch_missed: usize) -> (Story, Watch) {
    let limits = HubLimits { watch_missed, ..HubLimits::default() };
    let mut story = Story::with(Settings { limits, ..Settings::default() });
    story.login(1, A);
    for device in 0..devices {
        story.device(1, 1, &format!("PJSIP/{device}"), InUse);
    }
    let watch = story.hub.watch(&name(B), Kind::Device, ASTERISK);
    (story, watch)
}

fn change(story: &mut Story, device: &str, state: DeviceState) -> Change {
    story.device(1, 1, device, state);
    story.changes.last().unwrap().clone()
}

fn told(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| format!("{} {}", change.subject.name(), change.state)).collect()
}

#[test]
fn a_snapshot_goes_at_the_readers_pace_and_changes_fit_around_it() {
    let (mut story, mut watch) = story(4, 10);
    assert_eq!(told(&watch.next(&story.hub, 2)), ["PJSIP/0 INUSE", "PJSIP/1 INUSE"]);
    assert!(!watch.is_live());
    let behind = change(&mut story, "PJSIP/1", Busy);
    assert_eq!(watch.offer(&behind, Room::Free), Verdict::Send);
    let ahead = change(&mut story, "PJSIP/3", Busy);
    assert_eq!(watch.offer(&ahead, Room::Free), Verdict::Later);
    assert_eq!(told(&watch.next(&story.hub, 9)), ["PJSIP/2 INUSE", "PJSIP/3 BUSY"]);
    assert!(watch.is_live());
    assert_eq!(watch.reached(), story.hub.revision());
    let live = change(&mut story, "PJSIP/3", InUse);
    assert_eq!(watch.offer(&live, Room::Free), Verdict::Send);
    assert_eq!(watch.reached(), live.revision);
    assert_eq!(watch.offer(&live, Room::Free), Verdict::Later, "it was told already");
}

#[test]
fn what_finds_no_room_comes_later_with_its_newest_value() {
    let (mut story, mut watch) = story(2, 10);
    watch.next(&story.hub, 9);
    let reached = watch.reached();
    for state in [Busy, NotInUse] {
        let missed = change(&mut story, "PJSIP/0", state);
        assert_eq!(watch.offer(&missed, Room::Full), Verdict::Later);
    }
    let after = change(&mut story, "PJSIP/0", Busy);
    assert_eq!(watch.offer(&after, Room::Free), Verdict::Later, "order is kept");
    let other = change(&mut story, "PJSIP/1", Busy);
    assert_eq!(watch.offer(&other, Room::Free), Verdict::Send);
    assert_eq!(watch.reached(), reached, "with a gap nothing more is confirmed");
    assert_eq!(told(&watch.next(&story.hub, 9)), ["PJSIP/0 BUSY"]);
    assert_eq!(watch.reached(), story.hub.revision());
}

#[test]
fn beyond_its_limit_a_watch_begins_again() {
    let (mut story, mut watch) = story(3, 1);
    watch.next(&story.hub, 9);
    for device in ["PJSIP/0", "PJSIP/2"] {
        let missed = change(&mut story, device, Busy);
        assert_eq!(watch.offer(&missed, Room::Full), Verdict::Later);
    }
    let all = ["PJSIP/0 BUSY", "PJSIP/1 INUSE", "PJSIP/2 BUSY"];
    assert_eq!(told(&watch.next(&story.hub, 9)), all);
}

#[test]
fn a_withdrawal_is_replayed_until_it_is_confirmed_and_then_forgotten() {
    let (mut story, mut watch) = story(1, 10);
    watch.next(&story.hub, 9);
    let reached = watch.reached();
    story.act(|hub, _| hub.confirm(&watch, reached));
    story.act(|hub, _| hub.unwatch(watch));
    story.lost(1);
    story.pass(secs(100));
    for confirms in [false, true] {
        let mut watch = story.hub.watch(&name(B), Kind::Device, ASTERISK);
        assert_eq!(told(&watch.next(&story.hub, 9)), ["PJSIP/0 withdrawn"]);
        assert!(story.hub.awaits(&watch));
        if confirms {
            let reached = watch.reached();
            story.act(|hub, _| hub.confirm(&watch, reached));
        }
        story.act(|hub, _| hub.unwatch(watch));
    }
    let mut watch = story.hub.watch(&name(B), Kind::Device, ASTERISK);
    assert!(watch.next(&story.hub, 9).is_empty());
    assert_eq!(story.hub.board().counts().subjects, 0);
}

#[test]
fn a_withdrawal_does_not_wait_for_a_server_that_was_given_up() {
    let (mut story, mut watch) = story(1, 10);
    let reader = Reader::new(name(B), "old");
    let away = story.hub.watch(reader.clone(), Kind::Device, ASTERISK);
    story.act(|hub, _| hub.unwatch(away));
    story.lost(1);
    story.pass(secs(100));
    watch.next(&story.hub, 9);
    let reached = watch.reached();
    story.act(|hub, _| hub.confirm(&watch, reached));
    assert_eq!(story.hub.status().tombstones.used, 1, "it may come back");
    assert_eq!(story.hub.awaited(&name(B)).collect::<Vec<_>>(), ["old"]);
    story.act(|hub, _| assert!(hub.forget_reader(&reader)));
    story.act(|hub, _| assert!(!hub.forget_reader(&reader)));
    assert_eq!(story.hub.status().tombstones.used, 0);
    story.restart();
    assert_eq!(story.hub.awaited(&name(B)).collect::<Vec<_>>(), [""], "the one that watched");
}

/// Who knows nothing yet need not be told what has ended, but all that ends from then on.
#[test]
fn a_newcomer_that_keeps_nothing_is_told_of_no_old_withdrawal() {
    let (mut story, keeps) = story(2, 1);
    story.login(2, B);
    for device in ["PJSIP/1", "PJSIP/8"] {
        story.device(2, 2, device, Busy);
    }
    story.act(|hub, now| hub.goodbye(ConnId(2), now));
    let mut watch = story.hub.watch(&name(B), Kind::Device, PERSON);
    assert_eq!(told(&watch.next(&story.hub, 9)), ["PJSIP/0 INUSE", "PJSIP/1 INUSE"]);
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    for withdrawn in &story.changes[story.changes.len() - 2..] {
        assert_eq!(watch.offer(withdrawn, Room::Full), Verdict::Later);
    }
    let told = told(&watch.next(&story.hub, 9));
    assert!(told.contains(&"PJSIP/0 withdrawn".to_owned()), "begun again: {told:?}");
    story.act(|hub, _| hub.unwatch(keeps));
}

#[test]
fn a_subject_in_a_place_that_was_freed_behind_the_cursor_is_told() {
    let mut story = Story::new();
    for (conn, account, device) in [(2, B, "PJSIP/0"), (1, A, "PJSIP/1"), (1, A, "PJSIP/2")] {
        story.login(conn, account);
        story.device(conn, conn as u8, device, InUse);
    }
    let mut watch = story.hub.watch(&name(B), Kind::Device, ASTERISK);
    watch.next(&story.hub, 2);
    // Nobody else watches: the withdrawal is forgotten as soon as this one has confirmed it.
    story.act(|hub, now| hub.goodbye(ConnId(2), now));
    let withdrawn = story.changes.last().unwrap().clone();
    assert_eq!(watch.offer(&withdrawn, Room::Free), Verdict::Send);
    watch.next(&story.hub, 9);
    let reached = watch.reached();
    story.act(|hub, _| hub.confirm(&watch, reached));
    let reused = change(&mut story, "PJSIP/9", InUse);
    assert_eq!(reused.subject_id, withdrawn.subject_id);
    assert_eq!(watch.offer(&reused, Room::Free), Verdict::Send);
}

#[test]
fn a_passing_state_without_room_is_dropped_and_counted() {
    let (mut story, mut watch) = story(1, 10);
    watch.next(&story.hub, 9);
    let passing = lampfield_hub::Publication {
        identity: super::fixture::number(1).into(),
        subject: lampfield_board::Subject::device("Local/1@x").unwrap(),
        value: InUse.into(),
        cachable: lampfield_board::Cachable::No,
        is_again: false,
        protocol: lampfield_board::Protocol::Xmpp,
    };
    story.publish(1, passing).unwrap();
    let change = story.changes.last().unwrap().clone();
    assert_eq!(watch.offer(&change, Room::Full), Verdict::Later);
    assert_eq!(watch.offer(&change, Room::Free), Verdict::Send);
    assert_eq!((watch.dropped(), watch.is_live()), (1, true));
}

#[test]
fn of_a_mailbox_only_the_newest_arrival_is_told() {
    let mut story = Story::new();
    for (conn, account, new) in [(1, A, 3), (2, B, 5)] {
        story.login(conn, account);
        story.mailbox(conn, conn as u8, "1000@default", new);
    }
    let watch = |story: &mut Story| {
        let mut watch = story.hub.watch(&name(A), Kind::Mailbox, PERSON);
        told(&watch.next(&story.hub, 9))
    };
    assert_eq!(watch(&mut story), ["1000@default 5 new, 0 old"]);
    story.mailbox(1, 1, "1000@default", 3);
    assert_eq!(watch(&mut story), ["1000@default 3 new, 0 old"], "an old count said anew is news");
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    story.pass(secs(100));
    assert_eq!(story.counts("1000@default"), Some(3));
}

/// A relay repeats what its PBX said last of everything when its line was lost.
#[test]
fn a_count_that_is_only_said_again_overrules_nobody() {
    let mut story = Story::new();
    for (conn, account, new) in [(1, A, 1), (2, B, 5)] {
        story.login(conn, account);
        story.mailbox(conn, conn as u8, "1000@default", new);
    }
    story.act(|hub, now| hub.lost(ConnId(1), now));
    story.login(3, A);
    let again = |new| lampfield_hub::Publication {
        identity: super::fixture::number(1).into(),
        subject: lampfield_board::Subject::mailbox("1000@default").unwrap(),
        value: lampfield_board::MessageCount::new(new, 0).into(),
        cachable: lampfield_board::Cachable::Yes,
        is_again: true,
        protocol: lampfield_board::Protocol::Xmpp,
    };
    assert_eq!(story.publish(3, again(1)), Ok(lampfield_hub::Outcome::Repeat));
    assert_eq!(story.counts("1000@default"), Some(5));
    assert_eq!(story.publish(3, again(2)), Ok(lampfield_hub::Outcome::Changed), "it had not that");
    assert_eq!(story.counts("1000@default"), Some(2));
}
