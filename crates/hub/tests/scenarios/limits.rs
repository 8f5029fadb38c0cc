//! What is refused, ignored or passed by.

use lampfield_board::{Cachable, DeviceState::InUse, Protocol, Subject};
use lampfield_hub::{
    ConnId, Grace, HubLimits, Outcome, Publication, ReachedLimit, Refusal, Settings, Trouble,
};

use super::fixture::{A, B, Story, name, number, secs};

fn limited(limits: HubLimits) -> Story {
    let mut story = Story::with(Settings { limits, ..Settings::default() });
    story.login(1, A);
    story.login(2, B);
    story
}

fn device(name: &str) -> Subject {
    Subject::device(name).unwrap()
}

#[test]
fn a_full_board_refuses_new_facts_and_takes_changes() {
    let mut story = limited(HubLimits { facts: 1, ..HubLimits::default() });
    story.device(1, 1, "PJSIP/1", InUse);
    let refused = story.say(2, 2, device("PJSIP/1"), InUse.into());
    assert_eq!(refused, Err(Refusal::TooManyFacts { limit: 1 }));
    let words = refused.map_err(|refusal| refusal.to_string());
    assert_eq!(words, Err("the board holds 1 facts already, which is its limit".to_owned()));
    assert_eq!(story.device(1, 1, "PJSIP/1", lampfield_board::DeviceState::Busy), Outcome::Changed);
    assert_eq!(story.hub.status().said.refused, 1);
}

#[test]
fn one_origin_cannot_fill_the_board() {
    let mut story = limited(HubLimits { facts_per_origin: 1, ..HubLimits::default() });
    story.device(1, 1, "PJSIP/1", InUse);
    let refused = story.say(1, 1, device("PJSIP/2"), InUse.into()).unwrap_err();
    assert!(matches!(refused, Refusal::TooManyFactsOfOrigin { limit: 1, .. }), "{refused}");
    assert_eq!(story.device(2, 2, "PJSIP/2", InUse), Outcome::Changed);
}

#[test]
fn one_connection_speaks_for_a_bounded_number_of_eids() {
    let mut story = limited(HubLimits { origins_per_connection: 2, ..HubLimits::default() });
    story.device(1, 1, "PJSIP/1", InUse);
    story.device(1, 2, "PJSIP/1", InUse);
    let refused = story.say(1, 3, device("PJSIP/1"), InUse.into());
    assert_eq!(
        refused,
        Err(Refusal::TooManyOriginsOfConnection { identity: number(3).into(), limit: 2 })
    );
}

#[test]
fn nobody_speaks_without_a_login() {
    let mut story = Story::new();
    let refused = story.say(9, 1, device("PJSIP/1"), InUse.into());
    assert_eq!(refused, Err(Refusal::UnknownConnection(ConnId(9))));
    let ignored = story.say(9, 1, device("XMPP/a/b"), InUse.into());
    assert!(ignored.is_err());
}

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    let mut story = limited(HubLimits::default());
    let mailbox = Subject::mailbox("1000@default").unwrap();
    assert!(matches!(story.say(1, 1, mailbox, InUse.into()), Err(Refusal::Board(_))));
}

#[test]
fn buddies_presence_is_acknowledged_and_dropped() {
    let mut story = limited(HubLimits::default());
    assert_eq!(story.device(1, 1, "XMPP/asterisk/pbx-b@asterisk.example", InUse), Outcome::Ignored);
    assert_eq!((story.changes.len(), story.store.len()), (0, 0));
}

#[test]
fn a_state_that_may_not_be_kept_is_told_once_and_leaves_nothing() {
    let mut story = limited(HubLimits::default());
    story.device(1, 1, "Local/1@x", InUse);
    let (stored, history) = (story.store.clone(), story.hub.history().len());
    let passing = Publication {
        identity: number(1).into(),
        subject: device("Local/1@x"),
        value: lampfield_board::DeviceState::Busy.into(),
        cachable: Cachable::No,
        is_again: false,
        protocol: Protocol::Xmpp,
    };
    assert_eq!(story.publish(1, passing.clone()), Ok(Outcome::PassedOn));
    assert_eq!(story.publish(1, passing), Ok(Outcome::PassedOn), "it is no repeat either");
    assert_eq!(story.changes.len(), 3);
    assert_eq!((story.store.clone(), story.hub.history().len()), (stored, history));
    assert_eq!(story.shows("Local/1@x"), Some(InUse), "the fact that may be kept stays");
}

#[test]
fn origins_of_which_nothing_is_left_are_forgotten() {
    let mut story = Story::new();
    for eid in 1..100 {
        let conn = u64::from(eid);
        story.login(conn, A);
        story.device(conn, eid, "PJSIP/1", InUse);
        story.lost(conn);
        story.pass(secs(25));
    }
    assert_eq!(story.hub.status().origins, 0);
    assert_eq!(story.store.len(), 0, "{:?}", story.store);
    assert!(story.hub.origins(story.now).is_empty());
}

#[test]
fn rows_that_cannot_be_read_are_named_and_left_out() {
    use lampfield_fabric::Bucket;
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/1", InUse);
    let bad = [
        (Bucket::Facts, "no key", "{}"),
        (Bucket::Facts, "device/x|a|02:00:00:00:00:01", "{"),
        (Bucket::Tombstones, "device/x|a|02:00:00:00:00:02", "null"),
        (Bucket::Origins, "a", "{\"epoch\":1}"),
        (Bucket::Confirmations, "a", "[]"),
    ];
    for (bucket, key, value) in bad {
        story.store.insert((bucket, key.to_owned()), value.to_owned());
    }
    story.notices.clear();
    story.restart();
    assert_eq!(story.notices.len(), bad.len(), "{:?}", story.notices);
    assert_eq!(story.shows("PJSIP/1"), Some(InUse));
    let left: Vec<_> = story.hub.origins(story.now).into_iter().map(|o| o.account).collect();
    assert_eq!(left, [name(A).to_string()]);
}

fn refused(story: &Story) -> Vec<(ReachedLimit, String, u64)> {
    let refused = story.troubles().into_iter().filter_map(|trouble| match trouble {
        Trouble::FactsRefused { reached, account, count, .. } => {
            Some((reached, account.to_string(), count))
        }
        _ => None,
    });
    refused.collect()
}

#[test]
fn what_a_limit_keeps_out_is_a_trouble_until_it_is_quiet() {
    let mut story = limited(HubLimits { facts_per_origin: 1, ..HubLimits::default() });
    story.device(1, 1, "PJSIP/1", InUse);
    for _ in 0..3 {
        story.say(1, 1, device("PJSIP/2"), InUse.into()).unwrap_err();
        story.pass(secs(300));
    }
    assert_eq!(refused(&story), [(ReachedLimit::FactsPerOrigin, A.to_owned(), 3)]);
    assert_eq!(story.raised(), 1, "three refusals, one warning");
    story.pass(secs(299));
    assert_eq!(refused(&story).len(), 1);
    story.pass(secs(1));
    assert_eq!(refused(&story), []);
    assert_eq!(story.hub.next_deadline(), None);
}

#[test]
fn other_limits_and_the_end_of_the_account_end_the_trouble() {
    let limits = HubLimits { origins_per_connection: 1, facts: 1, ..HubLimits::default() };
    let mut story = limited(limits);
    story.device(1, 1, "PJSIP/1", InUse);
    story.say(2, 2, device("PJSIP/2"), InUse.into()).unwrap_err();
    for eid in 3..9 {
        story.say(2, eid, device("PJSIP/2"), InUse.into()).unwrap_err();
    }
    let both = [
        (ReachedLimit::Facts, B.to_owned(), 1),
        (ReachedLimit::OriginsPerConnection, B.to_owned(), 6),
    ];
    assert_eq!(refused(&story), both, "ever new ids are one line");
    story.remove(B);
    assert_eq!(refused(&story), []);

    story.say(1, 1, device("PJSIP/3"), InUse.into()).unwrap_err();
    for other in [limits, HubLimits { facts: 0, facts_per_origin: 9, ..limits }] {
        let settings =
            Settings { limits: other, grace: Grace::Fixed(secs(7)), ..Settings::default() };
        story.act(|hub, now| hub.set_settings(settings, now));
        assert_eq!(refused(&story).len(), 1, "{other:?} is no help");
    }
    let settings = Settings { limits: HubLimits { facts: 2, ..limits }, ..Settings::default() };
    story.act(|hub, now| hub.set_settings(settings, now));
    assert_eq!(refused(&story), []);
    assert_eq!(story.device(1, 1, "PJSIP/3", InUse), Outcome::Changed);
}

#[test]
fn the_lines_about_refusals_are_bounded() {
    let mut story = limited(HubLimits { facts: 0, ..HubLimits::default() });
    for number in 0..100 {
        let conn = 100 + u64::from(number);
        story.login(conn, &format!("pbx-{number}@asterisk.example"));
        story.say(conn, number, device("PJSIP/1"), InUse.into()).unwrap_err();
    }
    assert_eq!((refused(&story).len(), story.raised()), (64, 64));
    assert_eq!(story.hub.status().said.refused, 100);
}

#[test]
fn lower_limits_drop_nothing_but_the_oldest_of_the_past() {
    let mut story = limited(HubLimits::default());
    for number in 0..5_000 {
        story.device(1, 1, &format!("PJSIP/{number}"), InUse);
    }
    let limits = HubLimits { facts: 10, history: 10, ..HubLimits::default() };
    story.act(|hub, now| {
        hub.set_settings(Settings { limits, ..Settings::default() }, now);
        assert!(hub.history().len() > 10, "a bounded piece of work");
    });
    story.pass(secs(0));
    assert_eq!((story.hub.history().len(), story.hub.status().facts.used), (10, 5_000));
    assert_eq!(story.device(1, 1, "PJSIP/0", lampfield_board::DeviceState::Busy), Outcome::Changed);
    assert!(story.say(1, 1, device("PJSIP/new"), InUse.into()).is_err());
    let mut again = Story::with(Settings { limits, ..Settings::default() });
    again.store = story.store.clone();
    again.restart();
    assert_eq!(again.hub.status().facts.used, 5_000, "a start drops nothing either");
}

#[test]
fn a_changed_restart_grace_holds_for_who_has_not_returned() {
    let mut story = limited(HubLimits::default());
    story.device(1, 1, "PJSIP/1", InUse);
    story.device(2, 2, "PJSIP/2", InUse);
    story.restart();
    story.login(3, B);
    story.device(3, 2, "PJSIP/2", InUse);
    story.pass(secs(30));
    let settings = Settings { restart_grace: secs(100), ..Settings::default() };
    story.act(|hub, now| hub.set_settings(settings, now));
    story.pass(secs(69));
    assert_eq!(story.shows("PJSIP/1"), Some(InUse));
    story.pass(secs(1));
    assert_eq!((story.shows("PJSIP/1"), story.shows("PJSIP/2")), (None, Some(InUse)));
}
