//! The withdrawals that somebody may not have heard of yet, oldest first. The board holds the
//! entries themselves; here is only their order.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};

use lampfield_board::{Kind, OriginId, PerKind, Revision, SubjectId};

/// Where a remembered withdrawal is found on the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    pub subject: SubjectId,
    pub origin: OriginId,
}

/// All remembered withdrawals, by the revision at which they were made.
#[derive(Debug, Default)]
pub struct Tombstones(PerKind<BTreeMap<Revision, Tombstone>>);

impl Tombstones {
    pub fn insert(&mut self, kind: Kind, revision: Revision, tombstone: Tombstone) {
        self.0.of_mut(kind).insert(revision, tombstone);
    }

    pub fn remove(&mut self, kind: Kind, revision: Revision) -> Option<Tombstone> {
        self.0.of_mut(kind).remove(&revision)
    }

    /// The oldest of a kind.
    #[must_use]
    pub fn oldest(&self, kind: Kind) -> Option<Revision> {
        self.0.of(kind).first_key_value().map(|(revision, _)| *revision)
    }

    /// Whether there is one after `known`, up to and including `told`.
    #[must_use]
    pub fn any_between(&self, kind: Kind, known: Revision, told: Revision) -> bool {
        known < told && self.0.of(kind).range((Excluded(known), Included(told))).next().is_some()
    }

    /// The oldest of all, with its kind.
    #[must_use]
    pub fn oldest_of_all(&self) -> Option<(Revision, Kind)> {
        Kind::ALL.into_iter().filter_map(|kind| Some((self.oldest(kind)?, kind))).min()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|(_, of_kind)| of_kind.len()).sum()
    }
}
