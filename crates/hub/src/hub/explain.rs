//! Every answer can be explained: the hub's part of `why`, and the lists people ask for.

use lampfield_board::{Fact, FactState, OriginId, Subject, Why};

use super::Hub;
use crate::{
    backoff::Backoff,
    notice::{Trouble, TroubleKey},
    now::Now,
    origins::OriginState,
    policy::Policy,
    report::{Explanation, Lease, OriginReport, Status, Used},
    sweep::{Cause, Sweep},
};

impl Hub {
    /// Why a lamp shows what it shows; `None` when the board has nothing about it.
    #[must_use]
    pub fn why(&self, subject: &Subject, now: Now) -> Option<Explanation> {
        let facts = self.board.get(subject)?;
        let held: Vec<Fact<'_>> = facts.facts().collect();
        Some(Explanation {
            why: Why::of(facts),
            leases: held.iter().map(|fact| self.lease(fact, now)).collect(),
            waiting_for: held.iter().map(|fact| self.waiting_for(fact)).collect(),
            troubles: self.outbox.troubles().filter(|t| concerns(t, &held)).cloned().collect(),
        })
    }

    /// Every origin that speaks or of which a fact stands, by account and entity id.
    #[must_use]
    pub fn origins(&self, now: Now) -> Vec<OriginReport> {
        let origins = self.origins.iter();
        let mut origins: Vec<_> = origins.filter(|(_, it)| it.attached() || it.facts > 0).collect();
        origins.sort_by_key(|(_, state)| state.name.clone());
        origins.into_iter().map(|(id, state)| self.report(id, state, now)).collect()
    }

    /// How much is held, how much was said, and what is wrong.
    #[must_use]
    pub fn status(&self) -> Status {
        let limits = &self.settings.limits;
        let counts = self.board.counts();
        Status {
            connections: self.connections.len(),
            watches: self.readers.watching(),
            origins: counts.origins,
            subjects: counts.subjects,
            lamps: counts.lamps,
            kinds: counts.facts.iter().map(|(kind, facts)| (kind.as_str(), *facts)).collect(),
            facts: Used { used: self.board.live_facts(), limit: limits.facts },
            tombstones: Used { used: counts.tombstones, limit: limits.tombstones },
            history: Used { used: self.history.len(), limit: limits.history },
            revision: self.board.revision().number(),
            said: self.tally,
            troubles: self.outbox.troubles().cloned().collect(),
        }
    }

    fn report(&self, id: OriginId, state: &OriginState, now: Now) -> OriginReport {
        let backoff = self.backoffs.of(&state.name.account);
        let predicted = backoff.map(Backoff::predicted).or_else(|| state.first_wait());
        OriginReport {
            account: state.name.account.to_string(),
            identity: state.name.identity.to_string(),
            eid: state.name.eid().to_string(),
            connections: state.connections().len(),
            newest: state.connections().last(),
            away_since: state.away_since.map(|since| since.wall.millis()),
            last_word: state.last_word.map(|word| word.wall.millis()),
            facts: state.facts,
            tombstones: state.tombstones,
            epoch: self.board.epoch(id).unwrap_or_default(),
            lease: lease_of(state, state.sweeps.next(), now),
            predicted_wait: predicted.unwrap_or_default(),
            grace: self.grace(&state.name.account),
        }
    }

    /// How long a fact of the board still lasts.
    #[must_use]
    pub fn lease(&self, fact: &Fact<'_>, now: Now) -> Lease {
        match fact.state {
            FactState::Withdrawn(reason) => return Lease::Withdrawn { reason: *reason },
            FactState::Unavailable(reason) => return Lease::Unavailable { reason: *reason },
            FactState::Live(_) => {}
        }
        let origin = self.origins.get(fact.origin_id);
        if origin.is_some_and(OriginState::is_by_hand) {
            return Lease::ByHand;
        }
        if self.settings.policies.of(fact.subject) == Policy::Keep {
            return Lease::KeptByPolicy;
        }
        origin
            .map_or(Lease::Away, |state| lease_of(state, state.sweeps.threatening(fact.heard), now))
    }

    fn waiting_for(&self, fact: &Fact<'_>) -> Vec<String> {
        match fact.state {
            FactState::Live(_) | FactState::Unavailable(_) => Vec::new(),
            FactState::Withdrawn(_) => {
                let behind = self.readers.behind(fact.subject.kind(), fact.revision);
                behind.iter().map(ToString::to_string).collect()
            }
        }
    }
}

/// The lease of what that sweep will end, or of what none will.
fn lease_of(state: &OriginState, sweep: Option<Sweep>, now: Now) -> Lease {
    match sweep {
        Some(sweep) => lease_until(sweep, now),
        None if state.is_by_hand() => Lease::ByHand,
        None if state.attached() => Lease::Live,
        None => Lease::Away,
    }
}

fn lease_until(sweep: Sweep, now: Now) -> Lease {
    let left = sweep.deadline.saturating_sub(now.mono);
    match sweep.cause {
        Cause::Lost | Cause::Arrived | Cause::Replaced => Lease::Gone { left },
        Cause::Restarted => Lease::RestartGrace { left },
        Cause::Returned => Lease::Returning { left },
        Cause::TakenOver => Lease::TakenOver { left },
        Cause::Goodbye | Cause::Removed => Lease::Ending,
    }
}

/// Whether a trouble is about one of the origins that speak of a subject.
fn concerns(trouble: &Trouble, facts: &[Fact<'_>]) -> bool {
    match trouble.key() {
        TroubleKey::DuplicateEid(eid) => facts.iter().any(|fact| fact.origin.eid() == eid),
        TroubleKey::LongBackoff(account) => facts.iter().any(|fact| fact.origin.account == account),
        TroubleKey::OriginGone(origin) => facts.iter().any(|fact| *fact.origin == origin),
        // Whoever speaks of it has been heard.
        TroubleKey::TombstoneLimit | TroubleKey::FactsRefused(..) => false,
    }
}
