//! The board as one peer sees it: what it may hear of, under the names that it uses.

use std::borrow::Cow;

use lampfield_board::{Board, Subject, SubjectFacts, SubjectId};

use super::rights::Grant;

/// What a peer sees of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    hear: Grant,
}

/// A board through the eyes of one peer.
#[derive(Clone, Copy)]
pub struct VisibleBoard<'a> {
    board: &'a Board,
    sight: &'a Sight,
}

/// A subject as a peer sees it.
#[derive(Clone)]
pub struct Visible<'a> {
    /// What the peer calls it.
    pub subject: Cow<'a, Subject>,
    /// What is said about it.
    pub facts: SubjectFacts<'a>,
}

// === impl Sight ===

impl Sight {
    /// The sight of a peer that may hear of these.
    #[must_use]
    pub const fn new(hear: Grant) -> Self {
        Self { hear }
    }

    /// Whether it sees everything under the board's own names.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.hear == Grant::Everything
    }

    /// What the peer calls a subject of the board; none if it does not see it.
    #[must_use]
    pub fn name<'a>(&self, subject: &'a Subject) -> Option<Cow<'a, Subject>> {
        self.hear.covers(subject).then_some(Cow::Borrowed(subject))
    }
}

// === impl VisibleBoard ===

impl<'a> VisibleBoard<'a> {
    /// What `sight` shows of a board.
    #[must_use]
    pub fn new(board: &'a Board, sight: &'a Sight) -> Self {
        Self { board, sight }
    }

    /// The subject that the peer calls so, if somebody says something about it.
    #[must_use]
    pub fn get(&self, called: &Subject) -> Option<Visible<'a>> {
        self.seen(self.board.get(called)?)
    }

    /// All subjects from a place on, in the order of their places; none for each that the peer does not see.
    pub fn walk(
        &self,
        first: SubjectId,
    ) -> impl Iterator<Item = (SubjectId, Option<Visible<'a>>)> + use<'a> {
        let this = *self;
        self.board.subjects_from(first).map(move |facts| (facts.id(), this.seen(facts)))
    }

    fn seen(&self, facts: SubjectFacts<'a>) -> Option<Visible<'a>> {
        let subject = self.sight.name(facts.subject())?;
        Some(Visible { subject, facts })
    }
}
