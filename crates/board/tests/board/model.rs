//! Random words to a board and to the plainest model of it, which must agree at every step.

use std::collections::{BTreeMap, HashMap};

use lampfield_board::{
    Applied, Board, BoardLimits, DeviceState, Ending, FactState, Kind, Origin, OriginId, Protocol,
    Revision, Statement, Subject, SubjectId, Value, Version, WallTime,
};
use proptest::prelude::*;

use crate::fixtures::{count, device, mailbox, origin};

const SUBJECTS: u8 = 6;
const ORIGINS: u8 = 4;

/// Something that happens to a board.
#[derive(Clone, Debug)]
enum Step {
    Say { subject: u8, origin: u8, word: u8, version: Version },
    Withdraw { subject: u8, origin: u8, version: Version },
    Forget { subject: u8, origin: u8 },
    RaiseEpoch { origin: u8, epoch: u32 },
}

fn step() -> impl Strategy<Value = Step> {
    let version = || (1..4_u32, 0..12_u64).prop_map(|(e, c)| Version::new(e, c));
    prop_oneof![
        6 => (0..SUBJECTS, 0..ORIGINS, 0..4_u8, version())
            .prop_map(|(subject, origin, word, version)| Step::Say { subject, origin, word, version }),
        3 => (0..SUBJECTS, 0..ORIGINS, version())
            .prop_map(|(subject, origin, version)| Step::Withdraw { subject, origin, version }),
        3 => (0..SUBJECTS, 0..ORIGINS)
            .prop_map(|(subject, origin)| Step::Forget { subject, origin }),
        1 => (0..ORIGINS, 1..4_u32).prop_map(|(origin, epoch)| Step::RaiseEpoch { origin, epoch }),
    ]
}

/// The first half of the subjects are devices, the others mailboxes.
fn subject(number: u8) -> Subject {
    if number < SUBJECTS / 2 {
        device(&format!("PJSIP/{number}"))
    } else {
        mailbox(&format!("{number}@default"))
    }
}

fn value(subject: &Subject, word: u8) -> Value {
    match subject.kind() {
        Kind::Device => Value::Device(DeviceState::ALL[usize::from(word) + 1]),
        _ => count(word.into(), 0),
    }
}

/// What the model keeps of one origin and subject.
#[derive(Clone, Debug, PartialEq)]
struct Held {
    state: FactState,
    version: Version,
    heard: u32,
    revision: Revision,
}

/// The plainest board: a map, and everything computed from it each time.
#[derive(Default)]
struct Model {
    held: BTreeMap<(Subject, Origin), Held>,
    epochs: HashMap<Origin, u32>,
    revision: Revision,
}

impl Model {
    fn lamp(&self, subject: &Subject) -> Option<Value> {
        let of_subject = self.held.iter().filter(|((s, _), _)| s == subject);
        let live = of_subject.filter_map(|(_, held)| Some((held.revision, held.state.live()?)));
        subject.kind().fold(live.collect::<Vec<_>>().into_iter())
    }

    /// Whether it is taken, and if so whether it is news.
    fn say(
        &mut self,
        subject: &Subject,
        origin: &Origin,
        state: FactState,
        version: Version,
    ) -> Option<bool> {
        if version.epoch < self.epochs.get(origin).copied().unwrap_or(0) {
            return None;
        }
        let lamp = self.lamp(subject);
        let held = self.held.get_mut(&(subject.clone(), origin.clone()));
        let shown =
            !state.is_live() || subject.kind() == Kind::Device || lamp.as_ref() == state.live();
        let news = match held {
            Some(held) if version < held.version => return None,
            Some(held) if version == held.version && state != held.state => return None,
            Some(held) if state == held.state && (shown || version == held.version) => {
                held.heard = held.heard.max(version.epoch);
                false
            }
            _ => true,
        };
        if news {
            self.revision = self.revision.next();
            let held = Held { state, version, heard: version.epoch, revision: self.revision };
            self.held.insert((subject.clone(), origin.clone()), held);
        }
        let epoch = self.epochs.entry(origin.clone()).or_default();
        *epoch = version.epoch.max(*epoch);
        Some(news)
    }

    fn forget(&mut self, subject: &Subject, origin: &Origin) -> bool {
        let key = (subject.clone(), origin.clone());
        let gone = self.held.get(&key).is_some_and(|held| !held.state.is_live());
        if gone {
            self.held.remove(&key);
        }
        gone
    }
}

/// Does the step to both and compares what each says of it.
fn take(step: &Step, board: &mut Board, model: &mut Model) {
    let mut say = |number, who, state: &dyn Fn(&Subject) -> FactState, version| {
        let (subject, origin) = (subject(number), origin(who));
        let said = Statement {
            state: state(&subject),
            origin: board.origin_id(&origin).unwrap(),
            subject,
            version,
            said_at: WallTime::default(),
            protocol: Protocol::Xmpp,
        };
        let news = model.say(&said.subject, &origin, said.state.clone(), version);
        let applied = board.apply(&said).ok();
        assert_eq!(applied.as_ref().map(|a| matches!(a, Applied::Changed(_))), news);
        if let Some(Applied::Changed(change)) = applied {
            assert_eq!((change.revision, change.lamp), (model.revision, model.lamp(&said.subject)));
        }
    };
    match *step {
        Step::Say { subject, origin, word, version } => {
            say(subject, origin, &|subject| FactState::Live(value(subject, word)), version);
        }
        Step::Withdraw { subject, origin, version } => {
            say(subject, origin, &|_| FactState::Withdrawn(Ending::Lost), version);
        }
        Step::Forget { subject: number, origin: who } => {
            let (subject, origin) = (subject(number), origin(who));
            let id = board.origin_id(&origin).unwrap();
            let forgot = board.find(&subject).is_some_and(|place| board.forget(place, id));
            assert_eq!(forgot, model.forget(&subject, &origin));
        }
        Step::RaiseEpoch { origin: who, epoch } => {
            let id = board.origin_id(&origin(who)).unwrap();
            board.raise_epoch(id, epoch);
            let held = model.epochs.entry(origin(who)).or_default();
            *held = epoch.max(*held);
        }
    }
}

fn agree(board: &Board, model: &Model) {
    let mut seen = BTreeMap::new();
    for subject in board.subjects_from(SubjectId::FIRST) {
        assert_eq!(board.find(subject.subject()), Some(subject.id()));
        assert!(subject.facts().is_sorted_by_key(|fact| fact.revision));
        assert!(subject.facts().next().is_some(), "a subject without entries has no place");
        for fact in subject.facts() {
            let held = Held {
                state: fact.state.clone(),
                version: fact.version,
                heard: fact.heard,
                revision: fact.revision,
            };
            seen.insert((fact.subject.clone(), (**fact.origin).clone()), held);
        }
    }
    assert_eq!(seen, model.held);

    for number in 0..SUBJECTS {
        assert_eq!(board.aggregate(&subject(number)), model.lamp(&subject(number)));
    }
    for (id, origin) in board.origins() {
        let of_origin = model.held.keys().filter(|(_, o)| o == &**origin);
        assert_eq!(board.facts_of(id).count(), of_origin.count());
        assert_eq!(board.epoch(id), Some(model.epochs.get(origin).copied().unwrap_or(0)));
    }

    let live = |kind| {
        let entries = model.held.iter().filter(|((subject, _), _)| subject.kind() == kind);
        entries.filter(|(_, held)| held.state.is_live()).count()
    };
    let counts = board.counts();
    assert_eq!(
        (*counts.facts.of(Kind::Device), *counts.facts.of(Kind::Mailbox)),
        (live(Kind::Device), live(Kind::Mailbox))
    );
    let lit = (0..SUBJECTS).filter(|number| model.lamp(&subject(*number)).is_some());
    assert_eq!(counts.lamps, lit.count());
    assert_eq!(
        counts.tombstones,
        model.held.len() - *counts.facts.of(Kind::Device) - *counts.facts.of(Kind::Mailbox)
    );
    let tombstones: Vec<_> = board.tombstones().map(|fact| fact.revision).collect();
    assert_eq!(tombstones.len(), counts.tombstones);
    assert!(tombstones.is_sorted(), "the oldest first");
}

/// A board made from what another holds, in another order.
fn rebuilt(board: &Board) -> Board {
    let mut copy = Board::new(BoardLimits::default());
    let mut facts: Vec<_> =
        board.subjects_from(SubjectId::FIRST).flat_map(|subject| subject.facts()).collect();
    facts.sort_by_key(|fact| (fact.origin, std::cmp::Reverse(fact.revision)));
    for fact in facts {
        let origin: OriginId = copy.origin_id(fact.origin).unwrap();
        let said = Statement { origin, ..fact.statement() };
        copy.restore(&said, fact.revision).unwrap();
    }
    copy
}

proptest! {
    #[test]
    fn the_board_is_its_model(steps in prop::collection::vec(step(), 1..120)) {
        let (mut board, mut model) = (Board::new(BoardLimits::default()), Model::default());
        for step in &steps {
            take(step, &mut board, &mut model);
            agree(&board, &model);
        }
        let copy = rebuilt(&board);
        for kind in Kind::ALL {
            prop_assert_eq!(board.digest(kind), copy.digest(kind));
        }
        prop_assert_eq!(board.counts().tombstones, copy.counts().tombstones);
    }

    /// A place is its subject's own while that has an entry, and is used again afterwards.
    #[test]
    fn places_are_stable_and_used_again(steps in prop::collection::vec(step(), 1..200)) {
        let (mut board, mut model) = (Board::new(BoardLimits::default()), Model::default());
        let mut places: HashMap<Subject, SubjectId> = HashMap::new();
        let mut most = 0;
        for step in &steps {
            take(step, &mut board, &mut model);
            let now: HashMap<_, _> = board
                .subjects_from(SubjectId::FIRST)
                .map(|subject| (subject.subject().clone(), subject.id()))
                .collect();
            for (subject, place) in &now {
                prop_assert_eq!(places.get(subject).unwrap_or(place), place);
            }
            most = most.max(now.len());
            prop_assert!(now.values().all(|place| place.index() < most));
            places = now;
        }
    }

    #[test]
    fn a_walk_may_begin_anywhere(steps in prop::collection::vec(step(), 1..60), first in 0..8_usize) {
        let (mut board, mut model) = (Board::new(BoardLimits::default()), Model::default());
        for step in &steps {
            take(step, &mut board, &mut model);
        }
        let first = (0..first).fold(SubjectId::FIRST, |place, _| place.next());
        let rest: Vec<_> = board.subjects_from(first).map(|subject| subject.id()).collect();
        let all = board.subjects_from(SubjectId::FIRST).map(|subject| subject.id());
        prop_assert_eq!(rest, all.filter(|place| *place >= first).collect::<Vec<_>>());
    }
}
