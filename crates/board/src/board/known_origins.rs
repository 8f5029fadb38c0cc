//! The origins that a board knows, and for each the subjects it has an entry of, so that a dead
//! PBX's facts are found without a walk over everybody's.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Board;
use crate::origin::{Origin, OriginId};
use crate::slots::{Keyed, Slots};
use crate::subject::SubjectId;

/// A new origin, while [`BoardLimits::origins`](crate::BoardLimits::origins) is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the board knows {limit} origins already, which is its limit")]
pub struct OriginsFull {
    /// The most origins that a board can tell apart.
    pub limit: usize,
}

/// Bytes that a place takes in its origin's set, where its nodes are only half full.
const PLACE_BYTES: usize = 13;

/// What the board knows of one origin, and which subjects it has entries for.
pub(super) struct KnownOrigin {
    pub(super) origin: Arc<Origin>,
    /// The present epoch: statements of an older one are refused.
    pub(super) epoch: u32,
    pub(super) subjects: BTreeSet<SubjectId>,
}

/// All origins of a board, by their places.
pub(super) struct KnownOrigins(Slots<KnownOrigin>);

// === impl Board ===

impl Board {
    /// The place of an origin, which is given one if it is new.
    ///
    /// # Errors
    /// When the origin is new and [`BoardLimits::origins`](crate::BoardLimits::origins) is reached.
    pub fn origin_id(&mut self, origin: &Origin) -> Result<OriginId, OriginsFull> {
        if let Some(id) = self.origins.find(origin) {
            return Ok(id);
        }
        let full = OriginsFull { limit: self.limits.origins };
        if self.origins.len() >= self.limits.origins {
            return Err(full);
        }
        self.origins.insert(origin.clone()).ok_or(full)
    }

    /// The place of an origin that the board knows.
    #[must_use]
    pub fn find_origin(&self, origin: &Origin) -> Option<OriginId> {
        self.origins.find(origin)
    }

    /// The origin at a place; none if the place is free.
    #[must_use]
    pub fn origin(&self, id: OriginId) -> Option<&Arc<Origin>> {
        Some(&self.origins.get(id)?.origin)
    }

    /// Every origin, with or without entries.
    pub fn origins(&self) -> impl Iterator<Item = (OriginId, &Arc<Origin>)> {
        self.origins.iter().map(|(id, known)| (id, &known.origin))
    }

    /// The origin's epoch: the highest one that [`Board::raise_epoch`] or a fact has named.
    #[must_use]
    pub fn epoch(&self, id: OriginId) -> Option<u32> {
        Some(self.origins.get(id)?.epoch)
    }

    /// From now on, statements of this origin from an older epoch are refused. A lower number than the
    /// present one changes nothing.
    pub fn raise_epoch(&mut self, id: OriginId, epoch: u32) {
        if let Some(known) = self.origins.get_mut(id) {
            known.epoch = known.epoch.max(epoch);
        }
    }

    /// Drops an origin that has no entries. Says whether it did.
    pub fn forget_origin(&mut self, id: OriginId) -> bool {
        let free = self.origins.get(id).is_some_and(|known| known.subjects.is_empty());
        if free {
            self.origins.remove(id);
        }
        free
    }
}

// === impl KnownOrigins ===

impl KnownOrigins {
    pub(super) fn new() -> Self {
        Self(Slots::new())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn find(&self, origin: &Origin) -> Option<OriginId> {
        self.0.find(origin).map(OriginId)
    }

    pub(super) fn get(&self, id: OriginId) -> Option<&KnownOrigin> {
        self.0.get(id.0)
    }

    pub(super) fn get_mut(&mut self, id: OriginId) -> Option<&mut KnownOrigin> {
        self.0.get_mut(id.0)
    }

    pub(super) fn insert(&mut self, origin: Origin) -> Option<OriginId> {
        let known = KnownOrigin { origin: Arc::new(origin), epoch: 0, subjects: BTreeSet::new() };
        self.0.insert(known).map(OriginId)
    }

    pub(super) fn remove(&mut self, id: OriginId) {
        self.0.remove(id.0);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (OriginId, &KnownOrigin)> {
        self.0.iter_from(0).map(|(place, known)| (OriginId(place), known))
    }

    /// Bytes of memory, without the names.
    pub(super) fn bytes(&self) -> usize {
        let sets = self.iter().map(|(_, known)| known.subjects.len() * PLACE_BYTES);
        self.0.bytes() + sets.sum::<usize>()
    }
}

// === impl KnownOrigin ===

impl Keyed for KnownOrigin {
    type Key = Origin;

    fn key(&self) -> &Origin {
        &self.origin
    }
}
