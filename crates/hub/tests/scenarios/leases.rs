//! How long facts outlive their connection.

use lampfield_board::{
    DeviceState::{Busy, InUse, NotInUse, Ringing},
    Ending, Kind,
};
use lampfield_hub::{
    ConnId, Happening, Lease, Notice, Outcome, Policies, Policy, Rule, Settings, Trouble,
};

use super::fixture::{A, ASTERISK, B, Story, leases, name, secs};

#[test]
fn a_lost_server_lights_no_lamp_after_its_grace() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.lost(1);
    story.pass(secs(9));
    assert_eq!(story.shows("PJSIP/100"), Some(InUse));
    story.pass(secs(1));
    assert_eq!(story.shows("PJSIP/100"), None);
}

#[test]
fn what_a_returned_server_does_not_repeat_ends() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.device(1, 1, "PJSIP/101", InUse);
    story.lost(1);
    story.pass(secs(5));
    story.login(2, A);
    assert_eq!(story.device(2, 1, "PJSIP/101", InUse), Outcome::Repeat);
    let told = story.changes.len();
    story.pass(secs(9));
    assert_eq!((story.shows("PJSIP/100"), story.changes.len()), (Some(InUse), told));
    story.pass(secs(1));
    assert_eq!((story.shows("PJSIP/100"), story.shows("PJSIP/101")), (None, Some(InUse)));
}

#[test]
fn a_container_that_comes_back_under_a_new_eid_does_not_keep_its_old_calls_up() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.lost(1);
    story.pass(secs(5));
    story.login(2, A);
    story.device(2, 2, "PJSIP/100", NotInUse);
    story.pass(secs(9));
    assert_eq!(story.shows("PJSIP/100"), Some(InUse));
    story.login(3, A);
    story.pass(secs(1));
    assert_eq!(story.shows("PJSIP/100"), Some(NotInUse));
}

#[test]
fn a_server_that_flaps_cannot_put_the_end_off() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    for conn in 2..7 {
        story.lost(conn - 1);
        story.pass(secs(1));
        story.login(conn, A);
        story.device(conn, 1, "PJSIP/200", Busy);
        story.pass(secs(2));
    }
    assert_eq!(story.shows("PJSIP/100"), None);
    assert_eq!(story.shows("PJSIP/200"), Some(Busy));
}

#[test]
fn a_goodbye_ends_the_lease_at_once_but_not_mailboxes_and_kept_devices() {
    let keep = Rule::parse("Custom:night*", Policy::Keep).unwrap();
    let policies = Policies::new(vec![keep]);
    let mut story = Story::with(Settings { policies, ..Settings::default() });
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.device(1, 1, "Custom:nightmode", InUse);
    story.device(1, 1, "MWI:1000@default", InUse);
    story.mailbox(1, 1, "1000@default", 3);
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    assert_eq!(story.shows("PJSIP/100"), None);
    story.pass(secs(100));
    assert_eq!(story.shows("Custom:nightmode"), Some(InUse));
    assert_eq!(story.shows("MWI:1000@default"), Some(InUse));
    assert_eq!(story.counts("1000@default"), Some(3));
}

/// What a policy kept beyond its lease has one grace from the reload on that ends the policy, whether
/// its PBX is away or has come back and said nothing more about it.
#[test]
fn what_is_no_longer_kept_ends_after_a_grace_unless_it_is_said_again() {
    let keep = Rule::parse("Custom:*", Policy::Keep).unwrap();
    let kept = Settings { policies: Policies::new(vec![keep]), ..Settings::default() };
    let mut story = Story::with(kept.clone());
    for (conn, account) in [(1, A), (2, B)] {
        story.login(conn, account);
        for device in ["Custom:stale", "Custom:said"] {
            story.device(conn, conn as u8, &format!("{device}-{conn}"), InUse);
        }
        story.mailbox(conn, conn as u8, &format!("{conn}@default"), 3);
        story.lost(conn);
    }
    story.login(3, B);
    story.device(3, 2, "Custom:said-2", InUse);
    story.pass(secs(60));
    story.act(|hub, now| hub.set_settings(kept, now));
    story.pass(secs(60));
    assert_eq!(story.shows("Custom:stale-1"), Some(InUse), "nothing has changed");

    story.act(|hub, now| hub.set_settings(Settings::default(), now));
    story.pass(secs(4));
    assert_eq!(leases(&story, "Custom:stale-1"), [Lease::Gone { left: secs(6) }]);
    assert_eq!(leases(&story, "Custom:stale-2"), [Lease::Returning { left: secs(6) }]);
    assert_eq!(leases(&story, "Custom:said-2"), [Lease::Live]);
    story.act(|hub, now| hub.set_settings(Settings::default(), now));
    story.pass(secs(6));
    for device in ["Custom:stale-1", "Custom:said-1", "Custom:stale-2"] {
        assert_eq!(story.shows(device), None, "{device}");
    }
    story.pass(secs(60));
    assert_eq!(story.shows("Custom:said-2"), Some(InUse));
    assert_eq!((story.counts("1@default"), story.counts("2@default")), (Some(3), Some(3)));
    assert!(
        matches!(&story.troubles()[..], [Trouble::OriginGone { origin, .. }] if origin.account == name(A))
    );
}

/// A policy that goes shortens no grace that runs, and puts none off.
#[test]
fn a_grace_that_runs_is_left_as_it_is_by_a_change_of_policies() {
    let keep = Rule::parse("Custom:*", Policy::Keep).unwrap();
    let mut story =
        Story::with(Settings { policies: Policies::new(vec![keep]), ..Settings::default() });
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.lost(1);
    story.pass(secs(9));
    story.act(|hub, now| hub.set_settings(Settings::default(), now));
    story.pass(secs(1));
    assert_eq!(story.shows("PJSIP/100"), None);
}

/// A sweep that has passed over what was kept when it was looked at looks again.
#[test]
fn a_sweep_that_is_under_way_looks_again_when_policies_change() {
    let keep = Rule::parse("Custom:*", Policy::Keep).unwrap();
    let mut story =
        Story::with(Settings { policies: Policies::new(vec![keep]), ..Settings::default() });
    story.login(1, A);
    story.device(1, 1, "Custom:night", InUse);
    for number in 0..10_000 {
        story.device(1, 1, &format!("PJSIP/{number}"), InUse);
    }
    story.lost(1);
    story.now.mono += secs(10);
    story.act(|hub, now| hub.tick(now));
    assert!(story.hub.status().facts.used > 1, "more than one tick does");
    story.act(|hub, now| hub.set_settings(Settings::default(), now));
    story.pass(secs(0));
    assert_eq!(story.hub.status().facts.used, 0);
}

#[test]
fn a_new_login_on_the_same_jid_shows_on_no_lamp() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.device(1, 1, "PJSIP/101", InUse);
    let told = story.changes.len();
    story.act(|hub, now| hub.replaced(ConnId(1), ConnId(2), now));
    story.login(2, A);
    story.device(2, 1, "PJSIP/100", InUse);
    story.pass(secs(9));
    assert_eq!(story.changes.len(), told);
    story.pass(secs(1));
    assert_eq!(story.shows("PJSIP/101"), None, "a return is not a proof");
    assert_eq!(story.shows("PJSIP/100"), Some(InUse));
}

#[test]
fn of_two_connections_of_one_server_the_one_that_lives_holds_what_it_said() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.device(1, 1, "PJSIP/101", InUse);
    story.login(2, A);
    story.device(2, 1, "PJSIP/101", InUse);
    story.lost(1);
    story.pass(secs(10));
    assert_eq!(story.shows("PJSIP/100"), None);
    assert_eq!(story.shows("PJSIP/101"), Some(InUse));
    story.lost(2);
    story.pass(secs(10));
    assert_eq!(story.shows("PJSIP/101"), None);
}

#[test]
fn two_servers_on_one_account_do_not_touch_each_other() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.login(2, A);
    story.device(2, 2, "PJSIP/100", Ringing);
    story.lost(2);
    story.login(3, A);
    story.device(3, 2, "PJSIP/200", Ringing);
    story.pass(secs(60));
    assert_eq!(story.shows("PJSIP/100"), Some(InUse));
}

#[test]
fn our_own_downtime_is_nobodys_fault() {
    let mut story = Story::new();
    for (conn, account) in [(1, A), (2, B)] {
        story.login(conn, account);
        story.device(conn, conn as u8, "PJSIP/100", InUse);
    }
    story.restart();
    story.pass(secs(60));
    story.login(3, A);
    story.device(3, 1, "PJSIP/200", InUse);
    story.pass(secs(10));
    let facts = |story: &Story| story.hub.status().facts.used;
    assert_eq!(facts(&story), 2, "what A did not repeat has ended, B has its restart grace");
    story.pass(secs(5));
    assert_eq!((facts(&story), story.shows("PJSIP/100")), (1, None));
}

#[test]
fn after_our_restart_one_server_of_an_account_does_not_hurry_the_other() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.login(2, A);
    story.device(2, 2, "PJSIP/200", Busy);
    story.restart();
    story.pass(secs(1));
    story.login(3, A);
    story.device(3, 1, "PJSIP/100", InUse);
    story.pass(secs(73));
    assert_eq!(story.shows("PJSIP/200"), Some(Busy), "it has the restart grace as well");
    story.pass(secs(1));
    assert_eq!((story.shows("PJSIP/100"), story.shows("PJSIP/200")), (Some(InUse), None));
}

#[test]
fn a_late_return_after_our_restart_leaves_one_grace_to_the_others_of_its_account() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.restart();
    story.pass(secs(70));
    story.login(2, A);
    story.device(2, 2, "PJSIP/200", Busy);
    story.pass(secs(9));
    assert_eq!(story.shows("PJSIP/100"), Some(InUse));
    story.login(3, A);
    story.pass(secs(1));
    assert_eq!(story.shows("PJSIP/100"), None, "a further login does not put it off");
}

#[test]
fn who_is_replaced_and_not_taken_up_is_not_said_to_have_another_eid() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.act(|hub, now| hub.replaced(ConnId(1), ConnId(2), now));
    story.pass(secs(10));
    let reasons = story.notices.iter().filter_map(|notice| match notice {
        Notice::Happened(Happening::Withdrawn { reason, .. }) => Some(*reason),
        _ => None,
    });
    assert_eq!(reasons.collect::<Vec<_>>(), [Ending::Replaced]);
}

#[test]
fn a_longer_grace_than_the_restart_grace_holds_after_a_restart() {
    let grace = lampfield_hub::Grace::Fixed(secs(300));
    let mut story = Story::with(Settings { grace, ..Settings::default() });
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.restart();
    story.pass(secs(299));
    assert_eq!(story.shows("PJSIP/100"), Some(InUse));
    story.pass(secs(1));
    assert_eq!(story.shows("PJSIP/100"), None);
}

#[test]
fn an_epoch_rises_over_restarts() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.device(1, 1, "PJSIP/100", Busy);
    let before = story.changes.last().unwrap().version;
    story.restart();
    story.login(2, A);
    story.device(2, 1, "PJSIP/100", InUse);
    let after = story.changes.last().unwrap().version;
    assert!(after.epoch > before.epoch, "{before} {after}");
    assert_eq!(after.counter, 1);
}

#[test]
fn a_crash_between_the_two_writes_of_a_withdrawal_leaves_the_withdrawal() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    let before = story.store.clone();
    story.login(2, B);
    let _watch = story.hub.watch(&name(B), lampfield_board::Kind::Device, ASTERISK);
    story.act(|hub, now| hub.goodbye(ConnId(1), now));
    story.store.extend(before);
    story.restart();
    assert_eq!(story.shows("PJSIP/100"), None);
    assert_eq!(story.hub.status().tombstones.used, 1);
    let facts = story.store.keys().filter(|(bucket, _)| bucket.name() == "facts");
    assert_eq!(facts.count(), 0, "the stale row is gone");
}

#[test]
fn a_mass_withdrawal_is_done_in_pieces() {
    let mut story = Story::new();
    story.login(1, A);
    for number in 0..10_000 {
        story.device(1, 1, &format!("PJSIP/{number}"), InUse);
    }
    story.lost(1);
    story.now.mono += secs(10);
    let (mut ticks, now) = (0, story.now.mono);
    while story.hub.next_deadline().is_some_and(|deadline| deadline <= now) {
        story.act(|hub, now| hub.tick(now));
        ticks += 1;
    }
    assert!(ticks >= 3, "{ticks} ticks");
    let status = story.hub.status();
    assert_eq!((status.facts.used, status.tombstones.used, status.origins), (0, 0, 0));
}

/// Each change says by itself why it is a withdrawal, now and after a restart.
#[test]
fn a_withdrawal_carries_its_reason() {
    let mut story = Story::new();
    story.login(1, A);
    story.device(1, 1, "PJSIP/100", InUse);
    story.device(1, 1, "PJSIP/200", InUse);
    let _watch = story.hub.watch(&name(B), Kind::Device, ASTERISK);
    story.lost(1);
    story.login(2, B);
    story.device(2, 1, "PJSIP/100", Busy);
    story.pass(secs(10));
    let endings: Vec<_> = story.changes.iter().filter_map(|c| c.state.ending()).collect();
    assert_eq!(endings, [Ending::Superseded, Ending::Lost]);
    story.restart();
    let tombstones = story.hub.board().tombstones();
    let endings: Vec<_> = tombstones.filter_map(|fact| fact.state.ending()).collect();
    assert_eq!(endings, [Ending::Superseded, Ending::Lost]);
}
