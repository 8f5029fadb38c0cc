//! Explanations: they must say what a person expects, and be true.

use lampfield_board::DeviceState::{self, *};
use lampfield_board::Why;
use lampfield_board::kind::{Alternative, Alternatives};
use lampfield_board::{Subject, Value};
use proptest::prelude::*;

use crate::fixtures::{Talk, count, device, lit, mailbox};

fn why(talk: &Talk, subject: &Subject) -> Why {
    Why::of(talk.board.get(subject).unwrap())
}

fn deciders(why: &Why) -> Vec<bool> {
    why.facts.iter().map(|fact| fact.decides).collect()
}

/// The sample of the manual: one PBX in use, one idle.
#[test]
fn the_strongest_fact_decides() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    talk.tell(2, &lamp, NotInUse);
    talk.tell(1, &lamp, InUse);
    let why = why(&talk, &lamp);
    assert_eq!(why.lamp, lit(InUse));
    assert_eq!(deciders(&why), [false, true]);
    assert_eq!(
        why.rule.to_string(),
        "asterisk-fold: the strongest of all facts; INUSE (6) beats NOT_INUSE (3)"
    );
    let changes: Vec<_> = why.changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            "if pbx-2@asterisk.example 02:00:00:00:00:02 says BUSY, RINGING (gives RINGINUSE) or RINGINUSE",
            "if pbx-1@asterisk.example 02:00:00:00:00:01 says anything else",
        ]
    );
}

#[test]
fn ringing_and_in_use_decide_together() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    talk.tell(1, &lamp, Ringing);
    talk.tell(2, &lamp, OnHold);
    talk.tell(3, &lamp, NotInUse);
    let why = why(&talk, &lamp);
    assert_eq!(deciders(&why), [true, true, false]);
    assert_eq!(why.rule.to_string(), "asterisk-fold: RINGING together with ONHOLD gives RINGINUSE");
    // The third may say what it likes: nothing is stronger.
    assert_eq!(why.changes[2].says, Alternatives::Some(vec![]));
}

/// RINGINUSE that a PBX says outright, beside the two that would make it.
#[test]
fn a_said_ringinuse_is_the_strongest() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    talk.tell(1, &lamp, RingInUse);
    talk.tell(2, &lamp, Ringing);
    let why = why(&talk, &lamp);
    assert_eq!(why.rule.reason, "the strongest of all facts; RINGINUSE (8) beats RINGING (5)");
    assert_eq!(deciders(&why), [true, false]);
}

#[test]
fn a_lamp_with_nothing_behind_it() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    talk.tell(1, &lamp, InUse);
    talk.withdraw(1, &lamp);
    let why = why(&talk, &lamp);
    assert_eq!(why.lamp, None);
    assert_eq!(deciders(&why), [false]);
    assert_eq!(why.changes[0].says, Alternatives::AnythingElse);
    assert_eq!(why.rule.to_string(), "asterisk-fold: nobody says anything");
}

#[test]
fn a_single_fact() {
    let (mut talk, lamp) = (Talk::new(), device("PJSIP/100"));
    talk.tell(1, &lamp, Busy);
    let why = why(&talk, &lamp);
    assert_eq!(why.rule.to_string(), "asterisk-fold: every fact says BUSY");
    assert_eq!(deciders(&why), [true]);
}

#[test]
fn the_newest_count_decides() {
    let (mut talk, lamp) = (Talk::new(), mailbox("1000@default"));
    talk.tell(1, &lamp, count(3, 0));
    talk.tell(2, &lamp, count(1, 2));
    let why = why(&talk, &lamp);
    assert_eq!(deciders(&why), [false, true]);
    assert_eq!(why.rule.to_string(), "newest-arrival: the newest fact decides: 1 new, 2 old");
    assert_eq!(why.changes[0].says, Alternatives::Another("count"));
}

/// What the explanation promises for a word of an origin.
fn promised(words: &Alternatives<Value>, said: DeviceState, lamp: Option<Value>) -> Option<Value> {
    let said = Value::from(said);
    let answer = |answers: &[Alternative<Value>]| {
        answers.iter().find(|a| a.said == said).map(|a| a.lamp.clone())
    };
    match words {
        Alternatives::Some(answers) => answer(answers).or(lamp),
        other => panic!("no single answer in {other:?}"),
    }
}

proptest! {
    /// Says each word on a board and looks: exactly the promised ones change the lamp.
    #[test]
    fn the_changes_come_true(words in prop::collection::vec((1..5_u8, 0..9_usize), 1..8)) {
        let (mut talk, lamp) = (Talk::new(), device("a"));
        for (who, state) in &words {
            talk.say(*who, &lamp, DeviceState::ALL[*state]);
        }
        let before = why(&talk, &lamp);
        for (remark, fact) in before.changes.iter().zip(&before.facts) {
            for said in DeviceState::ALL {
                let who = remark.origin.eid().bytes()[5];
                talk.say(who, &lamp, said);
                let now = talk.lamp(&lamp);
                if fact.state.live() == lit(said).as_ref() {
                    prop_assert_eq!(&now, &before.lamp);
                } else if remark.says == Alternatives::AnythingElse {
                    prop_assert_ne!(&now, &before.lamp);
                } else {
                    prop_assert_eq!(now, promised(&remark.says, said, before.lamp.clone()));
                }
            }
            let held = fact.state.live().unwrap().clone();
            talk.say(remark.origin.eid().bytes()[5], &lamp, held);
        }
    }

    /// Without the others the lamp is the same, and without the facts that decide it is another
    /// (unless RINGINUSE was said by one PBX and is the sum of others besides).
    #[test]
    fn the_deciders_decide(words in prop::collection::vec((1..7_u8, 0..9_usize), 1..8)) {
        let (mut talk, lamp) = (Talk::new(), device("a"));
        for (who, state) in &words {
            talk.say(*who, &lamp, DeviceState::ALL[*state]);
        }
        let before = why(&talk, &lamp);
        prop_assert!(before.facts.iter().any(|fact| fact.decides));
        let left = |decides| {
            let facts = before.facts.iter().filter(|fact| fact.decides == decides);
            DeviceState::aggregate(facts.filter_map(|fact| fact.state.live()?.get().copied()))
        };
        prop_assert_eq!(left(true).map(Value::Device), before.lamp.clone());
        prop_assert!(left(false).map(Value::Device) != before.lamp || before.lamp == lit(RingInUse));
    }
}
