//! What an operator says by hand: it needs no connection, and nobody's absence ends it.

use lampfield_board::DeviceState::{Busy, InUse, NotInUse, Ringing};
use lampfield_board::kind::Ban;
use lampfield_board::{
    Cachable, DeviceState, Ending, FactState, Identity, Kind, Origin, Protocol, Subject, Value,
    WallTime,
};
use lampfield_fabric::Bucket;
use lampfield_hub::{Lease, Outcome, Policies, Policy, Publication, Refusal, Rule, Settings};

use super::fixture::{A, Story, leases, name, secs};

fn operator() -> Origin {
    Origin::new(name("lampfield cli"), Identity::parse("command line").unwrap())
}

fn say(story: &mut Story, subject: &Subject, value: Value) -> Result<Outcome, Refusal> {
    let said = Publication {
        identity: operator().identity,
        subject: subject.clone(),
        value,
        cachable: Cachable::Yes,
        protocol: Protocol::Cli,
        is_again: false,
    };
    story.act(|hub, now| hub.set(&operator(), said, now))
}

fn set(story: &mut Story, device: &str, state: DeviceState) -> Outcome {
    say(story, &Subject::device(device).unwrap(), state.into()).unwrap()
}

fn clear(story: &mut Story, device: &str, by: Option<&Origin>) -> usize {
    let subject = Subject::device(device).unwrap();
    story.act(|hub, now| hub.clear(&subject, by, now))
}

#[test]
fn it_stands_through_any_time_and_any_restart_until_it_is_cleared() {
    let mut story = Story::new();
    assert_eq!(set(&mut story, "Custom:night", InUse), Outcome::Changed);
    assert_eq!(set(&mut story, "Custom:night", InUse), Outcome::Repeat);
    assert_eq!(leases(&story, "Custom:night"), [Lease::ByHand]);
    for _ in 0..3 {
        story.pass(secs(100_000));
        story.restart();
        story.pass(secs(100_000));
        assert_eq!(story.shows("Custom:night"), Some(InUse));
        assert_eq!(leases(&story, "Custom:night"), [Lease::ByHand]);
    }
    let epoch = story.hub.origins(story.now)[0].epoch;
    assert_eq!(set(&mut story, "Custom:night", NotInUse), Outcome::Changed);
    assert!(story.hub.origins(story.now)[0].epoch > epoch, "what was forgotten may be newer");
    assert_eq!(clear(&mut story, "Custom:night", Some(&operator())), 1);
    assert_eq!(clear(&mut story, "Custom:night", Some(&operator())), 0);
    assert_eq!(story.shows("Custom:night"), None);
    let ended = story.changes.last().unwrap();
    assert_eq!(ended.state, FactState::Withdrawn(Ending::Cleared));
    assert_eq!(story.troubles(), []);
    story.restart();
    assert_eq!(story.shows("Custom:night"), None);
    let left = story.store.keys().filter(|(bucket, _)| *bucket == Bucket::Origins);
    assert_eq!(left.count(), 0, "nobody need be told of its end");
}

#[test]
fn no_change_of_policy_ends_it() {
    let keep = Rule::parse("Custom:*", Policy::Keep).unwrap();
    let settings = Settings { policies: Policies::new(vec![keep]), ..Settings::default() };
    let mut story = Story::with(settings);
    set(&mut story, "Custom:night", InUse);
    story.act(|hub, now| hub.set_settings(Settings::default(), now));
    story.pass(secs(100_000));
    assert_eq!(story.shows("Custom:night"), Some(InUse));
}

#[test]
fn to_clear_ends_one_origins_word_or_everybodys() {
    let unavailable = Rule::parse("*", Policy::Unavailable).unwrap();
    let settings = Settings { policies: Policies::new(vec![unavailable]), ..Settings::default() };
    let mut story = Story::with(settings);
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", Ringing);
    set(&mut story, "PJSIP/100", InUse);
    assert_eq!(clear(&mut story, "PJSIP/100", Some(&operator())), 1);
    assert_eq!(story.shows("PJSIP/100"), Some(Ringing), "the PBX's own word stands");
    set(&mut story, "PJSIP/100", InUse);
    assert_eq!(clear(&mut story, "PJSIP/100", None), 2);
    assert_eq!(story.shows("PJSIP/100"), None, "nothing stands in for what was cleared");
    story.device(1, 1, "PJSIP/100", Busy);
    assert_eq!(story.shows("PJSIP/100"), Some(Busy), "whoever is there says it again");

    story.lost(1);
    story.pass(secs(1_000));
    assert_eq!(story.shows("PJSIP/100"), Some(DeviceState::Unavailable));
    assert_eq!(clear(&mut story, "PJSIP/100", None), 1, "of one that cannot speak any more");
    assert_eq!(story.shows("PJSIP/100"), None);
    assert_eq!(clear(&mut story, "PJSIP/101", None), 0);
}

#[test]
fn what_names_its_end_ends_then_also_after_a_restart() {
    let mut story = Story::new();
    let subject = Subject::new(Kind::Ban, "203.0.113.7".parse().unwrap());
    let ban = Ban { reason: "scans".to_owned(), source: "me".to_owned(), until: None };
    let ban = Value::from(ban);
    let until = WallTime::from_millis(story.now.wall.millis() + 600_000);
    say(&mut story, &subject, ban.ending_at(until).unwrap()).unwrap();
    story.pass(secs(300));
    story.now.wall = WallTime::from_millis(story.now.wall.millis() + 300_000);
    story.restart();
    let stands = |story: &Story| story.hub.board().aggregate(&subject).is_some();
    story.pass(secs(299));
    assert!(stands(&story));
    story.pass(secs(2));
    assert!(!stands(&story));
    say(&mut story, &subject, ban).unwrap();
    story.pass(secs(100_000));
    assert!(stands(&story));
}
