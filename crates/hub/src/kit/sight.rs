//! The board as one peer sees it: what it may hear of, under the names that it uses.

use std::borrow::Cow;
use std::sync::Arc;

use lampfield_board::mapping::View;
use lampfield_board::{Board, Subject, SubjectFacts, SubjectId};

use crate::grant::Grant;

/// What a peer sees of a board.
#[derive(Debug, Clone)]
pub struct Sight {
    hear: Grant,
    /// How it calls what the board calls otherwise; none where no rule applies to it.
    view: Option<Arc<View>>,
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
    /// The sight of a peer that may hear of these, and calls things by this view.
    #[must_use]
    pub const fn new(hear: Grant, view: Option<Arc<View>>) -> Self {
        Self { hear, view }
    }

    /// Whether it sees everything under the board's own names.
    pub(super) fn is_whole(&self) -> bool {
        self.hear == Grant::Everything && self.view.is_none()
    }

    /// How it calls what the board calls otherwise.
    #[must_use]
    pub(super) fn view(&self) -> Option<&Arc<View>> {
        self.view.as_ref()
    }

    /// The same eyes, which may hear of nothing.
    pub(super) fn blind(&self) -> Self {
        Self::new(Grant::of(&[]), self.view.clone())
    }

    /// Whether both may hear the same.
    pub(super) fn hears_as(&self, other: &Self) -> bool {
        self.hear == other.hear
    }

    /// What the peer calls a subject of the board; none if it does not see it.
    #[must_use]
    pub fn name<'a>(&self, subject: &'a Subject) -> Option<Cow<'a, Subject>> {
        match (self.hear.covers(subject), &self.view) {
            (false, _) => None,
            (true, None) => Some(Cow::Borrowed(subject)),
            (true, Some(view)) => view.to_local(subject).of(subject),
        }
    }

    /// What the board calls a subject of the peer; none if it is hidden from it under this name.
    #[must_use]
    pub fn board_name<'a>(&self, called: &'a Subject) -> Option<Cow<'a, Subject>> {
        match &self.view {
            None => Some(Cow::Borrowed(called)),
            Some(view) => view.to_board(called).of(called),
        }
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
        let subject = self.sight.board_name(called)?;
        self.seen(self.board.get(&subject)?)
    }

    /// The place of the subject that the peer calls so, if the board knows it and the peer may hear of it.
    #[must_use]
    pub fn find(&self, called: &Subject) -> Option<SubjectId> {
        let subject = self.sight.board_name(called)?;
        self.sight.name(&subject)?;
        self.board.find(&subject)
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
