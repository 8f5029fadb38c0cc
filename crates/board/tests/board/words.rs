//! What the board takes, what it refuses, and what it then says.

use lampfield_board::DeviceState::{InUse, NotInUse, RingInUse, Ringing, Unknown};
use lampfield_board::{
    Applied, Board, BoardLimits, Cachable, Counts, Ending, FactState, OriginsFull, Refused,
    Revision, SubjectId, Value, Version, WallTime,
};

use crate::fixtures::{Talk, changed, count, device, lit, mailbox, origin, says};

#[test]
fn a_change_tells_what_was_and_what_is() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    talk.tell(1, &lamp, Ringing);
    let change = talk.tell(2, &lamp, InUse);
    assert_eq!((change.was, change.lamp_was, change.lamp), (None, lit(Ringing), lit(RingInUse)));
    assert_eq!(*change.origin, origin(2));
    assert_eq!(change.subject_id, talk.board.find(&lamp));
    assert_eq!(change.cachable, Cachable::Yes);

    let change = talk.tell(2, &lamp, NotInUse);
    assert_eq!(change.was, Some(FactState::Live(Value::Device(InUse))));
    assert_eq!(change.revision, Revision::new(3));
    assert_eq!(talk.lamp(&lamp), lit(Ringing));
}

#[test]
fn a_repeat_is_free_and_is_heard() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    let first = talk.tell(1, &lamp, InUse);
    let origin = talk.id(1);
    let again = says(&lamp, origin, InUse, Version::new(7, 1));
    assert_eq!(talk.board.apply(&again), Ok(Applied::Repeat));

    let fact = talk.board.get(&lamp).unwrap().of(origin).unwrap();
    assert_eq!((fact.version, fact.heard), (first.version, 7));
    assert_eq!((fact.revision, fact.said_at), (first.revision, first.said_at));
    assert_eq!(talk.board.epoch(origin), Some(7));
}

/// Design, "What always holds", 1: the higher version wins, and an older epoch is refused.
#[test]
fn old_words_are_refused() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    let origin = talk.id(1);
    let mut apply = |value, epoch, counter| {
        talk.board.apply(&says(&lamp, origin, value, Version::new(epoch, counter)))
    };
    assert!(apply(InUse, 2, 5).is_ok());
    let held = Version::new(2, 5);
    assert_eq!(apply(NotInUse, 2, 4), Err(Refused::Stale { said: Version::new(2, 4), held }));
    assert_eq!(apply(NotInUse, 2, 5), Err(Refused::Stale { said: held, held }));
    assert_eq!(apply(InUse, 2, 5), Ok(Applied::Repeat));
    let said = Version::new(1, 99);
    assert_eq!(apply(NotInUse, 1, 99), Err(Refused::OldEpoch { said, epoch: 2 }));
    assert_eq!(talk.lamp(&lamp), lit(InUse));
}

#[test]
fn a_raised_epoch_refuses_its_former_holder_everywhere() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    let origin = talk.id(1);
    talk.board.raise_epoch(origin, 5);
    talk.board.raise_epoch(origin, 3);
    let late = says(&lamp, origin, InUse, Version::new(4, 1));
    assert!(matches!(talk.board.apply(&late), Err(Refused::OldEpoch { epoch: 5, .. })));
    assert!(matches!(talk.board.pass_by(&late), Err(Refused::OldEpoch { epoch: 5, .. })));
}

#[test]
fn a_withdrawal_leaves_a_tombstone_until_it_is_forgotten() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    talk.tell(1, &lamp, InUse);
    talk.tell(2, &lamp, Unknown);
    let (place, dead) = (talk.board.find(&lamp).unwrap(), talk.id(1));
    assert!(!talk.board.forget(place, dead), "a live fact stays");

    let change = talk.withdraw(1, &lamp);
    assert_eq!(change.state, FactState::Withdrawn(Ending::Lost));
    assert_eq!((change.lamp_was, change.lamp), (lit(InUse), lit(Unknown)));
    let gone: Vec<_> = talk.board.tombstones().map(|fact| fact.origin_id).collect();
    assert_eq!(gone, [dead]);
    assert!(!talk.board.forget_origin(dead), "a tombstone holds its origin");

    assert!(talk.board.forget(place, dead));
    assert!(!talk.board.forget(place, dead));
    assert_eq!(talk.board.tombstones().count(), 0);
    assert!(talk.board.forget_origin(dead));
    assert_eq!(talk.board.find_origin(&origin(1)), None);
}

#[test]
fn the_last_withdrawal_leaves_no_value() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    talk.tell(1, &lamp, InUse);
    assert_eq!(talk.withdraw(1, &lamp).lamp, None);
    assert_eq!(talk.lamp(&lamp), None);
    let (place, dead) = (talk.board.find(&lamp).unwrap(), talk.id(1));
    assert!(talk.board.forget(place, dead));
    assert_eq!(talk.board.find(&lamp), None);
    assert!(talk.board.subject(place).is_none());
}

#[test]
fn only_what_is_held_can_be_withdrawn() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    talk.tell(1, &lamp, InUse);
    let (place, other, version) = (talk.board.find(&lamp).unwrap(), talk.id(2), talk.version());
    let nothing = talk.board.withdraw(
        place,
        other,
        version,
        FactState::Withdrawn(Ending::Lost),
        WallTime::default(),
    );
    assert_eq!(nothing, Err(Refused::NotHeld));
}

#[test]
fn the_newest_mailbox_word_wins_whoever_says_it() {
    let (mut talk, lamp) = (Talk::new(), mailbox("1000@default"));
    talk.tell(1, &lamp, count(3, 1));
    talk.tell(2, &lamp, count(0, 4));
    assert_eq!(talk.lamp(&lamp), Some(count(0, 4)));
    // The same count from the first again is news, for the lamp shows another.
    let change = talk.tell(1, &lamp, count(3, 1));
    assert_eq!((change.lamp_was, change.lamp), (Some(count(0, 4)), Some(count(3, 1))));
    // Two PBXs over one message store say the same in turn; that must not go round for ever.
    talk.tell(2, &lamp, count(3, 1));
    assert_eq!(talk.say(1, &lamp, count(3, 1)), Applied::Repeat);
    assert_eq!(talk.say(2, &lamp, count(3, 1)), Applied::Repeat);
}

/// A reader that takes the last word (Asterisk, for mailboxes) must end with the newest one.
#[test]
fn a_subjects_facts_come_in_order_of_arrival() {
    let (mut talk, lamp) = (Talk::new(), mailbox("1000@default"));
    for (number, new) in [(1, 1), (2, 2), (3, 3), (1, 4)] {
        talk.tell(number, &lamp, count(new, 0));
    }
    let facts = talk.board.get(&lamp).unwrap().facts();
    let said: Vec<_> = facts.filter_map(|fact| fact.state.live().cloned()).collect();
    assert_eq!(said, [count(2, 0), count(3, 0), count(4, 0)]);
}

#[test]
fn what_may_not_be_kept_passes_by() {
    let (mut talk, lamp) = (Talk::new(), device("Local/100@ctx"));
    let (origin, version) = (talk.id(1), talk.version());
    let change = talk.board.pass_by(&says(&lamp, origin, InUse, version)).unwrap();
    assert_eq!((change.cachable, change.subject_id, change.lamp), (Cachable::No, None, None));
    assert_eq!(change.revision, talk.board.revision());
    assert_eq!(talk.board.counts(), Counts { origins: 1, ..Counts::default() });
}

#[test]
fn a_value_must_be_of_the_subjects_kind() {
    let (mut talk, lamp) = (Talk::new(), mailbox("1000@default"));
    let (origin, version) = (talk.id(1), talk.version());
    let odd = says(&lamp, origin, InUse, version);
    let refused = talk.board.apply(&odd).unwrap_err();
    assert_eq!(refused.to_string(), "mailbox/1000@default cannot have the value INUSE");
    assert!(talk.board.pass_by(&odd).is_err());
    assert_eq!(talk.board.find(&lamp), None);
}

#[test]
fn limits_refuse_what_is_new_and_spare_what_is_held() {
    let mut board = Board::new(BoardLimits { entries: 1, origins: 1 });
    let id = board.origin_id(&origin(1)).unwrap();
    assert_eq!(board.origin_id(&origin(2)), Err(OriginsFull { limit: 1 }));
    assert_eq!(board.origin_id(&origin(1)), Ok(id));

    let held = device("a");
    board.apply(&says(&held, id, InUse, Version::new(1, 1))).unwrap();
    let more = says(&device("b"), id, InUse, Version::new(1, 2));
    assert_eq!(board.apply(&more), Err(Refused::Full { limit: 1 }));
    assert_eq!(board.find(&device("b")), None);
    assert!(board.apply(&says(&held, id, NotInUse, Version::new(1, 3))).is_ok());
}

#[test]
fn a_forgotten_origin_says_nothing_more() {
    let (mut talk, lamp) = (Talk::new(), device("a"));
    let (gone, version) = (talk.id(1), talk.version());
    assert!(talk.board.forget_origin(gone));
    let refused = talk.board.apply(&says(&lamp, gone, InUse, version));
    assert_eq!(refused, Err(Refused::UnknownOrigin(gone)));
    assert_eq!(talk.board.counts(), Counts::default());
}

#[test]
fn a_restored_board_goes_on_where_it_was() {
    let mut before = Talk::new();
    let (kept, ended, box_) = (device("a"), device("b"), mailbox("1000@default"));
    before.tell(1, &ended, InUse);
    before.tell(2, &box_, count(9, 9));
    before.tell(1, &box_, count(1, 0));
    before.tell(1, &kept, InUse);
    before.withdraw(1, &ended);

    let mut after = Board::new(BoardLimits::default());
    let stored: Vec<_> =
        before.board.subjects_from(SubjectId::FIRST).flat_map(|s| s.facts()).collect();
    // In whatever order the store has them.
    for fact in stored.iter().rev() {
        let origin = after.origin_id(fact.origin).unwrap();
        let mut said = fact.statement();
        said.origin = origin;
        changed(after.restore(&said, fact.revision).unwrap());
        let twice = after.restore(&said, fact.revision);
        assert_eq!(twice, Ok(Applied::Repeat));
    }
    assert_eq!(after.revision(), before.board.revision());
    assert_eq!(after.counts(), before.board.counts());
    for subject in [&kept, &ended, &box_] {
        assert_eq!(after.aggregate(subject), before.board.aggregate(subject));
        let arrivals = |board: &Board| -> Vec<Revision> {
            board.get(subject).unwrap().facts().map(|fact| fact.revision).collect()
        };
        assert_eq!(arrivals(&after), arrivals(&before.board));
        assert_eq!(after.digest(subject.kind()), before.board.digest(subject.kind()));
    }
    after.advance_to(Revision::new(100));
    let origin = after.find_origin(&origin(1)).unwrap();
    let said = says(&kept, origin, NotInUse, Version::new(1, 99));
    assert_eq!(changed(after.apply(&said).unwrap()).revision, Revision::new(101));
}

#[test]
fn restoring_takes_old_epochs_but_never_old_words() {
    let (mut talk, lamp, other) = (Talk::new(), device("a"), device("b"));
    let origin = talk.id(1);
    talk.board.apply(&says(&lamp, origin, InUse, Version::new(3, 1))).unwrap();
    let old = says(&lamp, origin, NotInUse, Version::new(2, 9));
    assert!(matches!(talk.board.restore(&old, Revision::new(9)), Err(Refused::Stale { .. })));
    let unchanged_since = says(&other, origin, NotInUse, Version::new(2, 9));
    assert!(talk.board.restore(&unchanged_since, Revision::new(9)).is_ok());
    assert_eq!(talk.board.epoch(origin), Some(3));
}

#[test]
fn what_has_ended_does_not_end_again_for_another_reason() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    talk.tell(1, &lamp, InUse);
    assert_eq!(talk.withdraw(1, &lamp).state.ending(), Some(Ending::Lost));
    let (place, origin, version) = (talk.board.find(&lamp).unwrap(), talk.id(1), talk.version());
    let again = talk.board.withdraw(
        place,
        origin,
        version,
        FactState::Withdrawn(Ending::Removed),
        WallTime::default(),
    );
    assert_eq!(again, Ok(Applied::Repeat));
}

#[test]
fn the_words_of_endings_are_read_as_they_are_written() {
    for ending in Ending::ALL {
        assert_eq!(ending.as_str().parse(), Ok(ending));
    }
    assert_eq!("cleared".parse(), Ok(Ending::Removed), "as earlier versions wrote it");
    assert!("nonsense".parse::<Ending>().is_err());
}
