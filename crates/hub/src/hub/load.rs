//! What was stored before this start. Our own downtime is nobody's fault: whoever held facts has
//! time to come back.

use lampfield_board::{
    AccountName, Applied, FactState, Origin, OriginId, Refused, Revision, Statement, Value,
};
use lampfield_fabric::Bucket;

use super::{Hub, expire::moment};
use crate::{
    keys,
    notice::Happening,
    now::Now,
    readers::{Reader, StoredReaders},
    stored::{OriginRow, RowError, StoredFact},
    sweep::{Cause, Sweep},
    tombstones::Tombstone,
};

impl Hub {
    /// The buckets that [`Hub::load`] wants to see, all rows of each, in any order.
    pub const BUCKETS: [Bucket; 4] =
        [Bucket::Origins, Bucket::Facts, Bucket::Tombstones, Bucket::Confirmations];

    /// Takes one stored row. One that cannot be read is left out, and a notice names it.
    pub fn load(&mut self, bucket: Bucket, key: &str, value: &str) {
        let loaded = match bucket {
            Bucket::Origins => self.load_origin(key, value).map(drop),
            Bucket::Facts | Bucket::Tombstones => self.load_fact(bucket, key, value),
            Bucket::Confirmations => self.load_readers(key, value).map(drop),
            _ => return,
        };
        if let Err(error) = loaded {
            let (bucket, key, reason) = (bucket.name(), key.to_owned(), error.to_string());
            self.outbox.happened(Happening::Unreadable { bucket, key, reason });
        }
    }

    /// Every row has been seen. Each origin with facts now has the restart grace, or its own grace
    /// where that is longer, to come back.
    pub fn loaded(&mut self, now: Now) {
        let ids: Vec<_> = self.origins.iter().map(|(id, _)| id).collect();
        for id in ids {
            self.count_up(id);
            self.watch_deadlines(id, now);
            self.await_return(id, now);
            self.settle(id);
        }
        self.trim_tombstones();
    }

    pub(super) fn load_origin(&mut self, key: &str, value: &str) -> Result<Origin, RowError> {
        let (_, origin) = keys::parse_origin(key).ok_or(RowError::Key)?;
        let row: OriginRow = serde_json::from_str(value)?;
        let id = self.origin_id(&origin)?;
        self.board.raise_epoch(id, row.epoch);
        self.origins.update(id, |state| state.restore(&row));
        Ok(origin)
    }

    pub(super) fn load_readers(&mut self, key: &str, value: &str) -> Result<AccountName, RowError> {
        let (_, account) = keys::parse_account(key).ok_or(RowError::Key)?;
        let instances: StoredReaders = serde_json::from_str(value)?;
        for (instance, watching) in instances {
            self.readers.restore(&Reader::new(account.clone(), &instance), watching);
        }
        Ok(account)
    }

    pub(super) fn read_fact(
        &mut self,
        key: &str,
        value: &str,
    ) -> Result<(Statement, Revision), RowError> {
        let (_, subject, origin) = keys::parse_fact(key).ok_or(RowError::Key)?;
        let row: StoredFact<'_> = serde_json::from_str(value)?;
        let id = self.origin_id(&origin)?;
        row.statement(subject, id)
    }

    fn load_fact(&mut self, bucket: Bucket, key: &str, value: &str) -> Result<(), RowError> {
        let (statement, revision) = self.read_fact(key, value)?;
        let id = statement.origin;
        match self.board.restore(&statement, revision) {
            Ok(Applied::Changed(change)) => {
                // A crash came between the two writes of a change: the older row has no say.
                if change.was.is_some() {
                    self.outbox.delete(other(bucket), key.to_owned());
                }
                if let (FactState::Withdrawn(_), Some(subject)) = (change.state, change.subject_id)
                {
                    let tombstone = Tombstone { subject, origin: id };
                    self.tombstones.insert(change.subject.kind(), revision, tombstone);
                }
            }
            Ok(Applied::Repeat) | Err(Refused::Stale { .. }) => {
                self.outbox.delete(bucket, key.to_owned());
            }
            Err(refused) => return Err(refused.into()),
        }
        Ok(())
    }

    /// Counts what the board holds of an origin, and drops tombstones that a newer fact replaced.
    fn count_up(&mut self, id: OriginId) {
        let (mut facts, mut tombstones) = (0, 0);
        let mut version = self.board.epoch(id).map(|epoch| lampfield_board::Version::new(epoch, 0));
        for fact in self.board.facts_of(id) {
            version = version.max(Some(fact.version));
            match fact.state {
                FactState::Live(_) | FactState::Unavailable(_) => facts += 1,
                FactState::Withdrawn(_) => tombstones += 1,
            }
        }
        self.origins.update(id, |state| {
            state.version = version.unwrap_or_default();
            state.facts = facts;
            state.tombstones = tombstones;
        });
    }

    /// What ends by itself does so at the moment it had named, as far as the wall clock tells: what the monotonic one
    /// said is gone.
    fn watch_deadlines(&mut self, id: OriginId, now: Now) {
        for fact in self.board.facts_of(id) {
            if let Some(named) = fact.state.live().and_then(Value::deadline) {
                self.deadlines.set(fact.subject_id, id, moment(named, now), named);
            }
        }
    }

    /// The restart grace was changed: who has not returned yet has that long from the start.
    pub(super) fn await_returns(&mut self) {
        let ids: Vec<_> = self.origins.iter().map(|(id, _)| id).collect();
        for id in ids {
            let Some(state) = self.origins.get(id) else { continue };
            let Some(since) = state.away_since else { continue };
            let wait = self.settings.restart_grace.max(self.grace(&state.name.account));
            self.origins.update(id, |state| state.sweeps.await_until(since.mono + wait));
        }
    }

    fn await_return(&mut self, id: OriginId, now: Now) {
        let origin = self.origins.get(id).filter(|state| !state.is_by_hand());
        let Some(account) = origin.map(|state| state.name.account.clone()) else { return };
        let wait = self.settings.restart_grace.max(self.grace(&account));
        self.origins.update(id, |state| {
            state.away_since = Some(now);
            if state.facts > 0 {
                let (deadline, below) = (now.mono + wait, state.next_epoch());
                state.sweeps.away(Sweep { deadline, below, cause: Cause::Restarted });
            }
        });
    }
}

/// Where the other form of a fact is stored.
fn other(bucket: Bucket) -> Bucket {
    match bucket {
        Bucket::Facts => Bucket::Tombstones,
        _ => Bucket::Facts,
    }
}
