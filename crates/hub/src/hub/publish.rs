//! A connection says something: the hot path of the hub.

use lampfield_board::{
    Applied, Cachable, Change, Ending, Fact, FactState, Identity, Origin, OriginId, Statement,
    Subject, kind::Filing,
};
use lampfield_fabric::Bucket;
use smallvec::SmallVec;

use super::Hub;
use crate::{
    connections::ConnId,
    keys,
    now::Now,
    origins::OriginState,
    policy::Policy,
    publication::{Outcome, Publication, Refusal},
    reached_limit::ReachedLimit,
    refusals::Noted,
    stored::{FactRow, json},
};

impl Hub {
    /// A connection says something under one of its identities. The first time it speaks under one,
    /// the origin (its account, the identity) begins a new epoch; if it had been lost, what it said
    /// before must now be repeated within the grace.
    ///
    /// # Errors
    /// When the connection is unknown or a limit is reached ([`Refusal`]).
    pub fn publish(
        &mut self,
        conn: ConnId,
        said: Publication,
        now: Now,
    ) -> Result<Outcome, Refusal> {
        let identity = said.identity.clone();
        let became = self.take(conn, said, now);
        if let Err(refusal) = &became {
            self.note_refused(conn, identity, refusal, now);
        }
        self.tally.count(&became);
        became
    }

    /// Whether a connection has said something about a subject under one of its identities that stands.
    #[must_use]
    pub fn holds(&self, conn: ConnId, identity: &Identity, subject: &Subject) -> bool {
        let spoken = self.connections.get(conn).map(|connection| &connection.speaks_for);
        let origin = spoken.into_iter().flatten().find(|(known, _)| known == identity);
        let fact = origin.and_then(|(_, id)| self.board.get(subject)?.of(*id));
        fact.is_some_and(|fact| fact.state.is_live())
    }

    /// The key under which what a connection says about a subject is stored.
    #[must_use]
    pub fn key_of(&self, conn: ConnId, identity: &Identity, subject: &Subject) -> Option<String> {
        let account = self.connections.get(conn)?.account.clone();
        Some(keys::fact(&self.name, subject, &Origin::new(account, identity.clone())))
    }

    /// A door has refused something itself, which nobody could say here: it counts with what the hub
    /// refuses.
    pub fn count_refused(&mut self) {
        self.tally.refused += 1;
    }

    /// A limit kept a fact out: people should know.
    #[cold]
    fn note_refused(&mut self, conn: ConnId, identity: Identity, refusal: &Refusal, now: Now) {
        let Some(reached) = ReachedLimit::of(refusal) else { return };
        let Some(connection) = self.connections.get(conn) else { return };
        let origin = Origin::new(connection.account.clone(), identity);
        match self.refusals.note(reached, &origin, now) {
            Some(Noted::First(trouble)) => self.outbox.raise(trouble),
            Some(Noted::Again(trouble)) => self.outbox.update(trouble),
            None => {}
        }
    }

    fn take(&mut self, conn: ConnId, said: Publication, now: Now) -> Result<Outcome, Refusal> {
        if self.connections.get(conn).is_none() {
            return Err(Refusal::UnknownConnection(conn));
        }
        if self.is_ignored(&said.subject) {
            return Ok(Outcome::Ignored);
        }
        let origin = self.origin_for(conn, &said.identity, now)?;
        self.take_of(origin, said, now)
    }

    /// Whether what is said about a subject is neither kept nor passed on.
    pub(super) fn is_ignored(&self, subject: &Subject) -> bool {
        self.settings.policies.of(subject) == Policy::Ignore
    }

    /// Takes what an origin says, which has begun its epoch.
    pub(super) fn take_of(
        &mut self,
        origin: OriginId,
        said: Publication,
        now: Now,
    ) -> Result<Outcome, Refusal> {
        self.origins.update(origin, |state| state.last_word = Some(now));
        let (cachable, is_again) = (said.cachable, said.is_again);
        let statement = self.statement(origin, said, now);
        match cachable {
            Cachable::Yes => {
                let became = self.hold(&statement, is_again, now)?;
                self.end_namesakes(&statement, now);
                Ok(became)
            }
            Cachable::No => self.pass_on(&statement),
        }
    }

    fn statement(&self, origin: OriginId, said: Publication, now: Now) -> Statement {
        let state = self.origins.get(origin);
        Statement {
            subject: said.subject,
            origin,
            state: FactState::Live(said.value),
            version: state.map(|state| state.next_version()).unwrap_or_default(),
            said_at: now.wall,
            protocol: said.protocol,
        }
    }

    fn pass_on(&mut self, statement: &Statement) -> Result<Outcome, Refusal> {
        let change = self.board.pass_by(statement)?;
        self.note_version(statement);
        self.outbox.told(change);
        Ok(Outcome::PassedOn)
    }

    fn hold(
        &mut self,
        statement: &Statement,
        is_again: bool,
        now: Now,
    ) -> Result<Outcome, Refusal> {
        let held = self.held(statement).map(|fact| (fact.state.is_live(), fact.revision));
        if !held.is_some_and(|(is_live, _)| is_live) {
            self.check_room(statement.origin)?;
        }
        let applied = match is_again {
            true => self.board.apply_again(statement),
            false => self.board.apply(statement),
        };
        let Applied::Changed(change) = applied? else {
            self.renew(statement, now);
            return Ok(Outcome::Repeat);
        };
        self.note_version(statement);
        match held {
            // Also where UNAVAILABLE stood in for it.
            Some((true, _)) => {}
            Some((false, revision)) => {
                self.tombstones.remove(statement.subject.kind(), revision);
                self.count(statement.origin, 1, -1);
            }
            None => self.count(statement.origin, 1, 0),
        }
        self.watch_deadline(&change, now);
        self.persist_fact(&change);
        self.tell(change);
        Ok(Outcome::Changed)
    }

    /// Where peers keep one value per EID: once a PBX speaks with another account, what is
    /// left under the old one shows on no peer any more, so it ends.
    fn end_namesakes(&mut self, statement: &Statement, now: Now) {
        if !self.origins.get(statement.origin).is_some_and(OriginState::is_exclusive) {
            return;
        }
        let others = self.origins.namesakes(statement.origin);
        let silent = others.filter(|(_, other)| !other.attached() && other.is_exclusive());
        let silent: SmallVec<[OriginId; 1]> = silent.map(|(id, _)| id).collect();
        if silent.is_empty() || statement.subject.kind().filing() == Filing::BySubject {
            return;
        }
        let Some(place) = self.board.find(&statement.subject) else { return };
        for id in silent {
            if self.withdraw(place, id, Ending::Superseded, now) {
                self.trim_tombstones();
                self.settle(id);
            }
        }
    }

    /// In this order: a crash between the two leaves both, and the newer version wins.
    pub(super) fn persist_fact(&mut self, change: &Change) {
        let key = keys::fact(&self.name, &change.subject, &change.origin);
        let row = json(&FactRow::of(change));
        if matches!(change.was, Some(FactState::Withdrawn(_))) {
            self.outbox.put(Bucket::Facts, key.clone(), row);
            self.outbox.delete(Bucket::Tombstones, key);
        } else {
            self.outbox.put(Bucket::Facts, key, row);
        }
    }

    fn held(&self, statement: &Statement) -> Option<Fact<'_>> {
        self.board.get(&statement.subject)?.of(statement.origin)
    }

    fn check_room(&self, origin: OriginId) -> Result<(), Refusal> {
        let limits = self.settings.limits;
        if self.board.live_facts() >= limits.facts {
            return Err(Refusal::TooManyFacts { limit: limits.facts });
        }
        match self.origins.get(origin) {
            Some(state) if state.facts >= limits.facts_per_origin => {
                Err(Refusal::TooManyFactsOfOrigin {
                    origin: state.name.clone(),
                    limit: limits.facts_per_origin,
                })
            }
            _ => Ok(()),
        }
    }

    fn note_version(&mut self, statement: &Statement) {
        self.origins.update(statement.origin, |state| state.version = statement.version);
    }

    /// Changes how many live facts and tombstones of an origin are on the board.
    pub(super) fn count(&mut self, origin: OriginId, facts: isize, tombstones: isize) {
        self.origins.update(origin, |state| {
            state.facts = state.facts.saturating_add_signed(facts);
            state.tombstones = state.tombstones.saturating_add_signed(tombstones);
        });
    }
}
