//! Who said what when, and what the lamp then showed, for as long as the limit allows. It only
//! remembers: nothing decides by it, and an idle server keeps no memory for it.

mod masks;
mod ring;

use std::sync::Arc;

use crate::change::Change;
use crate::fact_state::FactState;
use crate::kind::Value;
use crate::origin::Origin;
use crate::protocol::Protocol;
use crate::slots::{Keyed, Slots};
use crate::subject::Subject;
use crate::wall_time::WallTime;
pub use masks::Masks;
use ring::Ring;

/// The latest changes of a whole board, up to a number of them; the oldest goes first.
pub struct History {
    ring: Ring<Record>,
    chains: Slots<SubjectRecords>,
    origins: Slots<OriginRecords>,
    complete_since: WallTime,
    masks: Masks,
}

/// One remembered change of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastChange {
    /// When it was said, by the wall clock of this node.
    pub at: WallTime,
    /// Who said it; shared by all entries of that origin.
    pub origin: Arc<Origin>,
    /// What was said: a value, or the end of it with its reason.
    pub state: FactState,
    /// What the same origin had said before, if the board knew.
    pub was: Option<FactState>,
    /// What the lamp showed from then on.
    pub lamp: Option<Value>,
    /// What the lamp had shown before.
    pub lamp_was: Option<Value>,
    /// The protocol by which the statement came to this node.
    pub protocol: Protocol,
}

/// Names are numbers here: an entry must stay small.
struct Record {
    at: WallTime,
    chain: u32,
    origin_place: u32,
    /// How many entries back the subject's previous one is; none in reach if 0.
    back: u32,
    state: FactState,
    was: Option<FactState>,
    lamp: Option<Value>,
    lamp_was: Option<Value>,
    protocol: Protocol,
}

/// A subject with entries, and the newest of them.
struct SubjectRecords {
    subject: Subject,
    newest: u64,
    entries: u32,
}

/// An origin that has entries, and how many they are: without any it is dropped.
struct OriginRecords {
    origin: Arc<Origin>,
    entries: u32,
}

// === impl PastChange ===

impl From<&Change> for PastChange {
    fn from(change: &Change) -> Self {
        Self {
            at: change.said_at,
            origin: Arc::clone(&change.origin),
            state: change.state.clone(),
            was: change.was.clone(),
            lamp: change.lamp.clone(),
            lamp_was: change.lamp_was.clone(),
            protocol: change.protocol,
        }
    }
}

// === impl Record ===

impl Record {
    /// Whether the lamp began to show something else.
    fn is_turn(&self) -> bool {
        self.lamp != self.lamp_was
    }
}

// === impl History ===

impl History {
    /// Remembers up to `limit` changes (at most 2^32 - 1), beginning now.
    #[must_use]
    pub fn new(limit: u32, now: WallTime) -> Self {
        Self {
            ring: Ring::new(limit),
            chains: Slots::new(),
            origins: Slots::new(),
            complete_since: now,
            masks: Masks::default(),
        }
    }

    /// The same history, which keeps no name that `masks` hides.
    #[must_use]
    pub fn masked(self, masks: Masks) -> Self {
        Self { masks, ..self }
    }

    /// The masks that decide under which names changes are kept.
    #[must_use]
    pub fn masks(&self) -> &Masks {
        &self.masks
    }

    /// Remembers up to `limit` changes from now on. What is too much goes with [`History::trim`].
    pub fn set_limit(&mut self, limit: u32) {
        self.ring.set_limit(limit);
    }

    /// Forgets up to `most` of the oldest changes that are beyond the limit. Says whether more are.
    pub fn trim(&mut self, most: usize) -> bool {
        let excess = self.ring.excess();
        (0..excess.min(most)).for_each(|_| self.forget_oldest());
        if excess > 0 && excess <= most {
            self.ring.shrink();
        }
        excess > most
    }

    /// Remembers a change; at the limit the oldest one is forgotten.
    pub fn record(&mut self, change: &Change) {
        if self.ring.is_full() {
            self.forget_oldest();
        }
        if self.ring.limit() == 0 {
            self.complete_since = self.complete_since.max(change.said_at);
            return;
        }
        let Some(subject) = self.masks.kept(&change.subject) else { return };
        let number = self.ring.next_number();
        let Some((chain, back)) = self.extend_chain(&subject, number) else { return };
        let Some(origin_place) = self.count_entry_of(&change.origin) else { return };
        self.ring.push(Record {
            at: change.said_at,
            chain,
            origin_place,
            back,
            state: change.state.clone(),
            was: change.was.clone(),
            lamp: change.lamp.clone(),
            lamp_was: change.lamp_was.clone(),
            protocol: change.protocol,
        });
    }

    /// The changes of a subject, the newest first, `most` of them and none from before `since`.
    pub fn of(&self, subject: &Subject, since: WallTime, most: usize) -> Vec<PastChange> {
        let entries = self.chain(subject).take_while(|entry| entry.at >= since);
        entries.take(most).filter_map(|entry| self.event(entry)).collect()
    }

    /// When the lamp of a subject began to show what it shows; none where that is not remembered.
    #[must_use]
    pub fn shown_since(&self, subject: &Subject) -> Option<WallTime> {
        self.chain(subject).find(|entry| entry.is_turn()).map(|entry| entry.at)
    }

    /// How often the lamp of a subject has begun to show something else since then, counted up to `most`.
    #[must_use]
    pub fn turns(&self, subject: &Subject, since: WallTime, most: usize) -> usize {
        let entries = self.chain(subject).take_while(|entry| entry.at >= since);
        entries.filter(|entry| entry.is_turn()).take(most).count()
    }

    /// The moment from which on no change is missing.
    #[must_use]
    pub fn complete_since(&self) -> WallTime {
        self.complete_since
    }

    /// How many changes are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether no change is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many changes are remembered at most.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.ring.limit()
    }

    /// Bytes of memory held, without the names.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.ring.bytes() + self.chains.bytes() + self.origins.bytes()
    }

    /// The entries of a subject, the newest first.
    fn chain(&self, subject: &Subject) -> impl Iterator<Item = &Record> {
        let chain = self.chains.find(subject).and_then(|place| self.chains.get(place));
        let newest = chain.map(|chain| chain.newest);
        let numbers = std::iter::successors(newest, |number| self.number_before(*number));
        numbers.map_while(|number| self.ring.get(number))
    }

    /// The number of the same subject's previous entry, which may be forgotten.
    fn number_before(&self, number: u64) -> Option<u64> {
        let back = self.ring.get(number)?.back;
        if back == 0 { None } else { number.checked_sub(back.into()) }
    }

    fn event(&self, entry: &Record) -> Option<PastChange> {
        Some(PastChange {
            at: entry.at,
            origin: Arc::clone(&self.origins.get(entry.origin_place)?.origin),
            state: entry.state.clone(),
            was: entry.was.clone(),
            lamp: entry.lamp.clone(),
            lamp_was: entry.lamp_was.clone(),
            protocol: entry.protocol,
        })
    }

    /// Makes `number` the subject's newest entry; gives the chain and how far back the one before is.
    fn extend_chain(&mut self, subject: &Subject, number: u64) -> Option<(u32, u32)> {
        let Some(place) = self.chains.find(subject) else {
            let chain = SubjectRecords { subject: subject.clone(), newest: number, entries: 1 };
            return Some((self.chains.insert(chain)?, 0));
        };
        let chain = self.chains.get_mut(place)?;
        let back = u32::try_from(number - chain.newest).unwrap_or(0);
        chain.newest = number;
        chain.entries += 1;
        Some((place, back))
    }

    fn count_entry_of(&mut self, origin: &Arc<Origin>) -> Option<u32> {
        let Some(place) = self.origins.find(origin) else {
            return self.origins.insert(OriginRecords { origin: Arc::clone(origin), entries: 1 });
        };
        self.origins.get_mut(place)?.entries += 1;
        Some(place)
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.ring.pop() else { return };
        self.complete_since = self.complete_since.max(oldest.at);
        if let Some(chain) = self.chains.get_mut(oldest.chain) {
            chain.entries -= 1;
            if chain.entries == 0 {
                self.chains.remove(oldest.chain);
            }
        }
        if let Some(origin_place) = self.origins.get_mut(oldest.origin_place) {
            origin_place.entries -= 1;
            if origin_place.entries == 0 {
                self.origins.remove(oldest.origin_place);
            }
        }
    }
}

impl Keyed for SubjectRecords {
    type Key = Subject;

    fn key(&self) -> &Subject {
        &self.subject
    }
}

impl Keyed for OriginRecords {
    type Key = Origin;

    fn key(&self) -> &Origin {
        &self.origin
    }
}
