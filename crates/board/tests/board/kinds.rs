//! What must hold of every kind, and for each a naive model of its rule. The samples are the only thing that is
//! written down for each; the list of kinds is the program's.

use std::collections::BTreeMap;

use lampfield_board::kind::{
    Agent, Ban, Conference, Contact, Custom, Pause, Presence, Queue, Registration, Show,
};
use lampfield_board::why::Why;
use lampfield_board::{
    Applied, Ending, FactState, Kind, Subject, SubjectName, Value, ValueError, WallTime,
};
use proptest::prelude::*;
use serde_json::json;

use crate::fixtures::{Talk, changed};

fn at(seconds: u64) -> WallTime {
    WallTime::from_millis(seconds * 1_000)
}

fn contact(number: u8, expires: Option<u64>) -> Contact {
    Contact {
        uri: format!("sip:100@192.0.2.{number}"),
        expires: expires.map(at),
        path: vec!["sip:proxy".to_owned(); usize::from(number % 2)],
        user_agent: None,
    }
}

fn subject(kind: Kind) -> Subject {
    Subject::new(kind, SubjectName::parse("x").unwrap())
}

#[test]
fn every_value_comes_back_from_the_store_and_from_json() {
    for kind in Kind::ALL {
        for value in kind.examples() {
            let json = serde_json::to_value(&value).unwrap();
            assert_eq!(
                kind.from_stored(kind.stored_form(), json.clone()),
                Ok(value.clone()),
                "{kind}"
            );
            assert_eq!(kind.from_json(json), Ok(value.clone()), "{kind}");
            assert_eq!(value.kind(), kind);
            assert!(!value.to_string().is_empty(), "{kind}");
        }
    }
}

#[test]
fn what_is_no_value_is_refused_and_names_its_kind() {
    for kind in Kind::ALL {
        for nonsense in [json!(17), json!({"nonsense": 1}), json!([]), json!("nonsense")] {
            let refused = kind.from_json(nonsense).unwrap_err();
            assert!(refused.to_string().contains(kind.as_str()), "{refused}");
        }
        let newer = kind.from_stored(kind.stored_form() + 1, json!("INUSE")).unwrap_err();
        assert!(matches!(newer, ValueError::Newer { .. }), "{kind}: {newer}");
    }
}

#[test]
fn a_value_beyond_the_limit_of_its_kind_is_refused() {
    let long = |bytes: usize| "x".repeat(bytes);
    let values: [Value; 5] = [
        Presence { show: Show::Dnd, status: Some(long(2_048)), subtype: None }.into(),
        Registration::of((0..255).map(|number| contact(number, Some(1)))).into(),
        Agent { paused: Some(Pause { reason: long(1_024) }), ..Agent::default() }.into(),
        Ban { reason: long(1_024), source: String::new(), until: None }.into(),
        Custom { data: json!(long(4_096)), until: None }.into(),
    ];
    for value in values {
        let kind = value.kind();
        let limit = kind.most_bytes();
        assert!(
            matches!(value.check(), Err(ValueError::TooLarge { limit: of, .. }) if of == limit),
            "{kind}"
        );
        let mut talk = Talk::new();
        let (origin, version) = (talk.id(1), talk.version());
        let said = crate::fixtures::says(&subject(kind), origin, value, version);
        assert!(talk.board.apply(&said).is_err(), "{kind}");
    }
}

/// Each value alone is the lamp; a repeat is none; the end of it leaves nothing; and each is explained.
#[test]
fn the_life_of_a_fact_of_each_kind() {
    for kind in Kind::ALL {
        for value in kind.examples() {
            let (mut talk, lamp) = (Talk::new(), subject(kind));
            assert_eq!(talk.tell(1, &lamp, value.clone()).lamp_was, None);
            let shown = talk.lamp(&lamp).unwrap();
            assert!(
                value.repeats(&shown) || kind == Kind::Conference,
                "{kind}: {value} shows {shown}"
            );
            assert_eq!(talk.say(1, &lamp, value.clone()), Applied::Repeat, "{kind} {value}");
            let why = Why::of(talk.board.get(&lamp).unwrap());
            assert!(why.facts[0].decides, "{kind} {value}");
            assert!(why.rule.to_string().starts_with(kind.rule()), "{kind}");
            assert_eq!(why.changes.len(), 1);
            assert_eq!(*talk.board.counts().facts.of(kind), 1);
            assert_eq!(talk.withdraw(1, &lamp).lamp, None);
            assert_eq!(*talk.board.counts().facts.of(kind), 0);
        }
    }
}

#[test]
fn only_kinds_that_may_expire_have_deadlines() {
    for kind in Kind::ALL {
        let ends = |value: &Value| value.deadline().is_some();
        assert_eq!(kind.examples().iter().any(ends), kind.may_expire(), "{kind}");
        // Whoever says it by hand can say when it ends, for each kind in the same way.
        let moment = WallTime::from_millis(3_000_000_000_000);
        let ending = kind.examples().into_iter().find_map(|value| value.ending_at(moment));
        let end = ending.and_then(|value| value.deadline());
        assert_eq!(end, kind.may_expire().then_some(moment), "{kind}");
        for value in kind.examples() {
            let Some(deadline) = value.deadline() else { continue };
            let before = WallTime::from_millis(deadline.millis() - 1);
            assert_eq!(value.left_at(before), Some(value.clone()), "{kind}");
            assert_ne!(value.left_at(deadline), Some(value.clone()), "{kind}");
        }
    }
}

#[test]
fn a_contact_ends_by_itself_and_the_last_one_ends_the_fact() {
    let both = Value::from(Registration::of([contact(1, Some(10)), contact(2, Some(20))]));
    assert_eq!(both.deadline(), Some(at(10)));
    let one = both.left_at(at(10)).unwrap();
    assert_eq!(one, Registration::of([contact(2, Some(20))]).into());
    assert_eq!(one.left_at(at(20)), None);
}

#[test]
fn to_refresh_a_contact_is_no_news_and_moves_its_end() {
    let (mut talk, lamp) = (Talk::new(), subject(Kind::Registration));
    talk.tell(1, &lamp, Registration::of([contact(1, Some(10))]));
    assert_eq!(talk.say(1, &lamp, Registration::of([contact(1, Some(99))])), Applied::Repeat);
    assert_eq!(talk.lamp(&lamp).unwrap().deadline(), Some(at(99)));
}

#[test]
fn a_ban_that_lasts_longer_is_news() {
    let (mut talk, lamp) = (Talk::new(), subject(Kind::Ban));
    let [first, second, ..] = &Kind::Ban.examples()[..] else { panic!("too few samples") };
    talk.tell(1, &lamp, first.clone());
    assert_eq!(talk.tell(1, &lamp, second.clone()).lamp, Some(second.clone()));
}

/// It lives where it began, also when members come and go there; and then where it lives next.
#[test]
fn a_conference_stays_with_its_first_holder() {
    let (mut talk, lamp) = (Talk::new(), subject(Kind::Conference));
    let members = |members| Conference { members, ..Conference::default() };
    let shown = |talk: &Talk| talk.lamp(&lamp).unwrap().get::<Conference>().unwrap().members;
    talk.tell(1, &lamp, members(1));
    talk.tell(2, &lamp, members(7));
    assert_eq!(shown(&talk), 1);
    talk.tell(1, &lamp, members(2));
    assert_eq!(shown(&talk), 2, "news of the first holder make it no later one");
    talk.withdraw(1, &lamp);
    assert_eq!(shown(&talk), 7);
    talk.tell(1, &lamp, members(3));
    assert_eq!(shown(&talk), 7, "who comes back begins anew");
}

/// What each origin says, by origin, with the place in the order in which it was said first and last.
type Model = BTreeMap<u8, (Value, usize, usize)>;

/// Each rule once more, in the plainest way.
fn modelled(kind: Kind, model: &Model) -> Option<Value> {
    let newest =
        || model.values().max_by_key(|(_, _, last)| *last).map(|(value, ..)| value.clone());
    let all = || model.values().map(|(value, ..)| value.clone());
    newest()?;
    match kind {
        Kind::Device => None,
        Kind::Mailbox | Kind::Presence | Kind::Custom => newest(),
        Kind::Conference => {
            model.values().min_by_key(|(_, first, _)| *first).map(|(value, ..)| value.clone())
        }
        Kind::Registration => {
            let mut contacts = BTreeMap::new();
            let mut facts: Vec<_> = model.values().collect();
            facts.sort_by_key(|(_, _, last)| *last);
            for (value, ..) in facts {
                for contact in &value.get::<Registration>()?.contacts {
                    contacts.insert(contact.uri.clone(), contact.clone());
                }
            }
            Some(Registration::of(contacts.into_values()).into())
        }
        Kind::Agent => {
            let agents: Vec<Agent> =
                all().map(|value| value.get::<Agent>().unwrap().clone()).collect();
            let mut one = Agent::default();
            let mut takes_calls = false;
            for agent in &agents {
                one.logged_in |= agent.logged_in;
                one.in_call |= agent.in_call;
                takes_calls |= agent.logged_in && agent.paused.is_none();
            }
            if one.logged_in && !takes_calls {
                let paused = agents.iter().find(|agent| agent.logged_in && agent.paused.is_some());
                one.paused = paused.and_then(|agent| agent.paused.clone());
            }
            Some(one.into())
        }
        Kind::Queue => {
            let mut sum = Queue::default();
            for value in all() {
                let queue = value.get::<Queue>()?;
                sum.waiting += queue.waiting;
                sum.free = sum.free.saturating_add(queue.free);
                let first = [sum.waiting_since, queue.waiting_since];
                sum.waiting_since = first.into_iter().flatten().min();
            }
            Some(sum.into())
        }
        Kind::Ban => {
            let until = |value: &Value| {
                value.get::<Ban>().unwrap().until.map_or(u64::MAX, WallTime::millis)
            };
            all().max_by_key(until)
        }
    }
}

/// A conference's turn is the board's own.
fn without_turn(value: Option<Value>) -> Option<Value> {
    let conference = value.as_ref().and_then(Value::get::<Conference>);
    conference.map(|it| Conference { turn: 0, ..it.clone() }.into()).or(value)
}

#[derive(Clone, Debug)]
enum Step {
    Say(u8, usize),
    Withdraw(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..4_u8, 0..4_usize).prop_map(|(origin, sample)| Step::Say(origin, sample)),
        1 => (0..4_u8).prop_map(Step::Withdraw),
    ];
    prop::collection::vec(step, 1..20)
}

proptest! {
    #[test]
    fn the_board_shows_what_the_plainest_model_does(
        kind in prop::sample::select(Kind::ALL[1..].to_vec()),
        steps in steps(),
    ) {
        let (mut talk, lamp, mut model) = (Talk::new(), subject(kind), Model::new());
        let samples = kind.examples();
        for (moment, step) in steps.into_iter().enumerate() {
            match step {
                Step::Say(origin, sample) => {
                    let value = samples[sample % samples.len()].clone();
                    talk.say(origin, &lamp, value.clone());
                    let held = model.get(&origin).cloned();
                    let is_repeat = held.as_ref().is_some_and(|(held, ..)| value.repeats(held));
                    let overruled = kind.newest_wins() && modelled(kind, &model).as_ref() != Some(&value);
                    let last = match &held {
                        Some((_, _, last)) if is_repeat && !overruled => *last,
                        _ => moment,
                    };
                    model.insert(origin, (value, held.map_or(moment, |(_, first, _)| first), last));
                }
                Step::Withdraw(origin) if model.remove(&origin).is_some() => {
                    talk.withdraw(origin, &lamp);
                }
                Step::Withdraw(_) => {}
            }
            prop_assert_eq!(without_turn(talk.lamp(&lamp)), modelled(kind, &model), "{}", kind);
            if let Some(facts) = talk.board.get(&lamp) {
                let why = Why::of(facts);
                prop_assert_eq!(&why.lamp, &talk.lamp(&lamp));
                prop_assert_eq!(why.facts.iter().any(|fact| fact.decides), why.lamp.is_some(), "{}", why.rule);
            }
        }
    }
}

#[test]
fn an_end_of_any_kind_is_a_tombstone() {
    for kind in Kind::ALL {
        let (mut talk, lamp) = (Talk::new(), subject(kind));
        talk.say(1, &lamp, kind.examples()[0].clone());
        let ended = changed(Applied::Changed(talk.withdraw(1, &lamp)));
        assert_eq!(ended.state, FactState::Withdrawn(Ending::Lost));
        assert_eq!(talk.board.tombstones().count(), 1);
    }
}
