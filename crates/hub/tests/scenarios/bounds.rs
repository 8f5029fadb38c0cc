//! No call does more than a bounded piece of work, however much there is to do, and all of them
//! together look at each fact a fixed number of times.

use std::time::Duration;

use lampfield_board::{DeviceState::InUse, Ending, Kind};
use lampfield_hub::{
    ConnId, Happening, Hub, HubLimits, Notice, Now, Policies, Policy, Rule, Settings, Trouble,
};

use super::fixture::{A, ASTERISK, B, Story, name, secs};

/// More than any call may do.
const FACTS: usize = 20_000;
/// Of them the tenth that ends in a zero is kept.
const ENDING: usize = FACTS * 9 / 10;
/// What one call may do: so many looks, or so many withdrawals.
const LOOKS: usize = 4_200;
const WITHDRAWALS: usize = 520;
/// Names that one call may tell people of those that share an EID.
const NAMED: usize = 20;

fn story(limits: HubLimits) -> Story {
    let keep = Rule::parse("PJSIP/*0", Policy::Keep).unwrap();
    let policies = Policies::new(vec![keep]);
    let mut story = Story::with(Settings { policies, limits, ..Settings::default() });
    // Somebody who confirms nothing, so that all withdrawals are remembered.
    let _watch = story.hub.watch(&name(B), Kind::Device, ASTERISK);
    story.login(1, A);
    for device in 0..FACTS {
        story.device(1, 1, &format!("PJSIP/{device}"), InUse);
    }
    story.changes.clear();
    story
}

/// Ticks at one moment until nothing is due; gives the work of each.
fn ticks(story: &mut Story) -> Vec<usize> {
    let mut work = Vec::new();
    while story.hub.next_deadline().is_some_and(|due| due <= story.now.mono) {
        let told = story.changes.len();
        work.push(story.act(|hub, now| hub.tick(now)));
        assert!(story.changes.len() - told <= WITHDRAWALS, "tick {}", work.len());
    }
    work
}

/// Everything ends in the order of its places, in bounded pieces that add up to a linear whole.
fn ends_piece_by_piece(begin: impl FnOnce(&mut Hub, Now), wait: u64, ending: usize) {
    let mut story = story(HubLimits::default());
    story.act(begin);
    assert!(story.changes.len() <= WITHDRAWALS, "{} at once", story.changes.len());
    story.now.mono += secs(wait);
    let work = ticks(&mut story);
    assert!(work.iter().all(|work| *work <= LOOKS), "{work:?}");
    // Each fact is looked at once, and each withdrawal counts as eight more looks.
    assert!(work.iter().sum::<usize>() <= FACTS + 8 * ending + work.len(), "{work:?}");
    assert_eq!(story.changes.len(), ending);
    assert!(story.changes.is_sorted_by_key(|change| change.subject_id));
}

#[test]
fn the_end_of_a_large_origin_is_done_in_pieces() {
    ends_piece_by_piece(|hub, now| hub.lost(ConnId(1), now), 10, ENDING);
}

#[test]
fn a_goodbye_of_a_large_origin_is_done_in_pieces() {
    ends_piece_by_piece(|hub, now| hub.goodbye(ConnId(1), now), 0, ENDING);
}

#[test]
fn the_removal_of_an_account_with_a_large_origin_is_done_in_pieces() {
    ends_piece_by_piece(|hub, now| hub.remove_account(&name(A), now), 0, FACTS);
}

/// A reload may take out many accounts in one turn.
#[test]
fn the_removal_of_many_accounts_is_no_more_work_at_once_than_that_of_one() {
    let mut story = Story::new();
    let names: Vec<_> = (0..1_000).map(|number| format!("pbx{number}")).collect();
    for (conn, account) in (1..).zip(&names) {
        story.login(conn, account);
        story.device(conn, 1, &format!("PJSIP/{conn}"), InUse);
        story.mailbox(conn, 1, &format!("{conn}@default"), 1);
    }
    story.changes.clear();
    story.act(|hub, now| names.iter().for_each(|account| hub.remove_account(&name(account), now)));
    assert_eq!(story.changes.len(), 0);
    let work = ticks(&mut story);
    assert!(work.len() > 2 && work.iter().all(|work| *work <= LOOKS), "{work:?}");
    assert_eq!((story.changes.len(), story.hub.accounts().len()), (2_000, 0));
}

/// PBXs that were copied with their configuration all speak as the same entity.
#[test]
fn many_accounts_of_one_eid_are_no_more_work_than_with_eids_of_their_own() {
    let mut story = Story::new();
    for conn in 1..=1_000 {
        story.login(conn, &format!("pbx{conn}"));
        story.device(conn, 1, &format!("PJSIP/{conn}"), InUse);
        assert!(named(&story) <= NAMED, "{} at login {conn}", named(&story));
        story.notices.clear();
    }
    story.act(|hub, now| (1..=1_000).for_each(|conn| hub.lost(ConnId(conn), now)));
    story.now.mono += secs(10);
    let mut ticks = 0;
    while story.hub.next_deadline().is_some_and(|due| due <= story.now.mono) {
        story.notices.clear();
        story.act(|hub, now| hub.tick(now));
        assert!(named(&story) <= NAMED, "{} in tick {ticks}", named(&story));
        ticks += 1;
    }
    assert!(ticks > 2, "{ticks}");
    assert_eq!(story.hub.status().kinds["device"], 0);
    let shared = |trouble: &Trouble| matches!(trouble, Trouble::DuplicateEid { .. });
    assert!(!story.troubles().iter().any(shared), "nobody is left");
}

/// How many accounts people were told of that share an EID.
fn named(story: &Story) -> usize {
    let troubles = story.notices.iter().filter_map(|notice| match notice {
        Notice::Raised(trouble) | Notice::Cleared(trouble) => Some(trouble),
        Notice::Happened(_) => None,
    });
    let named = troubles.map(|trouble| match trouble {
        Trouble::DuplicateEid { accounts, .. } => accounts.len(),
        _ => 0,
    });
    named.sum()
}

#[test]
fn withdrawals_beyond_the_limit_are_forgotten_in_pieces() {
    let mut story = story(HubLimits::default());
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    ticks(&mut story);
    assert_eq!(story.hub.status().tombstones.used, ENDING);
    let limits = HubLimits { tombstones: 10, ..HubLimits::default() };
    story.act(|hub, now| hub.set_settings(Settings { limits, ..Settings::default() }, now));
    assert!(story.hub.status().tombstones.used >= ENDING - LOOKS, "not all at once");
    let work = ticks(&mut story);
    assert!(work.iter().all(|work| *work <= LOOKS), "{work:?}");
    assert_eq!(story.hub.status().tombstones.used, 10);
}

/// What was not reached yet is proved or ends like everything else that an origin said before.
#[test]
fn an_origin_that_returns_while_it_ends_keeps_what_it_repeats_of_the_rest() {
    let mut story = story(HubLimits::default());
    story.lost(1);
    story.now.mono += secs(10);
    story.act(|hub, now| hub.tick(now));
    story.login(2, A);
    story.device(2, 1, "PJSIP/19999", InUse);
    assert_eq!(ticks(&mut story), [0; 0], "the rest has a grace again");
    story.pass(secs(13));
    assert_eq!(story.shows("PJSIP/19999"), Some(InUse));
    assert_eq!(story.shows("PJSIP/19998"), None);
    assert_eq!(story.shows("PJSIP/19990"), Some(InUse), "kept");
    assert_eq!(story.hub.status().kinds["device"], FACTS - ENDING + 1);
}

/// A goodbye that takes several ticks is not put off by what happens between them.
#[test]
fn an_end_goes_on_after_a_return_and_a_loss() {
    let mut story = story(HubLimits::default());
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    story.login(2, A);
    story.device(2, 1, "PJSIP/new", InUse);
    story.lost(2);
    ticks(&mut story);
    assert_eq!(story.hub.status().kinds["device"], FACTS - ENDING + 1);
    assert_eq!(story.shows("PJSIP/new"), Some(InUse), "it has its own grace");
    let mut reasons = story.notices.iter().filter_map(|notice| match notice {
        Notice::Happened(Happening::Withdrawn { reason, .. }) => Some(*reason),
        _ => None,
    });
    assert!(reasons.all(|reason| reason == Ending::Goodbye));
}

/// Nor by any number of further goodbyes: each ends what was said before it.
#[test]
fn an_end_goes_on_however_often_it_is_said_again() {
    let mut story = story(HubLimits::default());
    // A goodbye does what one tick does: this is half as much again as all that there is to do.
    let goodbyes = (FACTS + 8 * ENDING) * 3 / 2 / LOOKS;
    let last = u64::try_from(goodbyes).unwrap();
    for conn in 1..=last {
        story.act(|hub, now| hub.goodbye(ConnId(conn), now));
        story.now.mono += Duration::from_millis(1);
        story.login(conn + 1, A);
        story.device(conn + 1, 1, "PJSIP/1", InUse);
    }
    assert_eq!(story.hub.status().kinds["device"], FACTS - ENDING + 1);
    assert_eq!(story.shows("PJSIP/1"), Some(InUse), "said after the last");
    story.act(|hub, now| hub.goodbye(ConnId(last + 1), now));
    ticks(&mut story);
    assert_eq!(story.shows("PJSIP/1"), None, "said before it, where an end had been already");
    assert_eq!(story.hub.status().kinds["device"], FACTS - ENDING);
}

/// What an account says that is added under the name of a removed one stands, also while the end of
/// that one goes on.
#[test]
fn what_is_said_after_a_removal_stands() {
    let mut story = story(HubLimits::default());
    story.remove(A);
    story.login(2, A);
    story.device(2, 1, "PJSIP/19999", InUse);
    story.device(2, 1, "PJSIP/new", InUse);
    ticks(&mut story);
    assert_eq!(story.hub.status().kinds["device"], 2);
    story.restart();
    assert_eq!(story.hub.status().kinds["device"], 2);
}
