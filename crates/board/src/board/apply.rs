//! What origins say, on its way onto the board: what is old is refused, what was said already
//! costs nothing, and all else is counted, kept and told.

use std::cmp::Ordering;
use std::sync::Arc;

use super::Board;
use super::entries::{Entries, Entry};
use super::known_origins::KnownOrigin;
use crate::cachable::Cachable;
use crate::change::Change;
use crate::digest::Mark;
use crate::fact_state::FactState;
use crate::kind::{Value, ValueError};
use crate::origin::OriginId;
use crate::revision::Revision;
use crate::statement::Statement;
use crate::subject::{Subject, SubjectId};

use crate::version::Version;
use crate::wall_time::WallTime;

/// What became of a statement that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is new to the board: everybody who watches is to hear the change.
    Changed(Change),
    /// The origin had said the same already; nobody needs to hear it.
    Repeat,
}

/// Why a statement was not taken. The board is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A value of another kind than the subject's.
    #[error("{subject} cannot have the value {value}")]
    WrongKind {
        /// The subject, whose kind decides which values fit.
        subject: Subject,
        /// The value that does not fit.
        value: Value,
    },
    /// The value is beyond the limits of its kind.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The origin is not (or no longer) on this board.
    #[error("no origin has the number {}", .0.index())]
    UnknownOrigin(OriginId),
    /// Whoever says this has lost the origin to another holder.
    #[error("version {said} is of an epoch before {epoch}, the origin's present one")]
    OldEpoch {
        /// The version of the statement that was refused.
        said: Version,
        /// The present epoch of the origin; statements need this one or a later one.
        epoch: u32,
    },
    /// The board holds the same version or a newer one of this fact.
    #[error("version {said} is not newer than {held}, which is on the board")]
    Stale {
        /// The version of the statement that was refused.
        said: Version,
        /// The version that the board holds.
        held: Version,
    },
    /// A withdrawal of something that the origin has not said, or that has ended already.
    #[error("the origin has no fact there")]
    NotHeld,
    /// A new fact, while [`BoardLimits::entries`](crate::BoardLimits::entries) is reached.
    #[error("the board is full: it holds {limit} facts and tombstones")]
    Full {
        /// The most entries: facts and tombstones together.
        limit: usize,
    },
}

// === impl Board ===

impl Board {
    /// Takes in what an origin says. A repeat is remembered as heard in its epoch and changes
    /// nothing else. A mailbox's count that another origin has overruled since is no repeat: it is
    /// the newest arrival again.
    ///
    /// # Errors
    /// When the statement is older than what is known, or has no place here ([`Refused`]).
    pub fn apply(&mut self, said: &Statement) -> Result<Applied, Refused> {
        self.check_epoch(said)?;
        self.take(said, self.revision.next(), self.limits.entries, true)
    }

    /// The same for what an origin says again because its line was lost, not because it counts anew:
    /// what it has said already is a repeat also where another origin has overruled it since.
    ///
    /// # Errors
    /// As [`Board::apply`].
    pub fn apply_again(&mut self, said: &Statement) -> Result<Applied, Refused> {
        self.check_epoch(said)?;
        self.take(said, self.revision.next(), self.limits.entries, false)
    }

    /// Takes in what is left of a fact of which something has ended by itself. Nobody has said it, so it is no proof
    /// that its origin still means the rest.
    ///
    /// # Errors
    /// As [`Board::apply`].
    pub fn lessen(&mut self, left: &Statement) -> Result<Applied, Refused> {
        let place = self.subjects.find(&left.subject).ok_or(Refused::NotHeld)?;
        let held = self.subjects.get(place).and_then(|entries| entries.of(left.origin));
        let heard = held.ok_or(Refused::NotHeld)?.heard;
        let applied = self.apply(left)?;
        let entry = self.subjects.get_mut(place).and_then(|entries| entries.of_mut(left.origin));
        if let Some(entry) = entry {
            entry.heard = heard;
        }
        Ok(applied)
    }

    /// Takes in what the board of this node held before a restart, or what another node's board
    /// holds: a statement of an older epoch is taken too, if nothing newer is held. The board's own
    /// revision goes on from the highest one restored. No limit is applied: what was held under
    /// a larger one stays.
    ///
    /// # Errors
    /// When the board holds something newer already, or the word has no place here ([`Refused`]).
    pub fn restore(&mut self, said: &Statement, revision: Revision) -> Result<Applied, Refused> {
        self.take(said, revision, usize::MAX, true)
    }

    /// Ends a fact: a tombstone takes its place, or UNAVAILABLE, which says why.
    ///
    /// # Errors
    /// When nothing is held there, or the version is not newer than what is ([`Refused`]).
    pub fn withdraw(
        &mut self,
        subject_id: SubjectId,
        origin: OriginId,
        version: Version,
        end: FactState,
        at: WallTime,
    ) -> Result<Applied, Refused> {
        let fact = self.fact(subject_id, origin).ok_or(Refused::NotHeld)?;
        let said = Statement {
            subject: fact.subject.clone(),
            origin,
            state: end,
            version,
            said_at: at,
            protocol: fact.protocol,
        };
        self.apply(&said)
    }

    /// Gives a state that may not be kept its place in the order of changes, and keeps nothing.
    ///
    /// # Errors
    /// When the statement is of an old epoch or has no place here ([`Refused`]).
    pub fn pass_by(&mut self, said: &Statement) -> Result<Change, Refused> {
        check_value(said)?;
        self.check_epoch(said)?;
        let lamp = self.aggregate(&said.subject);
        let origin = Arc::clone(&self.known(said.origin)?.origin);
        self.raise_epoch(said.origin, said.version.epoch);
        self.revision = self.revision.next();
        Ok(Change {
            revision: self.revision,
            subject_id: None,
            subject: said.subject.clone(),
            origin,
            state: said.state.clone(),
            was: None,
            lamp: lamp.clone(),
            lamp_was: lamp,
            version: said.version,
            said_at: said.said_at,
            protocol: said.protocol,
            cachable: Cachable::No,
        })
    }

    /// Drops a tombstone that everybody has been sent. Says whether there was one: a live fact
    /// stays.
    pub fn forget(&mut self, subject_id: SubjectId, origin: OriginId) -> bool {
        let Some(entries) = self.subjects.get_mut(subject_id.0) else { return false };
        if entries.of(origin).is_none_or(|entry| entry.state.is_live()) {
            return false;
        }
        let Some(entry) = entries.remove(origin) else { return false };
        let subject = entries.subject.clone();
        if entries.is_empty() {
            self.subjects.remove(subject_id.0);
        }
        self.uncount(subject_id, &subject, &entry);
        if let Some(known) = self.origins.get_mut(origin) {
            known.subjects.remove(&subject_id);
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
        let epoch = self.known(said.origin)?.epoch;
        if said.version.epoch < epoch {
            return Err(Refused::OldEpoch { said: said.version, epoch });
        }
        Ok(())
    }

    fn take(
        &mut self,
        said: &Statement,
        revision: Revision,
        most: usize,
        is_anew: bool,
    ) -> Result<Applied, Refused> {
        check_value(said)?;
        self.known(said.origin)?;
        let place = self.subjects.find(&said.subject);
        let placed = self.placed(said, place);
        let said = placed.as_ref().unwrap_or(said);
        let held = place.and_then(|place| self.subjects.get_mut(place));
        let is_new = match held {
            Some(entries) => match weigh(said, entries, is_anew)? {
                News::Repeat => {
                    self.raise_epoch(said.origin, said.version.epoch);
                    return Ok(Applied::Repeat);
                }
                News::Change => false,
                News::First => true,
            },
            None => true,
        };
        if is_new && self.entry_count() >= most {
            return Err(Refused::Full { limit: most });
        }
        self.put(said, revision).map(Applied::Changed)
    }

    /// The statement with what only the board can add to its value, where the kind has something of that sort.
    fn placed(&self, said: &Statement, place: Option<u32>) -> Option<Statement> {
        let value = said.state.live()?;
        let entries = || place.and_then(|place| self.subjects.get(place)).into_iter();
        let all = || entries().flat_map(Entries::iter);
        let held = all().find(|entry| entry.origin == said.origin);
        let held = held.and_then(|entry| entry.state.live());
        let others = all().filter(|entry| entry.origin != said.origin);
        let placed = value.placed(held, others.filter_map(|entry| entry.state.live()))?;
        Some(Statement { state: FactState::Live(placed), ..said.clone() })
    }

    fn put(&mut self, said: &Statement, revision: Revision) -> Result<Change, Refused> {
        let full = Refused::Full { limit: self.limits.entries };
        let place = match self.subjects.find(&said.subject) {
            Some(place) => place,
            None => self.subjects.insert(Entries::new(said.subject.clone())).ok_or(full.clone())?,
        };
        let subject_id = SubjectId(place);
        let known = self.origins.get_mut(said.origin).ok_or(Refused::UnknownOrigin(said.origin))?;
        known.epoch = known.epoch.max(said.version.epoch);
        let origin = Arc::clone(&known.origin);

        let entries = self.subjects.get_mut(place).ok_or(full)?;
        // The subject's own name, so that all changes and history share one text.
        let subject = entries.subject.clone();
        let lamp_was = entries.lamp();
        let before = entries.put(Entry::of(said, revision));
        let lamp = entries.lamp();
        if before.is_none() {
            known.subjects.insert(subject_id);
        }

        if let Some(before) = &before {
            self.uncount(subject_id, &subject, before);
        }
        self.count(subject_id, &subject, &Entry::of(said, revision));
        match (&lamp_was, &lamp) {
            (None, Some(_)) => self.lamps += 1,
            (Some(_), None) => self.lamps -= 1,
            _ => {}
        }
        self.revision = self.revision.max(revision);
        Ok(Change {
            revision,
            subject_id: Some(subject_id),
            subject,
            origin,
            state: said.state.clone(),
            was: before.map(|entry| entry.state),
            lamp,
            lamp_was,
            version: said.version,
            said_at: said.said_at,
            protocol: said.protocol,
            cachable: Cachable::Yes,
        })
    }

    fn count(&mut self, subject_id: SubjectId, subject: &Subject, entry: &Entry) {
        if entry.state.is_live() {
            *self.live.of_mut(subject.kind()) += 1;
            self.live_total += 1;
        } else {
            self.tombstones.insert((entry.revision, subject_id, entry.origin));
        }
        if let Some(mark) = self.mark(subject, entry) {
            self.digests.of_mut(subject.kind()).add(mark);
        }
    }

    fn uncount(&mut self, subject_id: SubjectId, subject: &Subject, entry: &Entry) {
        if entry.state.is_live() {
            *self.live.of_mut(subject.kind()) -= 1;
            self.live_total -= 1;
        } else {
            self.tombstones.remove(&(entry.revision, subject_id, entry.origin));
        }
        if let Some(mark) = self.mark(subject, entry) {
            self.digests.of_mut(subject.kind()).remove(mark);
        }
    }

    fn mark(&self, subject: &Subject, entry: &Entry) -> Option<Mark> {
        let origin = &self.origins.get(entry.origin)?.origin;
        Some(Mark::of(subject, origin, &entry.state, entry.version()))
    }

    fn known(&self, origin: OriginId) -> Result<&KnownOrigin, Refused> {
        self.origins.get(origin).ok_or(Refused::UnknownOrigin(origin))
    }

    fn entry_count(&self) -> usize {
        self.live_total + self.tombstones.len()
    }
}

/// How a statement compares with what is held of its subject.
enum News {
    First,
    Change,
    Repeat,
}

fn weigh(said: &Statement, entries: &mut Entries, is_anew: bool) -> Result<News, Refused> {
    let overruled = is_anew && overruled(said, entries);
    let Some(held) = entries.of_mut(said.origin) else { return Ok(News::First) };
    let same = said.state.repeats(&held.state);
    match said.version.cmp(&held.version()) {
        Ordering::Greater if !same || overruled => Ok(News::Change),
        Ordering::Equal | Ordering::Greater if same => {
            held.heard = held.heard.max(said.version.epoch);
            // Its deadlines may be others.
            held.state = said.state.clone();
            Ok(News::Repeat)
        }
        _ => Err(Refused::Stale { said: said.version, held: held.version() }),
    }
}

/// Whether another origin's newer statement keeps this value off the lamp.
fn overruled(said: &Statement, entries: &Entries) -> bool {
    let value = said.state.live().filter(|value| value.kind().newest_wins());
    value.is_some_and(|value| !entries.lamp().is_some_and(|lamp| value.repeats(&lamp)))
}

fn check_value(said: &Statement) -> Result<(), Refused> {
    match said.state.live() {
        Some(value) if value.kind() != said.subject.kind() => {
            Err(Refused::WrongKind { subject: said.subject.clone(), value: value.clone() })
        }
        Some(value) => Ok(value.check()?),
        None => Ok(()),
    }
}
