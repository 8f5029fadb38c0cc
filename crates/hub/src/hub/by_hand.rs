//! What an operator says by hand, at the command line for instance. No connection holds it up and no lease runs for it,
//! also not after a start: it stands until it ends at a moment that it names itself, or somebody clears it.

use lampfield_board::{Ending, Origin, OriginId, Subject};
use lampfield_fabric::Bucket;

use super::Hub;
use crate::{
    keys,
    now::Now,
    publication::{Outcome, Publication, Refusal},
    stored::json,
};

impl Hub {
    /// An operator says something under the name of `origin`; its identity counts, not that of what is said.
    ///
    /// # Errors
    /// When a limit is reached ([`Refusal`]).
    pub fn set(
        &mut self,
        origin: &Origin,
        said: Publication,
        now: Now,
    ) -> Result<Outcome, Refusal> {
        let became = self.take_by_hand(origin, said, now);
        self.tally.count(&became);
        became
    }

    fn take_by_hand(
        &mut self,
        origin: &Origin,
        said: Publication,
        now: Now,
    ) -> Result<Outcome, Refusal> {
        if self.is_ignored(&said.subject) {
            return Ok(Outcome::Ignored);
        }
        let id = self.origin_id(origin)?;
        self.begin_by_hand(id, now);
        self.take_of(id, said, now)
    }

    /// What this origin says of a subject ends, or what all do if none is named. Says how many facts have ended.
    /// Whoever is there and had said one of them does not learn of it, and says it again with its next change.
    pub fn clear(&mut self, subject: &Subject, by: Option<&Origin>, now: Now) -> usize {
        let Some(facts) = self.board.get(subject) else { return 0 };
        let place = facts.id();
        let is_meant = |origin: &Origin| by.is_none_or(|by| by == origin);
        let meant = facts.facts().filter(|fact| fact.state.is_live() && is_meant(fact.origin));
        let meant: Vec<OriginId> = meant.map(|fact| fact.origin_id).collect();
        let ended = meant.into_iter().filter(|id| self.withdraw(place, *id, Ending::Cleared, now));
        let ended: Vec<OriginId> = ended.collect();
        self.trim_tombstones();
        ended.iter().for_each(|id| self.settle(*id));
        ended.len()
    }

    /// The key under which what an origin says about a subject is stored.
    #[must_use]
    pub fn key_by_hand(&self, origin: &Origin, subject: &Subject) -> String {
        keys::fact(&self.name, subject, origin)
    }

    /// From now on an origin needs no connection. It begins a new epoch with each start of the server, as others do
    /// with each connection, so that it never says something that seems older than what is forgotten already.
    fn begin_by_hand(&mut self, id: OriginId, now: Now) {
        let begun = self.origins.update(id, |state| {
            let is_first = state.last_word.is_none();
            state.last_word = Some(now);
            let is_known = state.stand_by_hand(is_first);
            (!is_known || is_first).then(|| (state.name.clone(), state.row()))
        });
        let Some(Some((name, row))) = begun else { return };
        self.board.raise_epoch(id, row.epoch);
        self.outbox.put(Bucket::Origins, keys::origin(&self.name, &name), json(&row));
    }
}
