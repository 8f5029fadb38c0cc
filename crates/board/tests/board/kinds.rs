//! What must hold of every kind, and for each a naive model of its rule. The samples are the only thing that is
//! written down for each; the list of kinds is the program's.

use std::collections::{BTreeMap, BTreeSet};

use lampfield_board::kind::{Agent, Ban, Conference, Contact, Queue, Registration};
use lampfield_board::why::Why;
use lampfield_board::{
    Applied, Ending, FactState, Kind, Revision, Subject, SubjectName, Value, ValueError, WallTime,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};

use crate::aggregation::ported;
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

/// What a program might write for this piece of a value and nobody may read as it: an object as the list of what is in it, an
/// object with one key more, a word as an object, and something of another type.
fn miswritten(json: &Json) -> Vec<Json> {
    match json {
        Json::Object(table) => {
            let longer = table.clone().into_iter().chain([("nonsense".to_owned(), json!(1))]);
            vec![table.values().cloned().collect(), longer.collect(), json!("x"), json!(1)]
        }
        Json::Array(_) => vec![json!({}), json!("x"), json!(1)],
        Json::String(word) => vec![json!({ word: null }), json!([word]), json!(1), json!(true)],
        Json::Number(_) => vec![json!([json]), json!({}), json!("1"), json!(true), json!(1.5)],
        Json::Bool(_) => vec![json!([json]), json!({}), json!("true"), json!(1)],
        Json::Null => Vec::new(),
    }
}

/// The same JSON in all ways in which one piece of it is wrong. What a program shares as `data` can be anything.
fn with_one_wrong(json: &Json) -> Vec<Json> {
    let put = |place: &str, wrong: Json| {
        let mut all = json.clone();
        *all.pointer_mut(place).unwrap() = wrong;
        all
    };
    let pieces: Vec<(String, &Json)> = match json {
        Json::Object(table) => table.iter().map(|(key, one)| (format!("/{key}"), one)).collect(),
        Json::Array(list) => {
            list.iter().enumerate().map(|(at, one)| (format!("/{at}"), one)).collect()
        }
        _ => Vec::new(),
    };
    let pieces = pieces.into_iter().filter(|(place, _)| place != "/data");
    let within = pieces.flat_map(|(place, one)| {
        with_one_wrong(one).into_iter().map(move |wrong| (place.clone(), wrong))
    });
    let within = within.map(|(place, wrong)| put(&place, wrong));
    miswritten(json).into_iter().chain(within).collect()
}

/// `serde` would read a list as an object and an object as a word.
#[test]
fn nothing_but_the_form_of_a_kind_is_read_as_its_value() {
    for kind in Kind::ALL {
        for value in kind.examples() {
            for wrong in with_one_wrong(&serde_json::to_value(&value).unwrap()) {
                let read = kind.from_json(wrong.clone()).map_err(|error| error.to_string());
                assert!(read.is_err(), "{kind}: {wrong} is taken for {read:?}");
            }
        }
    }
    let refused = kind_error(Kind::Conference, json!([7]));
    assert_eq!(refused, "not a value of the kind conference: a list, but an object is needed");
    let refused = kind_error(Kind::Mailbox, json!({"new": 1, "old": 0, "urgent": 1}));
    assert!(refused.ends_with("it has no \"urgent\", only new and old"), "{refused}");
}

fn kind_error(kind: Kind, json: Json) -> String {
    kind.from_json(json).unwrap_err().to_string()
}

/// The same JSON in all ways in which one text or one list in it is as long as this.
fn lengthened(json: &Json, length: usize) -> Vec<Json> {
    match json {
        Json::String(_) => vec!["x".repeat(length).into()],
        Json::Array(list) => {
            let whole = list.iter().cycle().take(length).cloned().collect();
            let whole = (!list.is_empty()).then_some(Json::Array(whole));
            let within = (0..list.len()).flat_map(|place| {
                let put = move |longer| {
                    let mut list = list.clone();
                    list[place] = longer;
                    Json::Array(list)
                };
                lengthened(&list[place], length).into_iter().map(put)
            });
            whole.into_iter().chain(within).collect()
        }
        Json::Object(table) => {
            let within = table.iter().flat_map(|(key, value)| {
                let put = move |longer| {
                    let mut table = table.clone();
                    table.insert(key.clone(), longer);
                    Json::Object(table)
                };
                lengthened(value, length).into_iter().map(put)
            });
            within.collect()
        }
        _ => Vec::new(),
    }
}

/// Whatever in a value can be of any length is made too long. What is one of a few words, or a number, cannot be.
#[test]
fn a_value_beyond_the_limit_of_its_kind_is_refused() {
    let mut tried = BTreeSet::new();
    for kind in Kind::ALL {
        let limit = kind.most_bytes();
        let examples =
            kind.examples().into_iter().map(|value| serde_json::to_value(value).unwrap());
        for json in examples.flat_map(|json| lengthened(&json, limit)) {
            let Ok(value) = kind.from_stored(kind.stored_form(), json.clone()) else {
                assert!(kind.from_json(json).is_err(), "{kind}");
                continue;
            };
            let written = serde_json::to_string(&value).unwrap();
            if written.len() <= limit {
                assert_eq!(
                    kind,
                    Kind::Registration,
                    "a contact counts once, however often it is written"
                );
                continue;
            }
            for refused in [value.check(), kind.from_json(json).map(drop)] {
                let is_it =
                    matches!(refused, Err(ValueError::TooLarge { limit: of, .. }) if of == limit);
                assert!(is_it, "{kind}: {refused:?}");
            }
            let mut talk = Talk::new();
            let (origin, version) = (talk.id(1), talk.version());
            let said = crate::fixtures::says(&subject(kind), origin, value, version);
            assert!(talk.board.apply(&said).is_err(), "{kind}");
            tried.insert(kind);
        }
    }
    assert!(tried.len() > Kind::ALL.len() / 2, "only {tried:?} have texts or lists");
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
        Kind::Device => {
            let states: Vec<_> = all().filter_map(|value| value.get().copied()).collect();
            Some(ported(&states).into())
        }
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
                one.in_call |= agent.logged_in && agent.in_call;
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

/// A board and its model, which are told the same.
struct Both {
    talk: Talk,
    lamp: Subject,
    model: Model,
}

impl Both {
    fn of(kind: Kind) -> Self {
        Self { talk: Talk::new(), lamp: subject(kind), model: Model::new() }
    }

    fn shown(&self) -> Option<Value> {
        self.talk.lamp(&self.lamp)
    }

    fn modelled(&self) -> Option<Value> {
        modelled(self.lamp.kind(), &self.model)
    }

    fn take(&mut self, moment: usize, step: &Step) {
        let samples = self.lamp.kind().examples();
        match *step {
            Step::Say(origin, sample) => {
                self.say(moment, origin, &samples[sample % samples.len()]);
            }
            Step::Withdraw(origin) if self.model.remove(&origin).is_some() => {
                self.talk.withdraw(origin, &self.lamp);
            }
            Step::Withdraw(_) => {}
        }
    }

    fn say(&mut self, moment: usize, origin: u8, value: &Value) {
        self.talk.say(origin, &self.lamp, value.clone());
        let held = self.model.get(&origin).cloned();
        let is_repeat = held.as_ref().is_some_and(|(held, ..)| value.repeats(held));
        let overruled = value.kind().newest_wins() && self.modelled().as_ref() != Some(value);
        let last = match &held {
            Some((_, _, last)) if is_repeat && !overruled => *last,
            _ => moment,
        };
        let first = held.map_or(moment, |(_, first, _)| first);
        self.model.insert(origin, (value.clone(), first, last));
    }

    /// The live facts, in the order of the board.
    fn facts(&self) -> Vec<(Revision, Value)> {
        let facts = self.talk.board.get(&self.lamp);
        let facts = facts.iter().flat_map(|facts| facts.facts());
        facts.filter_map(|fact| Some((fact.revision, fact.state.live()?.clone()))).collect()
    }
}

proptest! {
    #[test]
    fn the_board_shows_what_the_plainest_model_does(
        kind in prop::sample::select(Kind::ALL.to_vec()),
        steps in steps(),
    ) {
        let mut both = Both::of(kind);
        for (moment, step) in steps.iter().enumerate() {
            both.take(moment, step);
            prop_assert_eq!(without_turn(both.shown()), both.modelled(), "{}", kind);
            if let Some(facts) = both.talk.board.get(&both.lamp) {
                let why = Why::of(facts);
                prop_assert_eq!(&why.lamp, &both.shown());
                prop_assert_eq!(why.facts.iter().any(|fact| fact.decides), why.lamp.is_some(), "{}", why.rule);
            }
        }
    }
}

/// A rule that is wrong for most kinds, or for all.
type WrongRule = fn(Kind, &[(Revision, Value)]) -> Option<Value>;

/// Rules as somebody might write them by mistake. The first is wrong for every kind.
const WRONG_RULES: [WrongRule; 3] = [
    // It misses whoever spoke last, unless that is the only one.
    |kind, facts| {
        let some = facts.len() - usize::from(facts.len() > 1);
        kind.fold(facts[..some].iter().map(|(at, value)| (*at, value)))
    },
    |_, facts| facts.iter().max_by_key(|(at, _)| *at).map(|(_, value)| value.clone()),
    |_, facts| facts.iter().min_by_key(|(at, _)| *at).map(|(_, value)| value.clone()),
];

/// A model proves something only if it disagrees with a rule that is wrong, and its samples only if they bring it to that.
#[test]
fn each_model_finds_planted_bugs() {
    for kind in Kind::ALL {
        let mut found = [false; WRONG_RULES.len()];
        let mut runner = TestRunner::deterministic();
        for _ in 0..100 {
            let steps = steps().new_tree(&mut runner).unwrap().current();
            let mut both = Both::of(kind);
            for (moment, step) in steps.iter().enumerate() {
                both.take(moment, step);
                let facts = both.facts();
                for (wrong, found) in WRONG_RULES.iter().zip(&mut found) {
                    *found |= without_turn(wrong(kind, &facts)) != both.modelled();
                }
            }
        }
        let wrong = if kind.newest_wins() { [true, false, true] } else { [true; 3] };
        assert_eq!(found, wrong, "{kind}: which wrong rules its model finds");
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

#[test]
fn the_same_contacts_in_another_order_are_no_news() {
    let read = |json| Kind::Registration.from_json(json).unwrap();
    let (a, b) = (json!({"uri": "sip:a@192.0.2.1"}), json!({"uri": "sip:b@192.0.2.1"}));
    let in_order = read(json!({ "contacts": [a, b] }));
    for other in [json!({ "contacts": [b, a] }), json!({ "contacts": [b, a, b] })] {
        assert_eq!(read(other.clone()), in_order);
        assert_eq!(Kind::Registration.from_stored(1, other.clone()).unwrap(), in_order);
        let (mut talk, lamp) = (Talk::new(), subject(Kind::Registration));
        talk.tell(1, &lamp, in_order.clone());
        assert_eq!(talk.say(1, &lamp, read(other)), Applied::Repeat);
    }
}

#[test]
fn of_an_agent_that_is_not_logged_in_nothing_else_counts() {
    let read = |json| Kind::Agent.from_json(json).unwrap();
    let (mut talk, lamp) = (Talk::new(), subject(Kind::Agent));
    let out = json!({ "logged_in": false, "in_call": true, "wrap_up": true });
    let shown = talk.tell(1, &lamp, read(out)).lamp.unwrap();
    assert_eq!((shown.to_string().as_str(), &shown), ("logged out", &Agent::default().into()));
    let free = talk.tell(2, &lamp, read(json!({ "logged_in": true }))).lamp.unwrap();
    assert_eq!(free.to_string(), "free");
    let why = Why::of(talk.board.get(&lamp).unwrap());
    assert_eq!(why.facts.iter().filter(|fact| fact.decides).count(), 1);
}

/// It is replaced by the board whatever is typed there.
#[test]
fn nobody_is_shown_a_turn_to_type() {
    for value in Kind::Conference.examples() {
        assert_eq!(serde_json::to_value(value).unwrap().get("turn"), None);
    }
}
