//! The board: all that is known, one entry for each (subject, origin). It takes statements in, refuses
//! the old ones, and tells what changed; it never drops an entry on its own.

mod apply;
mod entries;
mod known_origins;
mod view;

use std::collections::BTreeSet;

use crate::digest::Digest;
use crate::kind::{Kind, PerKind, Value};
use crate::nearest;
use crate::origin::OriginId;
use crate::revision::Revision;
use crate::slots::Slots;
use crate::subject::{Subject, SubjectId};
pub use apply::{Applied, Refused};
use entries::Entries;
use known_origins::KnownOrigins;
pub use known_origins::OriginsFull;
pub use view::{Fact, SubjectFacts};

/// How much a board may hold. At a limit new things are refused; what is held can still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoardLimits {
    /// Entries: facts and tombstones together.
    pub entries: usize,
    /// Origins known, with or without entries; a further one is refused.
    pub origins: usize,
}

/// How much a board holds now, each number beside its limit in [`BoardLimits`] where it has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Subjects with at least one entry.
    pub subjects: usize,
    /// Subjects whose lamp shows something: those with at least one live fact.
    pub lamps: usize,
    /// Live facts of each kind.
    pub facts: PerKind<usize>,
    /// Tombstones of all kinds together, against the same limit as facts.
    pub tombstones: usize,
    /// Origins, with or without entries.
    pub origins: usize,
}

/// All facts and tombstones of one board.
pub struct Board {
    subjects: Slots<Entries>,
    origins: KnownOrigins,
    /// In the order in which the facts ended: the oldest is the first to be forgotten.
    tombstones: BTreeSet<(Revision, SubjectId, OriginId)>,
    /// How many live facts each kind has, kept up to date because counting them takes a walk.
    live: PerKind<usize>,
    live_total: usize,
    /// Subjects with a live fact.
    lamps: usize,
    digests: PerKind<Digest>,
    revision: Revision,
    limits: BoardLimits,
}

// === impl BoardLimits ===

impl Default for BoardLimits {
    /// Twice the scale that the product is made for (1,000,000 facts in a cluster).
    fn default() -> Self {
        Self { entries: 2_000_000, origins: 65_536 }
    }
}

// === impl Board ===

impl Board {
    /// An empty board. Takes no memory to speak of until there are facts.
    #[must_use]
    pub fn new(limits: BoardLimits) -> Self {
        Self {
            subjects: Slots::new(),
            origins: KnownOrigins::new(),
            tombstones: BTreeSet::new(),
            live: PerKind::default(),
            live_total: 0,
            lamps: 0,
            digests: PerKind::default(),
            revision: Revision::ZERO,
            limits,
        }
    }

    /// The place of a subject that has an entry.
    #[must_use]
    pub fn find(&self, subject: &Subject) -> Option<SubjectId> {
        self.subjects.find(subject).map(SubjectId)
    }

    /// What is held of the subject at a place; none if the place is free.
    #[must_use]
    pub fn subject(&self, id: SubjectId) -> Option<SubjectFacts<'_>> {
        Some(SubjectFacts::new(self, id, self.subjects.get(id.0)?))
    }

    /// What is held of a subject; none if nobody has said anything about it.
    #[must_use]
    pub fn get(&self, subject: &Subject) -> Option<SubjectFacts<'_>> {
        self.subject(self.find(subject)?)
    }

    /// What the lamp shows; none when there is no live fact.
    #[must_use]
    pub fn aggregate(&self, subject: &Subject) -> Option<Value> {
        self.get(subject)?.lamp()
    }

    /// Subjects of every kind from this place on, upwards: how a snapshot walks the board at its
    /// reader's pace.
    pub fn subjects_from(&self, first: SubjectId) -> impl Iterator<Item = SubjectFacts<'_>> {
        self.subjects
            .iter_from(first.0)
            .map(|(place, entries)| SubjectFacts::new(self, SubjectId(place), entries))
    }

    /// What an origin says about a subject, or said before it was withdrawn.
    #[must_use]
    pub fn fact(&self, subject_id: SubjectId, origin: OriginId) -> Option<Fact<'_>> {
        self.subject(subject_id)?.of(origin)
    }

    /// Everything of one origin, tombstones included, in the order of its places.
    pub fn facts_of(&self, origin: OriginId) -> impl Iterator<Item = Fact<'_>> {
        self.facts_of_from(origin, SubjectId::FIRST)
    }

    /// The same from a place on: how a walk over an origin is done in pieces.
    pub fn facts_of_from(
        &self,
        origin: OriginId,
        first: SubjectId,
    ) -> impl Iterator<Item = Fact<'_>> {
        let known = self.origins.get(origin);
        let subjects = known.into_iter().flat_map(move |known| known.subjects.range(first..));
        subjects.filter_map(move |subject| self.fact(*subject, origin))
    }

    /// The tombstones, the oldest first.
    pub fn tombstones(&self) -> impl Iterator<Item = Fact<'_>> {
        self.tombstones.iter().filter_map(|(_, subject, origin)| self.fact(*subject, *origin))
    }

    /// How much is held now, against [`BoardLimits`].
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            subjects: self.subjects.len(),
            lamps: self.lamps,
            facts: self.live.clone(),
            tombstones: self.tombstones.len(),
            origins: self.origins.len(),
        }
    }

    /// How many live facts of all kinds are held.
    #[must_use]
    pub fn live_facts(&self) -> usize {
        self.live_total
    }

    /// The limits that are in force now.
    #[must_use]
    pub fn limits(&self) -> BoardLimits {
        self.limits
    }

    /// Sets how much may be held from now on. What is held already stays, even beyond a lower limit.
    pub fn set_limits(&mut self, limits: BoardLimits) {
        self.limits = limits;
    }

    /// The digest of all entries of a kind, tombstones included.
    #[must_use]
    pub fn digest(&self, kind: Kind) -> Digest {
        *self.digests.of(kind)
    }

    /// Of the subjects that may be told, those with the names most like `name`, for "did you mean": the likest first,
    /// and before all of which only an end is remembered. Looks at no more than 10,000 subjects.
    #[must_use]
    pub fn nearest(
        &self,
        name: &str,
        most: usize,
        may_be_told: impl Fn(&Subject) -> bool,
    ) -> Vec<Subject> {
        let subjects = self.subjects.iter_from(0).map(|(_, entries)| entries);
        let subjects = subjects.map(|entries| (&entries.subject, entries.is_lit()));
        nearest::nearest(name, subjects, most, may_be_told)
    }

    /// Bytes of memory held, without the names; walks the whole board.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let spilled = self.subjects.iter_from(0).map(|(_, entries)| entries.spilled_bytes());
        let tombstone = size_of::<(Revision, SubjectId, OriginId)>();
        self.subjects.bytes()
            + spilled.sum::<usize>()
            + self.origins.bytes()
            + self.tombstones.len() * tombstone
    }
}
