//! What a door declares of its peers decides, not what they are.

use lampfield_board::DeviceState::{InUse, NotInUse};
use lampfield_board::Kind;
use lampfield_hub::{ConnId, Profile, Room, Trouble, Verdict};

use super::fixture::{A, ASTERISK, B, Story, name, secs};

const C: &str = "c@asterisk.example";

fn login(story: &mut Story, conn: u64, account: &str, profile: Profile) {
    story.act(|hub, now| hub.arrive(ConnId(conn), &name(account), profile, now));
}

#[test]
fn who_repeats_nothing_is_believed_when_it_comes_back() {
    for (profile, stands) in
        [(ASTERISK, None), (Profile { repeats: false, ..ASTERISK }, Some(InUse))]
    {
        let mut story = Story::new();
        login(&mut story, 1, A, profile);
        story.device(1, 1, "PJSIP/100", InUse);
        story.lost(1);
        story.pass(secs(5));
        login(&mut story, 2, A, profile);
        story.device(2, 1, "PJSIP/101", NotInUse);
        story.pass(secs(1_000));
        assert_eq!(story.shows("PJSIP/100"), stands);
        story.lost(2);
        story.pass(secs(1_000));
        assert_eq!(story.shows("PJSIP/100"), None, "its absence ends it all the same");
    }
}

#[test]
fn who_comes_back_at_once_has_no_longer_grace_however_often_it_goes() {
    for (profile, waits) in [(ASTERISK, true), (Profile { waits: None, ..ASTERISK }, false)] {
        let mut story = Story::new();
        for round in 0..6 {
            login(&mut story, round, A, profile);
            story.device(round, 1, "PJSIP/100", InUse);
            story.lost(round);
            // As long as an Asterisk would wait.
            story.pass(secs(1 << round));
        }
        let origins = story.hub.origins(story.now);
        let waited = origins.iter().any(|origin| origin.predicted_wait > secs(8));
        assert_eq!(waited, waits, "{origins:?}");
    }
}

#[test]
fn accounts_that_may_share_an_identity_are_no_trouble_and_end_nothing_of_each_other() {
    for (profile, exclusive) in
        [(ASTERISK, true), (Profile { shares_identity: true, ..ASTERISK }, false)]
    {
        let mut story = Story::new();
        login(&mut story, 1, A, profile);
        login(&mut story, 2, B, profile);
        story.device(1, 1, "PJSIP/100", InUse);
        story.device(2, 1, "PJSIP/101", NotInUse);
        let told = story.troubles().iter().any(|it| matches!(it, Trouble::DuplicateEid { .. }));
        assert_eq!(told, exclusive);
        story.lost(1);
        story.device(2, 1, "PJSIP/100", NotInUse);
        let shown = if exclusive { NotInUse } else { InUse };
        assert_eq!(story.shows("PJSIP/100"), Some(shown));
    }
}

/// Nobody of A has come back yet, so its door has declared nothing in this run.
#[test]
fn whether_an_identity_is_shared_holds_over_a_restart_as_it_was_declared() {
    for (profile, exclusive) in
        [(ASTERISK, true), (Profile { shares_identity: true, ..ASTERISK }, false)]
    {
        let mut story = Story::new();
        login(&mut story, 1, A, profile);
        story.device(1, 1, "PJSIP/100", InUse);
        story.restart();
        login(&mut story, 2, B, ASTERISK);
        story.device(2, 1, "PJSIP/100", NotInUse);
        let shown = if exclusive { NotInUse } else { InUse };
        assert_eq!(story.shows("PJSIP/100"), Some(shown));
    }
}

#[test]
fn who_tells_origins_apart_gets_each_of_them_and_nothing_twice() {
    let apart = Profile { files_by_identity: false, ..ASTERISK };
    for (profile, facts) in [(ASTERISK, 1), (apart, 2)] {
        let mut story = Story::new();
        login(&mut story, 1, A, ASTERISK);
        login(&mut story, 2, B, ASTERISK);
        story.device(1, 1, "PJSIP/100", InUse);
        story.device(2, 1, "PJSIP/100", NotInUse);
        let mut watch = story.act(|hub, _| hub.watch(&name(C), Kind::Device, profile));
        assert_eq!(watch.next(&story.hub, 10).len(), facts);
        let before = story.changes.len();
        story.lost(1);
        story.pass(secs(10));
        let news = &story.changes[before..];
        let sent = news.iter().filter(|change| watch.offer(change, Room::Free) == Verdict::Send);
        // The end of the one, and for those who file both together the other once more.
        assert_eq!(sent.count(), if profile.files_by_identity { 2 } else { 1 });
    }
}
