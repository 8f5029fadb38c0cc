//! What is wrong is said once, stands while it lasts, and clears itself.

use std::time::Duration;

use lampfield_board::{
    DeviceState::{InUse, NotInUse},
    Kind, Origin,
};
use lampfield_hub::{ConnId, Grace, HubLimits, Notice, Settings, Trouble};

use super::fixture::{A, ASTERISK, B, Story, name, number, secs};

/// What the door says of identities that are not unique.
const DECLARED: Option<&str> = Some(ASTERISK.identity_remedy);

/// A, which comes directly, waits too long.
fn long_backoff(drops: u32, predicted: Duration, grace: Duration) -> Trouble {
    let remedy = ASTERISK.waits.unwrap().remedy;
    Trouble::LongBackoff { account: name(A), drops, predicted, grace, by_relay: false, remedy }
}

fn cleared(story: &Story) -> usize {
    story.notices.iter().filter(|notice| matches!(notice, Notice::Cleared(_))).count()
}

#[test]
fn one_eid_from_two_accounts_stands_until_one_is_gone() {
    let mut story = Story::new();
    story.login(1, A);
    story.login(2, B);
    story.device(1, 1, "PJSIP/1", InUse);
    story.device(2, 1, "PJSIP/1", NotInUse);
    story.device(2, 1, "PJSIP/2", NotInUse);
    let accounts = vec![name(A), name(B)];
    let expected = Trouble::DuplicateEid { eid: number(1), accounts, others: 0, remedy: DECLARED };
    assert_eq!((story.troubles(), story.raised()), (vec![expected], 1));
    story.lost(1);
    story.pass(secs(10));
    let Trouble::OriginGone { origin, .. } = &story.troubles()[0] else { panic!("A is gone") };
    assert_eq!((&origin.account, story.troubles().len(), cleared(&story)), (&name(A), 1, 1));
}

#[test]
fn of_many_accounts_of_one_eid_eight_are_named() {
    let mut story = Story::new();
    for conn in 10..30 {
        story.login(conn, &format!("pbx{conn}"));
        story.device(conn, 1, &format!("PJSIP/{conn}"), InUse);
    }
    let accounts = (10..18).map(|number| name(&format!("pbx{number}"))).collect();
    let expected = Trouble::DuplicateEid { eid: number(1), accounts, others: 12, remedy: DECLARED };
    assert_eq!(story.troubles(), [expected]);
}

/// A PBX with two lamps that is lost, and does not come back within its grace.
fn dead() -> (Story, Trouble) {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/1", InUse);
    story.device(1, 1, "PJSIP/2", InUse);
    let (since, origin) = (story.now.wall, Origin::new(name(A), number(1)).into());
    story.lost(1);
    assert_eq!(story.troubles(), [], "it may come back");
    story.pass(secs(10));
    (story, Trouble::OriginGone { origin, since, withdrawn: true })
}

/// All that it said is kept, and yet a whole place is missing.
#[test]
fn a_dead_server_with_nothing_but_mailboxes_is_missed_as_well() {
    let mut story = Story::new();
    story.login(1, A);
    story.mailbox(1, 1, "1000@default", 2);
    let since = story.now.wall;
    story.lost(1);
    story.pass(secs(9));
    assert_eq!(story.troubles(), [], "it may come back");
    story.pass(secs(1));
    let origin = Origin::new(name(A), number(1)).into();
    assert_eq!(story.troubles(), [Trouble::OriginGone { origin, since, withdrawn: false }]);
    assert_eq!(story.counts("1000@default"), Some(2), "kept");
    story.login(2, A);
    assert_eq!(story.troubles(), []);
}

#[test]
fn a_dead_server_is_a_trouble_until_it_is_back() {
    let (mut story, gone) = dead();
    assert_eq!((story.troubles(), story.raised()), (vec![gone], 1));
    story.pass(secs(600));
    assert_eq!(story.troubles().len(), 1);
    story.login(2, A);
    assert_eq!((story.troubles(), cleared(&story)), (vec![], 1));
    story.pass(secs(4_000));
    assert_eq!(story.hub.next_deadline(), None, "nothing is left to do about it");
}

#[test]
fn a_server_that_stays_dead_is_old_news_after_an_hour() {
    let (mut story, gone) = dead();
    story.pass(secs(3_599));
    assert_eq!(story.troubles(), [gone]);
    story.pass(secs(1));
    assert_eq!((story.troubles(), cleared(&story)), (vec![], 1));
}

#[test]
fn a_dead_server_whose_account_is_removed_is_no_trouble() {
    let (mut story, _) = dead();
    story.remove(A);
    assert_eq!((story.troubles(), cleared(&story)), (vec![], 1));
}

#[test]
fn who_does_not_come_back_after_our_restart_is_dead() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/1", InUse);
    story.restart();
    story.pass(secs(75));
    assert!(matches!(story.troubles()[..], [Trouble::OriginGone { .. }]));
    let trouble = serde_json::to_value(&story.troubles()[0]).unwrap();
    assert_eq!(trouble["origin"], format!("{A} 02:00:00:00:00:01"));
}

/// All that it said is kept, so nothing else would tell of it.
#[test]
fn who_had_nothing_but_mailboxes_is_missed_after_our_restart_and_only_once() {
    let mut story = Story::new();
    story.login(1, A);
    story.mailbox(1, 1, "1000@default", 2);
    story.restart();
    let since = story.now.wall;
    story.pass(secs(74));
    assert_eq!(story.troubles(), [], "it may come back");
    story.pass(secs(1));
    let origin = Origin::new(name(A), number(1)).into();
    assert_eq!(story.troubles(), [Trouble::OriginGone { origin, since, withdrawn: false }]);
    assert_eq!(story.counts("1000@default"), Some(2), "kept");
    story.restart();
    story.pass(secs(4_000));
    assert_eq!((story.troubles(), story.raised()), (vec![], 1), "it was told");
    story.login(2, A);
    story.mailbox(2, 1, "1000@default", 3);
    story.restart();
    story.pass(secs(75));
    assert_eq!(story.raised(), 2, "it had been back");
}

/// Counts are not repeated at a login, so that it is back is known by its connection alone.
#[test]
fn who_is_back_without_a_word_is_missed_after_the_next_restart() {
    let mut story = Story::new();
    story.login(1, A);
    story.mailbox(1, 1, "1000@default", 2);
    story.restart();
    story.login(2, A);
    story.pass(secs(75));
    assert_eq!((story.troubles(), story.raised()), (vec![], 0), "it is there");
    story.restart();
    story.pass(secs(75));
    assert_eq!(story.raised(), 1);
}

#[test]
fn who_had_said_goodbye_or_is_removed_is_not_missed_after_our_restart() {
    let mut story = Story::new();
    story.login(1, A);
    story.mailbox(1, 1, "1000@default", 2);
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    story.login(2, B);
    story.mailbox(2, 2, "2000@default", 2);
    story.restart();
    story.remove(B);
    story.pass(secs(75));
    assert_eq!((story.troubles(), story.raised()), (vec![], 0));
    assert_eq!(story.counts("1000@default"), Some(2), "kept");
}

#[test]
fn who_says_goodbye_or_is_back_in_another_form_is_not_dead() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/1", InUse);
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    story.login(2, A);
    story.device(2, 1, "PJSIP/1", InUse);
    story.device(2, 1, "PJSIP/2", InUse);
    story.lost(2);
    story.login(3, A);
    story.device(3, 1, "PJSIP/1", InUse);
    story.pass(secs(10));
    assert_eq!(story.shows("PJSIP/2"), None, "not repeated");
    story.lost(3);
    story.login(4, A);
    story.device(4, 2, "PJSIP/1", InUse);
    story.login(5, A);
    story.device(5, 3, "PJSIP/1", InUse);
    story.lost(4);
    story.pass(secs(3_000));
    assert_eq!((story.troubles(), story.raised()), (vec![], 0));
}

#[test]
fn a_withdrawal_that_blinds_a_namesake_is_followed_by_what_the_namesake_says() {
    let mut story = Story::new();
    story.login(1, A);
    story.login(2, B);
    story.device(1, 1, "PJSIP/1", InUse);
    story.device(2, 1, "PJSIP/1", NotInUse);
    story.lost(1);
    story.pass(secs(10));
    let last: Vec<_> = story.changes.iter().rev().take(2).collect();
    assert!(!last[1].state.is_live() && last[1].origin.account == name(A));
    assert_eq!(last[0].state.live(), Some(&NotInUse.into()));
    assert!(last[0].revision > last[1].revision);
}

#[test]
fn the_same_eid_on_two_connections_of_one_account_is_no_trouble() {
    let mut story = Story::new();
    story.login(1, A);
    story.login(2, A);
    story.device(1, 1, "PJSIP/1", InUse);
    story.device(2, 1, "PJSIP/1", NotInUse);
    story.device(1, 1, "PJSIP/1", InUse);
    assert_eq!((story.troubles(), story.raised()), (vec![], 0));
}

#[test]
fn at_the_limit_the_oldest_withdrawal_goes_and_names_who_may_be_stale() {
    let limits = HubLimits { tombstones: 10, ..HubLimits::default() };
    let mut story = Story::with(Settings { limits, ..Settings::default() });
    let mut watch = story.hub.watch(&name(B), Kind::Device, ASTERISK);
    story.login(1, A);
    for device in 0..12 {
        story.device(1, 1, &format!("PJSIP/{device}"), InUse);
    }
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    assert_eq!(story.hub.status().tombstones.used, 10);
    assert_eq!(story.troubles(), [Trouble::TombstoneLimit { limit: 10, stale: vec![name(B)] }]);
    assert_eq!(story.raised(), 1, "twelve withdrawals, one warning");
    let told = watch.next(&story.hub, 100);
    assert_eq!(told.len(), 10);
    let reached = watch.reached();
    story.act(|hub, _| hub.confirm(&watch, reached));
    assert_eq!((story.troubles(), cleared(&story)), (vec![], 1));
}

/// Everybody has ten seconds, however often it drops.
fn with_fixed_grace() -> Story {
    Story::with(Settings { grace: Grace::Fixed(secs(10)), ..Settings::default() })
}

/// Loses and regains A's connection, each time after the wait of its back-off.
fn drop_repeatedly(story: &mut Story, times: u64) {
    story.login(1, A);
    story.device(1, 1, "PJSIP/1", InUse);
    for conn in 2..2 + times {
        story.lost(conn - 1);
        story.pass(secs(1 << (conn - 2)));
        story.login(conn, A);
        story.device(conn, 1, "PJSIP/1", InUse);
        story.pass(secs(100));
    }
}

#[test]
fn a_back_off_beyond_the_grace_stands_until_the_process_restarts() {
    let mut story = with_fixed_grace();
    drop_repeatedly(&mut story, 3);
    assert_eq!(story.troubles(), []);
    story.lost(4);
    story.pass(secs(8));
    story.login(5, A);
    let expected = long_backoff(4, secs(16), secs(10));
    assert_eq!(story.troubles(), [expected]);
    story.lost(5);
    story.pass(secs(3));
    story.login(6, A);
    assert_eq!((story.troubles(), cleared(&story)), (vec![], 1));
}

/// Its lamps would stand for long if it died: that is told also where the grace follows the waits.
#[test]
fn a_back_off_that_has_grown_is_told_until_the_process_restarts() {
    let mut story = Story::new();
    drop_repeatedly(&mut story, 3);
    assert_eq!(story.troubles(), []);
    story.lost(4);
    story.pass(secs(8));
    story.login(5, A);
    let (predicted, grace) = (secs(16), secs(21));
    let expected = long_backoff(4, predicted, grace);
    assert_eq!(story.troubles(), [expected]);
    story.lost(5);
    story.pass(secs(3));
    story.login(6, A);
    assert_eq!(story.troubles(), []);
}

#[test]
fn who_stays_away_once_for_long_is_no_trouble_yet() {
    let mut story = with_fixed_grace();
    story.login(1, A);
    story.device(1, 1, "PJSIP/1", InUse);
    story.lost(1);
    story.pass(secs(15)); // 1 + 2 + 4 + 8
    story.login(2, A);
    assert_eq!(story.troubles(), []);
    story.device(2, 1, "PJSIP/1", InUse);
    story.lost(2);
    assert_eq!(story.troubles().len(), 1, "now it drops");
}

#[test]
fn who_never_speaks_may_come_and_go() {
    let mut story = Story::new();
    for conn in 1..9 {
        story.login(conn, A);
        story.lost(conn);
        story.pass(secs(100));
    }
    assert_eq!((story.troubles(), story.raised()), (vec![], 0));
}

#[test]
fn a_connection_that_holds_ends_the_trouble_until_the_next_drop() {
    let mut story = with_fixed_grace();
    drop_repeatedly(&mut story, 4);
    assert_eq!(story.troubles().len(), 1);
    story.pass(secs(490));
    assert_eq!(story.troubles().len(), 1);
    story.pass(secs(20));
    assert_eq!((story.troubles(), cleared(&story)), (vec![], 1));
    assert_eq!(story.hub.next_deadline(), None);
    story.lost(5);
    assert_eq!((story.troubles().len(), story.raised()), (1, 2));
}

#[test]
fn the_grace_of_the_defaults_follows_the_back_off_and_that_is_told() {
    let mut story = with_fixed_grace();
    drop_repeatedly(&mut story, 4);
    assert_eq!(story.troubles().len(), 1);
    story.act(|hub, now| hub.set_settings(Settings::default(), now));
    let (predicted, grace) = (secs(16), secs(21));
    let expected = long_backoff(4, predicted, grace);
    assert_eq!(story.troubles(), [expected]);
}
