//! How the board is read: borrowed views that cost nothing to make.

use std::sync::Arc;

use super::Board;
use super::entries::{Entries, Entry};
use crate::fact_state::FactState;
use crate::kind::Value;
use crate::origin::{Origin, OriginId};
use crate::protocol::Protocol;
use crate::revision::Revision;
use crate::statement::Statement;
use crate::subject::{Subject, SubjectId};
use crate::version::Version;
use crate::wall_time::WallTime;

/// What one origin says about one subject, or the tombstone of it.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// Where the subject is on the board.
    pub subject_id: SubjectId,
    /// The kind and the name of the lamp.
    pub subject: &'a Subject,
    /// Where the origin is on the board.
    pub origin_id: OriginId,
    /// Who says it: the account and the identity.
    pub origin: &'a Arc<Origin>,
    /// The value that is said, or the reason for its end.
    pub state: &'a FactState,
    /// The version in which this was said first.
    pub version: Version,
    /// The latest epoch in which the origin said this, repeats included: a fact of an origin that
    /// has come back is confirmed once this is the origin's present epoch.
    pub heard: u32,
    /// The place of the change in the board's order.
    pub revision: Revision,
    /// When this was said first.
    pub said_at: WallTime,
    /// The protocol by which it came to this node.
    pub protocol: Protocol,
}

/// All that is held of one subject.
#[derive(Clone, Copy)]
pub struct SubjectFacts<'a> {
    board: &'a Board,
    id: SubjectId,
    entries: &'a Entries,
}

// === impl SubjectFacts ===

impl<'a> SubjectFacts<'a> {
    pub(super) fn new(board: &'a Board, id: SubjectId, entries: &'a Entries) -> Self {
        Self { board, id, entries }
    }

    /// Where the subject is on the board.
    #[must_use]
    pub fn id(self) -> SubjectId {
        self.id
    }

    /// The subject that the facts are about.
    #[must_use]
    pub fn subject(self) -> &'a Subject {
        &self.entries.subject
    }

    /// What the lamp shows; none when there is no live fact.
    #[must_use]
    pub fn lamp(self) -> Option<Value> {
        self.entries.lamp()
    }

    /// Whether the lamp shows anything.
    #[must_use]
    pub fn is_lit(self) -> bool {
        self.entries.is_lit()
    }

    /// The facts and tombstones of all origins in the order in which they arrived, so that
    /// whoever repeats them in this order ends with the newest.
    pub fn facts(self) -> impl Iterator<Item = Fact<'a>> {
        self.entries.iter().filter_map(move |entry| self.fact(entry))
    }

    /// The fact or tombstone of one origin.
    #[must_use]
    pub fn of(self, origin: OriginId) -> Option<Fact<'a>> {
        self.fact(self.entries.of(origin)?)
    }

    fn fact(self, entry: &'a Entry) -> Option<Fact<'a>> {
        Some(Fact {
            subject_id: self.id,
            subject: &self.entries.subject,
            origin_id: entry.origin,
            origin: self.board.origin(entry.origin)?,
            state: &entry.state,
            version: entry.version(),
            heard: entry.heard,
            revision: entry.revision,
            said_at: entry.said_at,
            protocol: entry.protocol,
        })
    }
}

// === impl Fact ===

impl Fact<'_> {
    /// The statement that would put this fact on another board, or back on this one.
    #[must_use]
    pub fn statement(&self) -> Statement {
        Statement {
            subject: self.subject.clone(),
            origin: self.origin_id,
            state: self.state.clone(),
            version: self.version,
            said_at: self.said_at,
            protocol: self.protocol,
        }
    }
}
