//! The end of a fact: a tombstone that is sent to whoever may still show it, and forgotten when
//! everybody has certainly received it.

use std::collections::{BTreeMap, BTreeSet};

use lampfield_board::{
    Applied, Cachable, Change, Ending, Fact, FactState, Kind, OriginId, Revision, SubjectFacts,
    SubjectId, Value, kind::Filing,
};
use lampfield_fabric::Bucket;
use smallvec::SmallVec;

use super::{FORGOTTEN_AT_ONCE, Hub};
use crate::{
    keys,
    notice::{Trouble, TroubleKey},
    now::Now,
    origins::OriginState,
    policy::Policy,
    stored::{FactRow, json},
    tombstones::Tombstone,
};

impl Hub {
    /// Ends one live fact. Says whether there was one. [`Hub::trim_tombstones`] is left to the
    /// caller, who may have more to end.
    pub(super) fn withdraw(
        &mut self,
        place: SubjectId,
        origin: OriginId,
        ending: Ending,
        now: Now,
    ) -> bool {
        let Some(state) = self.origins.get(origin) else { return false };
        let version = state.next_version();
        let end = self.end_of(place, ending);
        let withdrawn = self.board.withdraw(place, origin, version, end, now.wall);
        let Ok(Applied::Changed(change)) = withdrawn else { return false };
        self.origins.update(origin, |state| state.version = version);
        self.deadlines.forget(place, origin);
        if change.state.is_live() {
            self.persist_fact(&change);
        } else {
            self.bury_fact(place, origin, &change);
        }
        self.tell(change.clone());
        self.say_again(place, &change);
        true
    }

    /// What takes the place of a fact that ends. What is removed leaves nothing, and what another account says as well
    /// needs nothing.
    fn end_of(&self, place: SubjectId, ending: Ending) -> FactState {
        let for_good = matches!(
            ending,
            Ending::Removed
                | Ending::Superseded
                | Ending::Moved
                | Ending::Cleared
                | Ending::NotAllowed
        );
        let subject = self.board.subject(place).map(|facts| facts.subject());
        let policy = subject.map(|subject| self.settings.policies.of(subject));
        match policy {
            Some(Policy::Unavailable) if !for_good => FactState::Unavailable(ending),
            _ => FactState::Withdrawn(ending),
        }
    }

    /// Stores a withdrawal in the place of its fact, and remembers it until everybody has heard of it.
    fn bury_fact(&mut self, place: SubjectId, origin: OriginId, change: &Change) {
        self.count(origin, -1, 1);
        let tombstone = Tombstone { subject: place, origin };
        self.tombstones.insert(change.subject.kind(), change.revision, tombstone);
        let key = keys::fact(&self.name, &change.subject, &change.origin);
        // In this order: a crash between the two leaves both, and the newer version wins.
        self.outbox.put(Bucket::Tombstones, key.clone(), json(&FactRow::of(change)));
        self.outbox.delete(Bucket::Facts, key);
    }

    /// Where a peer files the fact that ended together with another one that is said, it has just
    /// been blinded: the other one is said again.
    fn say_again(&mut self, place: SubjectId, ended: &Change) {
        let Some(facts) = self.board.subject(place) else { return };
        let one_for_all = ended.subject.kind().filing() == Filing::BySubject;
        let same_drawer = |fact: &Fact<'_>| {
            fact.state.is_said() && (one_for_all || fact.origin.eid() == ended.origin.eid())
        };
        let Some(other) = facts.facts().filter(same_drawer).last() else { return };
        let revision = self.board.revision().next();
        let change = Change { revision, ..as_change(&other, facts.lamp()) };
        self.board.advance_to(revision);
        self.outbox.told(change);
    }

    /// What a peer that knows nothing must be sent about a subject, so that it shows what the board
    /// shows. Of what it files together, per identity or per subject as the kind says, only the
    /// newest that stands is told, or else the newest withdrawal.
    pub(crate) fn snapshot_of(
        &self,
        facts: SubjectFacts<'_>,
        files_by_identity: bool,
    ) -> SmallVec<[Change; 1]> {
        let one_for_all = facts.subject().kind().filing() == Filing::BySubject;
        let mut told: SmallVec<[Fact<'_>; 1]> = SmallVec::new();
        for fact in facts.facts() {
            let same = |other: &&mut Fact<'_>| {
                one_for_all || files_by_identity && other.origin.eid() == fact.origin.eid()
            };
            match told.iter_mut().find(same) {
                Some(older) if rank(older) > rank(&fact) => {}
                Some(older) => *older = fact,
                None => told.push(fact),
            }
        }
        told.iter().map(|fact| as_change(fact, facts.lamp())).collect()
    }

    /// Forgets the withdrawals that everybody who must know them has certainly received, and those
    /// beyond the limit. To be called when facts have ended or somebody has confirmed. A bounded
    /// piece of work: the rest is left to the next tick, which is then due at once.
    pub(super) fn trim_tombstones(&mut self) {
        let mut room = FORGOTTEN_AT_ONCE;
        for kind in Kind::ALL {
            room -= self.forget_confirmed(kind, room);
        }
        let limit = self.settings.limits.tombstones;
        if self.tombstones.len() > limit {
            room -= self.forget_beyond(limit, room);
        } else if self.tombstones.len() <= limit - limit / 10 {
            self.outbox.clear(&TroubleKey::TombstoneLimit);
        }
        self.forgetting = room == 0;
    }

    /// Says how many were forgotten, which is at most `most`.
    fn forget_confirmed(&mut self, kind: Kind, most: usize) -> usize {
        if self.tombstones.oldest(kind).is_none() {
            return 0;
        }
        let floor = self.readers.floor(kind);
        let mut forgotten = 0;
        while forgotten < most
            && let Some(oldest) = self.tombstones.oldest(kind)
            && floor.is_none_or(|floor| oldest <= floor)
        {
            self.forget(kind, oldest);
            forgotten += 1;
        }
        forgotten
    }

    /// At the limit the oldest withdrawals go, and people are told who may now show a dead fact.
    /// Says how many went, which is at most `most`.
    fn forget_beyond(&mut self, limit: usize, most: usize) -> usize {
        let mut gone = BTreeMap::new();
        let mut forgotten = 0;
        while forgotten < most
            && self.tombstones.len() > limit
            && let Some((oldest, kind)) = self.tombstones.oldest_of_all()
        {
            self.forget(kind, oldest);
            gone.insert(kind, oldest);
            forgotten += 1;
        }
        let newest_gone = gone.into_iter();
        let stale = newest_gone.flat_map(|(kind, newest)| self.readers.behind(kind, newest));
        let stale = BTreeSet::from_iter(stale).into_iter().collect();
        self.outbox.raise(Trouble::TombstoneLimit { limit, stale });
        forgotten
    }

    fn forget(&mut self, kind: Kind, revision: Revision) {
        let Some(tombstone) = self.tombstones.remove(kind, revision) else { return };
        let (place, origin) = (tombstone.subject, tombstone.origin);
        if let Some(fact) = self.board.fact(place, origin) {
            self.outbox
                .delete(Bucket::Tombstones, keys::fact(&self.name, fact.subject, fact.origin));
        }
        self.board.forget(place, origin);
        self.count(origin, 0, -1);
        if self.origins.get(origin).is_some_and(OriginState::idle) {
            self.settle(origin);
        }
    }
}

/// Of two facts that a peer files together, the one of the higher rank is told.
fn rank(fact: &Fact<'_>) -> u8 {
    u8::from(fact.state.is_live()) + u8::from(fact.state.is_said())
}

/// A fact as it is told to somebody who did not hear it when it was said.
pub(super) fn as_change(fact: &Fact<'_>, lamp: Option<Value>) -> Change {
    Change {
        revision: fact.revision,
        subject_id: Some(fact.subject_id),
        subject: fact.subject.clone(),
        origin: fact.origin.clone(),
        state: fact.state.clone(),
        was: Some(fact.state.clone()),
        lamp: lamp.clone(),
        lamp_was: lamp,
        version: fact.version,
        said_at: fact.said_at,
        protocol: fact.protocol,
        cachable: Cachable::Yes,
    }
}
