//! An origin with several connections: what it said is lost with the last of them. Where a process has one at a time, a
//! further one takes the place of those before. `simulation/connections.rs` tries all orders of it.

use lampfield_board::DeviceState::InUse;
use lampfield_board::Ending;
use lampfield_hub::{ConnId, Lease, Profile, Settings};

use super::fixture::{A, ASTERISK, Story, leases, name, secs};

/// It may have several connections.
const SEVERAL: Profile = Profile { one_connection: false, ..ASTERISK };

/// Three connections of one origin have come in this order; each says a fact of its own when it comes.
fn story(profile: Profile) -> Story {
    let mut story = Story::new();
    for conn in 1..=3 {
        story.act(|hub, now| hub.arrive(ConnId(conn), &name(A), profile, now));
        story.device(conn, 1, &format!("PJSIP/{conn}"), InUse);
    }
    story
}

fn lit(story: &Story) -> Vec<u64> {
    (1..=3).filter(|conn| story.shows(&format!("PJSIP/{conn}")).is_some()).collect()
}

/// Why facts have ended, in the order of their ends.
fn endings(story: &Story) -> Vec<Ending> {
    story.changes.iter().filter_map(|change| change.state.ending()).collect()
}

#[test]
fn what_one_of_several_connections_said_stands_until_the_last_has_ended() {
    for goodbye in [false, true] {
        let mut story = story(SEVERAL);
        for conn in [1, 3] {
            match goodbye {
                false => story.lost(conn),
                true => story.act(|hub, now| hub.goodbye(ConnId(conn), now)),
            }
            story.pass(secs(1_000));
            assert_eq!(lit(&story), [1, 2, 3], "connection {conn}, goodbye {goodbye}");
            assert_eq!(leases(&story, "PJSIP/1"), [Lease::Live]);
        }
        story.lost(2);
        assert_eq!(leases(&story, "PJSIP/1"), [Lease::Gone { left: secs(10) }]);
        story.pass(secs(10));
        assert_eq!((lit(&story), endings(&story)), (vec![], vec![Ending::Lost; 3]));
    }
}

#[test]
fn where_a_process_has_one_at_a_time_a_later_one_must_repeat_what_was_said_before_it_came() {
    let mut story = story(ASTERISK);
    story.lost(1);
    assert_eq!(leases(&story, "PJSIP/1"), [Lease::TakenOver { left: secs(10) }]);
    assert_eq!(leases(&story, "PJSIP/2"), [Lease::Live], "its own connection lives");
    story.pass(secs(10));
    assert_eq!((lit(&story), endings(&story)), (vec![2, 3], vec![Ending::TakenOver]));
    story.lost(2);
    story.device(3, 1, "PJSIP/2", InUse);
    story.pass(secs(10));
    assert_eq!(lit(&story), [2, 3], "it was repeated");
}

/// The connections that were there when it was said live on, and hear of it if it changes.
#[test]
fn what_a_third_connection_said_stands_while_an_earlier_one_lives() {
    for profile in [ASTERISK, SEVERAL] {
        let mut story = story(profile);
        story.lost(3);
        story.pass(secs(1_000));
        assert_eq!(lit(&story), [1, 2, 3]);
        assert_eq!(leases(&story, "PJSIP/3"), [Lease::Live]);
    }
}

#[test]
fn who_repeats_nothing_need_not_repeat_it_on_a_newer_connection_either() {
    let mut story = story(Profile { repeats: false, ..ASTERISK });
    story.lost(1);
    story.lost(2);
    story.pass(secs(1_000));
    assert_eq!(lit(&story), [1, 2, 3]);
}

/// A policy kept what had been said before the present connections came: the reason is theirs.
#[test]
fn what_was_kept_over_a_takeover_ends_with_its_policy_for_that_reason() {
    use lampfield_hub::{Policies, Policy, Rule};
    let keep = Rule::parse("PJSIP/*", Policy::Keep).unwrap();
    let mut story = story(ASTERISK);
    let kept = Settings { policies: Policies::new(vec![keep]), ..Settings::default() };
    story.act(|hub, now| hub.set_settings(kept, now));
    story.lost(1);
    story.pass(secs(1_000));
    story.act(|hub, now| hub.set_settings(Settings::default(), now));
    assert_eq!(leases(&story, "PJSIP/1"), [Lease::TakenOver { left: secs(10) }]);
    story.pass(secs(10));
    assert_eq!((lit(&story), endings(&story)), (vec![2, 3], vec![Ending::TakenOver]));
}
