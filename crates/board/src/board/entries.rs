//! What the board holds of one subject. Most subjects have one origin, so the first entry lies in
//! the place itself; a million of them must stay small (the test beside says how small).

use smallvec::SmallVec;

use crate::fact_state::FactState;
use crate::kind::Value;
use crate::origin::OriginId;
use crate::protocol::Protocol;
use crate::revision::Revision;
use crate::slots::Keyed;
use crate::statement::Statement;
use crate::subject::Subject;
use crate::version::Version;
use crate::wall_time::WallTime;

/// One origin's fact, or the tombstone of it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) origin: OriginId,
    pub(super) state: FactState,
    epoch: u32,
    counter: u64,
    /// The latest epoch in which the origin said this, repeats included.
    pub(super) heard: u32,
    pub(super) revision: Revision,
    pub(super) said_at: WallTime,
    pub(super) protocol: Protocol,
}

/// All entries of one subject, in the order in which they arrived: the newest is the last.
pub(super) struct Entries {
    pub(super) subject: Subject,
    entries: SmallVec<[Entry; 1]>,
}

// === impl Entry ===

impl Entry {
    pub(super) fn of(said: &Statement, revision: Revision) -> Self {
        Self {
            origin: said.origin,
            state: said.state.clone(),
            epoch: said.version.epoch,
            counter: said.version.counter,
            heard: said.version.epoch,
            revision,
            said_at: said.said_at,
            protocol: said.protocol,
        }
    }

    /// Kept in two parts: together they would take eight bytes more.
    pub(super) fn version(&self) -> Version {
        Version::new(self.epoch, self.counter)
    }
}

// === impl Entries ===

impl Entries {
    pub(super) fn new(subject: Subject) -> Self {
        Self { subject, entries: SmallVec::new() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn of(&self, origin: OriginId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.origin == origin)
    }

    pub(super) fn of_mut(&mut self, origin: OriginId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.origin == origin)
    }

    /// Takes the entry in, and gives back what the same origin had said before.
    pub(super) fn put(&mut self, entry: Entry) -> Option<Entry> {
        let before = self.take(entry.origin);
        let place = self.entries.partition_point(|other| other.revision <= entry.revision);
        self.entries.insert(place, entry);
        before
    }

    /// Drops an origin's entry for good, without a tombstone.
    pub(super) fn remove(&mut self, origin: OriginId) -> Option<Entry> {
        let entry = self.take(origin)?;
        self.entries.shrink_to_fit();
        Some(entry)
    }

    fn take(&mut self, origin: OriginId) -> Option<Entry> {
        let place = self.entries.iter().position(|entry| entry.origin == origin)?;
        Some(self.entries.remove(place))
    }

    /// What the lamp shows: the fold of its live facts, none without any.
    pub(super) fn lamp(&self) -> Option<Value> {
        let live = self.entries.iter().filter_map(|e| Some((e.revision, e.state.live()?)));
        self.subject.kind().fold(live)
    }

    /// Whether the lamp shows anything.
    pub(super) fn is_lit(&self) -> bool {
        self.entries.iter().any(|entry| entry.state.is_live())
    }

    /// Bytes beyond the place itself.
    pub(super) fn spilled_bytes(&self) -> usize {
        if self.entries.spilled() { self.entries.capacity() * size_of::<Entry>() } else { 0 }
    }
}

impl Keyed for Entries {
    type Key = Subject;

    fn key(&self) -> &Subject {
        &self.subject
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million of them: whatever a kind's values need beyond eight bytes lies elsewhere.
    #[test]
    fn an_entry_is_no_byte_larger_than_it_was_with_two_kinds() {
        assert_eq!(size_of::<Entry>(), 56);
    }
}
