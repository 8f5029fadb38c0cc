//! What is remembered, for how long, and what it says of past moments.

use lampfield_board::DeviceState::{self, InUse, NotInUse, Ringing};
use lampfield_board::{Change, Ending, FactState, History, Subject, Value, WallTime};
use proptest::prelude::*;

use crate::fixtures::{Talk, device, lit, origin};

fn at(millis: u64) -> WallTime {
    WallTime::from_millis(millis)
}

/// A history of device "a": RINGING at 1,001, INUSE at 1,002 and withdrawn at 1,003.
fn call() -> (History, Subject) {
    let (mut talk, lamp) = (Talk::new(), device("a"));
    let mut history = History::new(100, at(1_000));
    history.record(&talk.tell(1, &lamp, Ringing));
    history.record(&talk.tell(1, &lamp, InUse));
    history.record(&talk.withdraw(1, &lamp));
    (history, lamp)
}

#[test]
fn the_newest_comes_first() {
    let (history, lamp) = call();
    let events = history.of(&lamp, at(0), 10);
    let times: Vec<_> = events.iter().map(|event| event.at.millis()).collect();
    assert_eq!(times, [1_003, 1_002, 1_001]);
    assert_eq!(*events[1].origin, origin(1));
    assert_eq!(events[1].was, Some(FactState::Live(Value::Device(Ringing))));
    assert_eq!(events[1].state, FactState::Live(Value::Device(InUse)));
    assert_eq!((events[1].lamp_was.clone(), events[1].lamp.clone()), (lit(Ringing), lit(InUse)));
    assert_eq!(
        (events[0].state.clone(), events[0].lamp.clone()),
        (FactState::Withdrawn(Ending::Lost), None)
    );
    assert_eq!(history.of(&lamp, at(1_002), 10), events[..2]);
    assert_eq!(history.of(&lamp, at(0), 1), events[..1]);
    assert_eq!(history.of(&device("b"), at(0), 10), []);
}

#[test]
fn an_idle_history_takes_no_memory() {
    assert_eq!(History::new(1_000_000, at(0)).bytes(), 0);
}

#[test]
fn a_history_of_no_size_remembers_nothing_and_says_so() {
    let (mut talk, lamp) = (Talk::new(), device("a"));
    let mut history = History::new(0, at(0));
    history.record(&talk.tell(1, &lamp, InUse));
    assert!(history.is_empty());
    assert_eq!(history.complete_since(), at(1_001));
}

#[test]
fn memory_stays_within_the_limit() {
    let (mut talk, mut history) = (Talk::new(), History::new(1_000, at(0)));
    for number in 0..5_000_u32 {
        history.record(&talk.tell(1, &device(&format!("PJSIP/{number}")), InUse));
    }
    assert_eq!(history.len(), 1_000);
    // 72 for the entry; the rest is the subject's chain in a table that may be half empty.
    assert!(history.bytes() <= 1_000 * (72 + 120) + 4_096, "{}", history.bytes());
}

proptest! {
    /// Against the list of all changes ever: what is remembered is its end.
    #[test]
    fn the_history_is_the_end_of_all_changes(
        words in prop::collection::vec((0..5_u8, 1..4_u8, 0..9_usize), 1..150),
        limit in 0..40_u32,
    ) {
        let subject = |number: u8| device(&format!("PJSIP/{number}"));
        let (mut talk, mut history) = (Talk::new(), History::new(limit, at(1_000)));
        let mut all: Vec<Change> = Vec::new();
        for (number, who, state) in words {
            let said = talk.say(who, &subject(number), DeviceState::ALL[state]);
            if let lampfield_board::Applied::Changed(change) = said {
                history.record(&change);
                all.push(change);
            }
        }
        let kept = &all[all.len().saturating_sub(limit as usize)..];
        prop_assert_eq!(history.len(), kept.len());
        for number in 0..5 {
            let expected = kept.iter().rev().filter(|change| change.subject == subject(number));
            let expected: Vec<_> = expected.map(|c| (c.said_at, c.state.clone(), c.was.clone(), c.lamp.clone())).collect();
            let events = history.of(&subject(number), at(0), usize::MAX);
            let events: Vec<_> = events.iter().map(|e| (e.at, e.state.clone(), e.was.clone(), e.lamp.clone())).collect();
            prop_assert_eq!(events, expected);
            let turns = kept.iter().rev().filter(|change| change.subject == subject(number) && change.lamp != change.lamp_was);
            let turns: Vec<_> = turns.map(|change| change.said_at).collect();
            prop_assert_eq!(history.shown_since(&subject(number)), turns.first().copied());
            prop_assert_eq!(history.turns(&subject(number), at(0), usize::MAX), turns.len());
            prop_assert_eq!(history.turns(&subject(number), at(0), 2), turns.len().min(2));
        }
        let last_lost = all.len().checked_sub(kept.len() + 1).map(|last| all[last].said_at);
        prop_assert_eq!(history.complete_since(), last_lost.unwrap_or(at(1_000)));
    }

    /// Names are let go with the last entry that needs them.
    #[test]
    fn no_name_outlives_its_entries(numbers in prop::collection::vec(0..50_u8, 1..200)) {
        let (mut talk, mut history) = (Talk::new(), History::new(4, at(0)));
        for number in numbers {
            let lamp = device(&format!("PJSIP/{number}"));
            let state = if talk.lamp(&lamp) == lit(InUse) { NotInUse } else { InUse };
            history.record(&talk.tell(number % 7, &lamp, state));
        }
        let remembered = (0..50_u8).map(|number| device(&format!("PJSIP/{number}")));
        let events = remembered.map(|lamp| history.of(&lamp, at(0), 100).len());
        prop_assert_eq!(events.sum::<usize>(), history.len());
        prop_assert!(history.bytes() < 64 * 72 + 4_096);
    }
}
