//! An account may say less than before: what it has said and may not say any longer ends at once, and nothing else.

use lampfield_board::DeviceState::InUse;
use lampfield_board::{Ending, Kind, Pattern};
use lampfield_hub::{Grant, Lease, Policies, Policy, Rule, Settings};

use super::fixture::{A, ASTERISK, B, Story, leases, name, secs};

fn grant(patterns: &[&str]) -> Grant {
    let patterns: Vec<_> = patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect();
    Grant::of(&patterns)
}

/// A and B say the same; one lamp is kept, one would stand as unavailable. B listens.
fn story() -> Story {
    let rules = [("Keep/*", Policy::Keep), ("Dead/*", Policy::Unavailable)];
    let rules = rules.map(|(names, policy)| Rule::parse(names, policy).unwrap());
    let policies = Policies::new(rules.into());
    let mut story = Story::with(Settings { policies, ..Settings::default() });
    for (conn, account) in [(1, A), (2, B)] {
        story.login(conn, account);
        for device in ["PJSIP/100", "PJSIP/200", "Keep/1", "Dead/1"] {
            story.device(conn, conn as u8, device, InUse);
        }
    }
    story.mailbox(1, 1, "100@default", 1);
    story.changes.clear();
    story
}

fn restrict(story: &mut Story, account: &str, patterns: &[&str]) {
    story.act(|hub, _| hub.restrict(&name(account), &grant(patterns)));
    story.pass(secs(0));
}

/// What has ended, and why.
fn ended(story: &Story) -> Vec<(String, Ending)> {
    let ends = story.changes.iter().filter(|change| change.origin.account == name(A));
    let ends = ends.filter_map(|change| Some((change.subject.to_string(), change.state.ending()?)));
    let mut ends: Vec<_> = ends.collect();
    ends.sort_by_key(|(subject, _)| subject.clone());
    ends
}

fn all_but_100() -> Vec<(String, Ending)> {
    let lost = ["device/Dead/1", "device/Keep/1", "device/PJSIP/200", "mailbox/100@default"];
    lost.map(|subject| (subject.to_owned(), Ending::NotAllowed)).into()
}

#[test]
fn what_an_account_may_not_say_any_longer_ends_whether_it_is_there_or_not() {
    for is_there in [true, false] {
        let mut story = story();
        if !is_there {
            story.lost(1);
        }
        restrict(&mut story, A, &["PJSIP/1*"]);
        assert_eq!(ended(&story), all_but_100(), "there: {is_there}");
        assert_eq!(story.hub.status().facts.used, 1 + 4, "what B says stands");
        let stands = if is_there { Lease::Live } else { Lease::Gone { left: secs(10) } };
        assert_eq!(leases(&story, "PJSIP/100"), [stands, Lease::Live]);
    }
}

#[test]
fn it_ends_also_after_a_restart_and_who_was_away_is_told() {
    let mut story = story();
    let mut watch = story.act(|hub, _| hub.watch(&name(B), Kind::Device, ASTERISK));
    watch.next(&story.hub, 100);
    assert!(watch.is_live());
    story.restart();
    restrict(&mut story, A, &["PJSIP/1*"]);
    assert_eq!(ended(&story), all_but_100());
    let mut watch = story.act(|hub, _| hub.watch(&name(B), Kind::Device, ASTERISK));
    let told = watch.next(&story.hub, 100);
    let told = told.iter().filter(|change| change.state.ending() == Some(Ending::NotAllowed));
    assert_eq!(told.count(), 3);
}

#[test]
fn rights_that_grow_or_stay_end_nothing_and_what_is_said_under_them_stands() {
    let mut story = story();
    for patterns in [&["*"][..], &["PJSIP/*", "Keep/1", "Dead/?", "*@default"]] {
        restrict(&mut story, A, patterns);
        assert_eq!(ended(&story), []);
    }
    restrict(&mut story, A, &["PJSIP/1*"]);
    restrict(&mut story, A, &["*"]);
    story.device(1, 1, "PJSIP/200", InUse);
    story.pass(secs(100));
    assert_eq!(leases(&story, "PJSIP/200").len(), 2);
    assert_eq!(ended(&story), all_but_100());
}

/// More facts than one tick ends: the rights that were given last count, also for the rest.
#[test]
fn it_is_done_in_pieces_and_the_latest_rights_count() {
    let mut story = Story::new();
    story.login(1, A);
    for number in 0..2_000 {
        story.device(1, 1, &format!("PJSIP/{number}"), InUse);
    }
    story.act(|hub, _| hub.restrict(&name(A), &grant(&["PJSIP/1999"])));
    let work = story.act(|hub, now| hub.tick(now));
    let first = story.hub.status().facts.used;
    assert!(work < 5_000 && first > 1_000, "{work} {first}");
    story.act(|hub, _| hub.restrict(&name(A), &Grant::Everything));
    story.pass(secs(1));
    assert_eq!(story.hub.status().facts.used, first);
    story.act(|hub, _| hub.restrict(&name(A), &grant(&[])));
    story.pass(secs(1));
    assert_eq!(story.hub.status().facts.used, 0);
}
