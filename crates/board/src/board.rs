//! The board: all that is known, one entry for each (subject, origin). It takes words in, refuses
//! the old ones, and tells what changed; it never drops an entry on its own.

mod entries;
mod speakers;
mod view;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cachable::Cachable;
use crate::change::Change;
use crate::digest::{Digest, Mark};
use crate::kind::Kind;
use crate::nearest;
use crate::origin::{Origin, OriginId};
use crate::revision::Revision;
use crate::slots::Slots;
use crate::statement::Statement;
use crate::subject::{Subject, SubjectId};
use crate::value::{Standing, Value};
use crate::version::Version;
use crate::wall::Wall;
use entries::{Entries, Entry};
use speakers::Speakers;
pub use view::{Fact, SubjectFacts};

/// How much a board may hold. At a limit new things are refused; what is held can still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries: facts and tombstones together.
    pub entries: usize,
    /// Origins.
    pub origins: usize,
}

/// How much a board holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Subjects with at least one entry.
    pub subjects: usize,
    /// Live device states.
    pub devices: usize,
    /// Live mailboxes.
    pub mailboxes: usize,
    /// Tombstones of both kinds.
    pub tombstones: usize,
    /// Origins, with or without entries.
    pub origins: usize,
}

/// What became of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is news.
    Changed(Change),
    /// The origin had said the same already; nobody needs to hear it.
    Repeat,
}

/// Why a word was not taken. The board is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A mailbox's value for a device, or the other way round.
    #[error("{subject} cannot have the value {value}")]
    WrongKind {
        /// What it was about.
        subject: Subject,
        /// What was said.
        value: Value,
    },
    /// The origin is not (or no longer) on this board.
    #[error("no origin has the number {}", .0.index())]
    UnknownOrigin(OriginId),
    /// Whoever says this has lost the origin to another holder.
    #[error("version {said} is of an epoch before {epoch}, the origin's present one")]
    OldEpoch {
        /// The version of the word.
        said: Version,
        /// The origin's epoch.
        epoch: u32,
    },
    /// The board knows better already.
    #[error("version {said} is not newer than {held}, which is on the board")]
    Stale {
        /// The version of the word.
        said: Version,
        /// The version on the board.
        held: Version,
    },
    /// There is nothing that could be withdrawn.
    #[error("the origin has no fact there")]
    NotHeld,
    /// [`Limits::entries`] is reached.
    #[error("the board is full: it holds {limit} facts and tombstones")]
    Full {
        /// The limit.
        limit: usize,
    },
}

/// [`Limits::origins`] is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the board knows {limit} origins already, which is its limit")]
pub struct OriginsFull {
    /// The limit.
    pub limit: usize,
}

/// All facts and tombstones of one node.
pub struct Board {
    subjects: Slots<Entries>,
    speakers: Speakers,
    /// Oldest first.
    tombstones: BTreeSet<(Revision, SubjectId, OriginId)>,
    live: PerKind<usize>,
    digests: PerKind<Digest>,
    revision: Revision,
    limits: Limits,
}

/// One value for each kind.
#[derive(Default)]
struct PerKind<T> {
    device: T,
    mailbox: T,
}

// === impl Limits ===

impl Default for Limits {
    /// Twice the scale that the product is made for (1,000,000 facts in a cluster).
    fn default() -> Self {
        Self { entries: 2_000_000, origins: 65_536 }
    }
}

// === impl Board: words ===

impl Board {
    /// An empty board. Takes no memory to speak of until there are facts.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            subjects: Slots::new(),
            speakers: Speakers::new(),
            tombstones: BTreeSet::new(),
            live: PerKind::default(),
            digests: PerKind::default(),
            revision: Revision::ZERO,
            limits,
        }
    }

    /// Takes in what an origin says. A repeat is remembered as heard in its epoch and changes
    /// nothing else. A mailbox's count that another origin has overruled since is no repeat: it is
    /// the newest arrival again.
    ///
    /// # Errors
    /// When the word is older than what is known, or has no place here ([`Refused`]).
    pub fn apply(&mut self, said: &Statement) -> Result<Applied, Refused> {
        self.check_epoch(said)?;
        self.take(said, self.revision.next())
    }

    /// Takes in what the board of this node held before a restart, or what another node's board
    /// holds: a word of an older epoch is taken too, if nothing newer is held. The board's own
    /// revision goes on from the highest one restored.
    ///
    /// # Errors
    /// When the board holds something newer already, or the word has no place here ([`Refused`]).
    pub fn restore(&mut self, said: &Statement, revision: Revision) -> Result<Applied, Refused> {
        self.take(said, revision)
    }

    /// Ends a fact: a tombstone takes its place.
    ///
    /// # Errors
    /// When nothing is held there, or the version is not newer than what is ([`Refused`]).
    pub fn withdraw(
        &mut self,
        subject_id: SubjectId,
        origin: OriginId,
        version: Version,
        at: Wall,
    ) -> Result<Applied, Refused> {
        let fact = self.fact(subject_id, origin).ok_or(Refused::NotHeld)?;
        let said = Statement {
            subject: fact.subject.clone(),
            origin,
            standing: Standing::Withdrawn,
            version,
            said_at: at,
            door: fact.door,
        };
        self.apply(&said)
    }

    /// Gives a state that may not be kept its place in the order of changes, and keeps nothing.
    ///
    /// # Errors
    /// When the word is of an old epoch or has no place here ([`Refused`]).
    pub fn pass_by(&mut self, said: &Statement) -> Result<Change, Refused> {
        check_kind(said)?;
        self.check_epoch(said)?;
        let lamp = self.aggregate(&said.subject);
        let origin = Arc::clone(&self.speaker(said.origin)?.origin);
        self.revision = self.revision.next();
        Ok(Change {
            revision: self.revision,
            subject_id: None,
            subject: said.subject.clone(),
            origin,
            standing: said.standing,
            was: None,
            lamp,
            lamp_was: lamp,
            version: said.version,
            said_at: said.said_at,
            door: said.door,
            cachable: Cachable::No,
        })
    }

    /// Drops a tombstone that everybody has been sent. Says whether there was one: a live fact
    /// stays.
    pub fn forget(&mut self, subject_id: SubjectId, origin: OriginId) -> bool {
        let Some(entries) = self.subjects.get_mut(subject_id.0) else { return false };
        if entries.of(origin).is_none_or(|entry| entry.standing.is_live()) {
            return false;
        }
        let Some(entry) = entries.remove(origin) else { return false };
        let subject = entries.subject.clone();
        if entries.is_empty() {
            self.subjects.remove(subject_id.0);
        }
        self.uncount(subject_id, &subject, &entry);
        if let Some(speaker) = self.speakers.get_mut(origin) {
            speaker.subjects.remove(&subject_id);
        }
        true
    }

    /// The revision of the latest change.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Lets the next change have a revision after this one, when the store remembers a higher one
    /// than its facts have.
    pub fn advance_to(&mut self, revision: Revision) {
        self.revision = self.revision.max(revision);
    }

    fn check_epoch(&self, said: &Statement) -> Result<(), Refused> {
        let epoch = self.speaker(said.origin)?.epoch;
        if said.version.epoch < epoch {
            return Err(Refused::OldEpoch { said: said.version, epoch });
        }
        Ok(())
    }

    fn take(&mut self, said: &Statement, revision: Revision) -> Result<Applied, Refused> {
        check_kind(said)?;
        self.speaker(said.origin)?;
        let place = self.subjects.find(&said.subject);
        let held = place.and_then(|place| self.subjects.get_mut(place));
        let is_new = match held {
            Some(entries) => match weigh(said, entries)? {
                News::Repeat => return Ok(Applied::Repeat),
                News::Change => false,
                News::First => true,
            },
            None => true,
        };
        if is_new && self.entry_count() >= self.limits.entries {
            return Err(Refused::Full { limit: self.limits.entries });
        }
        self.put(said, revision).map(Applied::Changed)
    }

    fn put(&mut self, said: &Statement, revision: Revision) -> Result<Change, Refused> {
        let full = Refused::Full { limit: self.limits.entries };
        let place = match self.subjects.find(&said.subject) {
            Some(place) => place,
            None => self.subjects.insert(Entries::new(said.subject.clone())).ok_or(full.clone())?,
        };
        let subject_id = SubjectId(place);
        let speaker =
            self.speakers.get_mut(said.origin).ok_or(Refused::UnknownOrigin(said.origin))?;
        speaker.epoch = speaker.epoch.max(said.version.epoch);
        speaker.subjects.insert(subject_id);
        let origin = Arc::clone(&speaker.origin);

        let entries = self.subjects.get_mut(place).ok_or(full)?;
        // The subject's own name, so that all changes and history share one text.
        let subject = entries.subject.clone();
        let entry = Entry::of(said, revision);
        let lamp_was = entries.lamp();
        let before = entries.put(entry);
        let lamp = entries.lamp();

        if let Some(before) = &before {
            self.uncount(subject_id, &subject, before);
        }
        self.count(subject_id, &subject, &entry);
        self.revision = self.revision.max(revision);
        Ok(Change {
            revision,
            subject_id: Some(subject_id),
            subject,
            origin,
            standing: said.standing,
            was: before.map(|entry| entry.standing),
            lamp,
            lamp_was,
            version: said.version,
            said_at: said.said_at,
            door: said.door,
            cachable: Cachable::Yes,
        })
    }

    fn count(&mut self, subject_id: SubjectId, subject: &Subject, entry: &Entry) {
        if entry.standing.is_live() {
            *self.live.of_mut(subject.kind()) += 1;
        } else {
            self.tombstones.insert((entry.revision, subject_id, entry.origin));
        }
        if let Some(mark) = self.mark(subject, entry) {
            self.digests.of_mut(subject.kind()).add(mark);
        }
    }

    fn uncount(&mut self, subject_id: SubjectId, subject: &Subject, entry: &Entry) {
        if entry.standing.is_live() {
            *self.live.of_mut(subject.kind()) -= 1;
        } else {
            self.tombstones.remove(&(entry.revision, subject_id, entry.origin));
        }
        if let Some(mark) = self.mark(subject, entry) {
            self.digests.of_mut(subject.kind()).remove(mark);
        }
    }

    fn mark(&self, subject: &Subject, entry: &Entry) -> Option<Mark> {
        let origin = &self.speakers.get(entry.origin)?.origin;
        Some(Mark::of(subject, origin, entry.standing, entry.version))
    }

    fn speaker(&self, origin: OriginId) -> Result<&speakers::Speaker, Refused> {
        self.speakers.get(origin).ok_or(Refused::UnknownOrigin(origin))
    }

    fn entry_count(&self) -> usize {
        self.live.device + self.live.mailbox + self.tombstones.len()
    }
}

/// What a word is beside what is held of its subject.
enum News {
    First,
    Change,
    Repeat,
}

fn weigh(said: &Statement, entries: &mut Entries) -> Result<News, Refused> {
    let overruled = said.subject.kind() == Kind::Mailbox && !entries.is_newest_live(said.origin);
    let Some(held) = entries.of_mut(said.origin) else { return Ok(News::First) };
    let stale = Refused::Stale { said: said.version, held: held.version };
    if said.version < held.version {
        return Err(stale);
    }
    let same = said.standing == held.standing;
    let newest = !(overruled && held.standing.is_live());
    if same && (newest || said.version == held.version) {
        held.heard = held.heard.max(said.version.epoch);
        return Ok(News::Repeat);
    }
    if said.version == held.version { Err(stale) } else { Ok(News::Change) }
}

fn check_kind(said: &Statement) -> Result<(), Refused> {
    match said.standing.live() {
        Some(value) if value.kind() != said.subject.kind() => {
            Err(Refused::WrongKind { subject: said.subject.clone(), value })
        }
        _ => Ok(()),
    }
}

// === impl Board: origins ===

impl Board {
    /// The place of an origin, which is given one if it is new.
    ///
    /// # Errors
    /// When the origin is new and [`Limits::origins`] is reached.
    pub fn origin_id(&mut self, origin: &Origin) -> Result<OriginId, OriginsFull> {
        if let Some(id) = self.speakers.find(origin) {
            return Ok(id);
        }
        let full = OriginsFull { limit: self.limits.origins };
        if self.speakers.len() >= self.limits.origins {
            return Err(full);
        }
        self.speakers.insert(origin.clone()).ok_or(full)
    }

    /// The place of an origin that the board knows.
    #[must_use]
    pub fn find_origin(&self, origin: &Origin) -> Option<OriginId> {
        self.speakers.find(origin)
    }

    /// The origin at a place.
    #[must_use]
    pub fn origin(&self, id: OriginId) -> Option<&Arc<Origin>> {
        Some(&self.speakers.get(id)?.origin)
    }

    /// Every origin, with or without entries.
    pub fn origins(&self) -> impl Iterator<Item = (OriginId, &Arc<Origin>)> {
        self.speakers.iter().map(|(id, speaker)| (id, &speaker.origin))
    }

    /// The origin's epoch: the highest one that [`Board::raise_epoch`] or a fact has named.
    #[must_use]
    pub fn epoch(&self, id: OriginId) -> Option<u32> {
        Some(self.speakers.get(id)?.epoch)
    }

    /// From now on, words of this origin from an older epoch are refused. A lower number than the
    /// present one changes nothing.
    pub fn raise_epoch(&mut self, id: OriginId, epoch: u32) {
        if let Some(speaker) = self.speakers.get_mut(id) {
            speaker.epoch = speaker.epoch.max(epoch);
        }
    }

    /// Drops an origin that has no entries. Says whether it did.
    pub fn forget_origin(&mut self, id: OriginId) -> bool {
        let free = self.speakers.get(id).is_some_and(|speaker| speaker.subjects.is_empty());
        if free {
            self.speakers.remove(id);
        }
        free
    }
}

// === impl Board: questions ===

impl Board {
    /// The place of a subject that has an entry.
    #[must_use]
    pub fn find(&self, subject: &Subject) -> Option<SubjectId> {
        self.subjects.find(subject).map(SubjectId)
    }

    /// What is held at a place.
    #[must_use]
    pub fn subject(&self, id: SubjectId) -> Option<SubjectFacts<'_>> {
        Some(SubjectFacts::new(self, id, self.subjects.get(id.0)?))
    }

    /// What is held of a subject.
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

    /// Everything of one origin, tombstones included, in no order.
    pub fn facts_of(&self, origin: OriginId) -> impl Iterator<Item = Fact<'_>> {
        let speaker = self.speakers.get(origin);
        let subjects = speaker.into_iter().flat_map(|speaker| &speaker.subjects);
        subjects.filter_map(move |subject| self.fact(*subject, origin))
    }

    /// The tombstones, the oldest first.
    pub fn tombstones(&self) -> impl Iterator<Item = Fact<'_>> {
        self.tombstones.iter().filter_map(|(_, subject, origin)| self.fact(*subject, *origin))
    }

    /// How much is held.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            subjects: self.subjects.len(),
            devices: self.live.device,
            mailboxes: self.live.mailbox,
            tombstones: self.tombstones.len(),
            origins: self.speakers.len(),
        }
    }

    /// How much may be held.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The digest of all entries of a kind, tombstones included.
    #[must_use]
    pub fn digest(&self, kind: Kind) -> Digest {
        *self.digests.of(kind)
    }

    /// The subjects with the names most like `name`, the likest first, for "did you mean". Looks
    /// at no more than 10,000 subjects.
    #[must_use]
    pub fn nearest(&self, name: &str, most: usize) -> Vec<Subject> {
        let subjects = self.subjects.iter_from(0).map(|(_, entries)| &entries.subject);
        nearest::nearest(name, subjects, most)
    }

    /// Bytes of memory held, without the names; walks the whole board.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let spilled = self.subjects.iter_from(0).map(|(_, entries)| entries.spilled_bytes());
        let tombstone = size_of::<(Revision, SubjectId, OriginId)>();
        self.subjects.bytes()
            + spilled.sum::<usize>()
            + self.speakers.bytes()
            + self.tombstones.len() * tombstone
    }
}

// === impl PerKind ===

impl<T> PerKind<T> {
    fn of(&self, kind: Kind) -> &T {
        match kind {
            Kind::DeviceState => &self.device,
            Kind::Mailbox => &self.mailbox,
        }
    }

    fn of_mut(&mut self, kind: Kind) -> &mut T {
        match kind {
            Kind::DeviceState => &mut self.device,
            Kind::Mailbox => &mut self.mailbox,
        }
    }
}
