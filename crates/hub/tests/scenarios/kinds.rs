//! What holds of every kind, and what ends by itself.

use lampfield_board::kind::{AfterLoss, Ban, Contact, Custom, Registration};
use lampfield_board::{Ending, FactState, Kind, Subject, SubjectName, Value, WallTime};
use lampfield_hub::Outcome;
use serde_json::{Value as Json, json};

use super::fixture::{A, ASTERISK, B, Story, name, secs};

fn subject(kind: Kind) -> Subject {
    Subject::new(kind, SubjectName::parse("x").unwrap())
}

fn sample(kind: Kind) -> Value {
    kind.examples().remove(0)
}

fn stored(story: &Story) -> Vec<Json> {
    let facts = story.store.iter().filter(|((bucket, _), _)| bucket.name() == "facts");
    facts.map(|(_, row)| serde_json::from_str(row).unwrap()).collect()
}

#[test]
fn every_kind_survives_a_restart_and_is_explained() {
    for kind in Kind::ALL {
        let mut story = Story::new();
        story.login(1, A);
        assert_eq!(story.say(1, 1, subject(kind), sample(kind)), Ok(Outcome::Changed));
        assert_eq!(story.say(1, 1, subject(kind), sample(kind)), Ok(Outcome::Repeat), "{kind}");
        let shown = story.hub.board().aggregate(&subject(kind));
        assert_eq!(stored(&story)[0]["form"], kind.stored_form(), "{kind}");
        story.restart();
        assert_eq!(story.hub.board().aggregate(&subject(kind)), shown, "{kind}");
        assert_eq!(story.hub.status().kinds[kind.as_str()], 1);
        let why = story.hub.why(&subject(kind), story.now).unwrap().why;
        assert_eq!((why.lamp, why.facts.len()), (shown, 1), "{kind}");
    }
}

#[test]
fn a_watcher_of_any_kind_gets_the_snapshot_and_then_the_changes() {
    for kind in Kind::ALL {
        let mut story = Story::new();
        story.login(1, A);
        story.say(1, 1, subject(kind), sample(kind)).unwrap();
        let mut watch = story.act(|hub, _| hub.watch(&name(B), kind, ASTERISK));
        let snapshot = watch.next(&story.hub, 10);
        assert_eq!(snapshot.len(), 1, "{kind}");
        assert_eq!(snapshot[0].lamp, story.hub.board().aggregate(&subject(kind)));
        story.act(|hub, _| hub.unwatch(watch));
        story.restart();
        let waiting = story.hub.awaited(&name(B)).count();
        assert_eq!(waiting, 1, "{kind}: who watched it is remembered");
    }
}

#[test]
fn what_outlives_its_origin_is_said_by_the_kind() {
    for kind in Kind::ALL {
        let mut story = Story::new();
        story.login(1, A);
        story.say(1, 1, subject(kind), sample(kind)).unwrap();
        story.lost(1);
        story.pass(secs(11));
        let kept = kind.after_loss() == AfterLoss::Keep;
        assert_eq!(story.hub.board().aggregate(&subject(kind)).is_some(), kept, "{kind}");
    }
}

fn registration(story: &Story, ends: &[u64]) -> Value {
    let now = story.now.wall.millis();
    let contact = |(number, seconds): (usize, &u64)| Contact {
        uri: format!("sip:100@192.0.2.{number}"),
        expires: Some(WallTime::from_millis(now + seconds * 1_000)),
        path: Vec::new(),
        user_agent: None,
    };
    Registration::of(ends.iter().enumerate().map(contact)).into()
}

fn contacts(story: &Story) -> usize {
    let value = story.hub.board().aggregate(&subject(Kind::Registration));
    value.map_or(0, |value| value.get::<Registration>().unwrap().contacts.len())
}

#[test]
fn contacts_end_one_by_one_and_everybody_is_told() {
    let mut story = Story::new();
    story.login(1, A);
    let said = registration(&story, &[60, 120]);
    story.say(1, 1, subject(Kind::Registration), said).unwrap();
    story.pass(secs(59));
    assert_eq!((contacts(&story), story.changes.len()), (2, 1));
    story.pass(secs(1));
    assert_eq!((contacts(&story), story.changes.len()), (1, 2));
    story.pass(secs(60));
    assert_eq!((contacts(&story), story.changes.len()), (0, 3));
    assert_eq!(story.changes[2].state, FactState::Withdrawn(Ending::Expired));
    assert_eq!(story.hub.next_deadline(), None);
}

#[test]
fn a_refresh_is_told_to_nobody_and_moves_the_end_also_over_a_restart() {
    let mut story = Story::new();
    story.login(1, A);
    let said = registration(&story, &[60]);
    story.say(1, 1, subject(Kind::Registration), said).unwrap();
    story.pass(secs(50));
    let said = registration(&story, &[90]);
    assert_eq!(story.say(1, 1, subject(Kind::Registration), said), Ok(Outcome::Repeat));
    story.pass(secs(30));
    assert_eq!((contacts(&story), story.changes.len()), (1, 1));
    story.restart();
    story.login(1, A);
    story.pass(secs(74));
    assert_eq!(contacts(&story), 1);
    // The wall clock of these stories stands still, so that all of the 90 s are left.
    let said = registration(&story, &[90]);
    story.say(1, 1, subject(Kind::Registration), said).unwrap();
    story.pass(secs(90));
    assert_eq!(contacts(&story), 0);
}

/// Leases go by the monotonic clock, and so do the ends that a fact has named.
#[test]
fn a_clock_that_is_set_ends_nothing_early_and_keeps_nothing() {
    for moved in [3_600_000, 0] {
        let mut story = Story::new();
        story.login(1, A);
        let said = registration(&story, &[60]);
        story.say(1, 1, subject(Kind::Registration), said).unwrap();
        story.now.wall = WallTime::from_millis(moved);
        story.pass(secs(59));
        assert_eq!(contacts(&story), 1);
        story.pass(secs(1));
        assert_eq!(contacts(&story), 0);
    }
}

#[test]
fn a_ban_ends_though_who_banned_is_long_gone() {
    let mut story = Story::new();
    story.login(1, A);
    let until = Some(WallTime::from_millis(story.now.wall.millis() + 600_000));
    let ban = Ban { reason: "scans".to_owned(), source: "pbx-a".to_owned(), until };
    story.say(1, 1, subject(Kind::Ban), ban.into()).unwrap();
    story.lost(1);
    story.pass(secs(599));
    assert!(story.hub.board().aggregate(&subject(Kind::Ban)).is_some());
    story.pass(secs(1));
    assert!(story.hub.board().aggregate(&subject(Kind::Ban)).is_none());
    assert_eq!(story.hub.origins(story.now).len(), 0, "nothing of its origin is left");
}

/// What is left of it was not said by anybody: it must still be repeated after a return.
#[test]
fn a_fact_that_shrank_while_its_origin_was_away_is_no_proof() {
    let mut story = Story::new();
    story.login(1, A);
    let said = registration(&story, &[5, 500]);
    story.say(1, 1, subject(Kind::Registration), said).unwrap();
    story.lost(1);
    story.login(2, A);
    story.device(2, 1, "PJSIP/1", lampfield_board::DeviceState::InUse);
    story.pass(secs(6));
    assert_eq!(contacts(&story), 1);
    story.pass(secs(5));
    assert_eq!(contacts(&story), 0, "it was not repeated");
}

#[test]
fn what_is_said_last_before_its_end_counts() {
    let mut story = Story::new();
    story.login(1, A);
    let custom = |data: Json, until: Option<u64>| {
        let until = until.map(|seconds| WallTime::from_millis(1_700_000_000_000 + seconds * 1_000));
        Value::from(Custom { data, until })
    };
    story.say(1, 1, subject(Kind::Custom), custom(json!(1), Some(10))).unwrap();
    story.say(1, 1, subject(Kind::Custom), custom(json!(2), None)).unwrap();
    story.pass(secs(20));
    assert_eq!(story.hub.board().aggregate(&subject(Kind::Custom)), Some(custom(json!(2), None)));
}
