//! Origins whose accounts may say less than before: their facts are looked through, a piece at a time, for what they may
//! not say any longer. One entry for each origin, so there are never more than there are origins.

use std::{collections::VecDeque, sync::Arc};

use lampfield_board::{Origin, OriginId, SubjectId};

use crate::grant::Grant;

/// One origin whose facts are looked through.
#[derive(Debug, Clone)]
pub struct Restriction {
    pub id: OriginId,
    /// Who it was when it began: the number may be another's by now.
    pub origin: Arc<Origin>,
    /// All that it may speak of.
    pub say: Grant,
    /// The place from which on nothing was looked at yet.
    pub next: SubjectId,
}

/// All that are under way, the oldest first.
#[derive(Debug, Default)]
pub struct Restrictions(VecDeque<Restriction>);

// === impl Restrictions ===

impl Restrictions {
    /// Other rights hold for an origin, so its facts are looked through from the first on.
    pub fn begin(&mut self, id: OriginId, origin: Arc<Origin>, say: Grant) {
        self.0.retain(|one| one.origin != origin);
        if say != Grant::Everything {
            self.0.push_back(Restriction { id, origin, say, next: SubjectId::FIRST });
        }
    }

    /// The one to go on with, which is taken out.
    pub fn take(&mut self) -> Option<Restriction> {
        self.0.pop_front()
    }

    /// It goes on there when it is its turn again.
    pub fn pause(&mut self, one: Restriction) {
        self.0.push_front(one);
    }

    /// Whether nothing is left to look at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
