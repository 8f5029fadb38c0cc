//! The origins that a board knows, and for each the subjects it has an entry of, so that a dead
//! server's facts are found without a walk over everybody's.

use std::sync::Arc;

use hashbrown::HashSet;

use crate::origin::{Origin, OriginId};
use crate::slots::{Keyed, Slots};
use crate::subject::SubjectId;

/// One origin.
pub(super) struct Speaker {
    pub(super) origin: Arc<Origin>,
    /// Words of an older epoch are refused.
    pub(super) epoch: u32,
    pub(super) subjects: HashSet<SubjectId>,
}

/// All of them.
pub(super) struct Speakers(Slots<Speaker>);

// === impl Speakers ===

impl Speakers {
    pub(super) fn new() -> Self {
        Self(Slots::new())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn find(&self, origin: &Origin) -> Option<OriginId> {
        self.0.find(origin).map(OriginId)
    }

    pub(super) fn get(&self, id: OriginId) -> Option<&Speaker> {
        self.0.get(id.0)
    }

    pub(super) fn get_mut(&mut self, id: OriginId) -> Option<&mut Speaker> {
        self.0.get_mut(id.0)
    }

    pub(super) fn insert(&mut self, origin: Origin) -> Option<OriginId> {
        let speaker = Speaker { origin: Arc::new(origin), epoch: 0, subjects: HashSet::new() };
        self.0.insert(speaker).map(OriginId)
    }

    pub(super) fn remove(&mut self, id: OriginId) {
        self.0.remove(id.0);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (OriginId, &Speaker)> {
        self.0.iter_from(0).map(|(place, speaker)| (OriginId(place), speaker))
    }

    /// Bytes of memory, without the names.
    pub(super) fn bytes(&self) -> usize {
        let sets = self.iter().map(|(_, speaker)| speaker.subjects.allocation_size());
        self.0.bytes() + sets.sum::<usize>()
    }
}

// === impl Speaker ===

impl Keyed for Speaker {
    type Key = Origin;

    fn key(&self) -> &Origin {
        &self.origin
    }
}
