//! What the server has told so far.

use std::collections::VecDeque;

use super::feed::News;
use crate::document::change::{Change, Line};
use crate::document::list::{Lamps, Listed};
use crate::document::status::StatusDocument;
use crate::failure::Failure;

/// Changes that are kept to be looked at.
const CHANGES: usize = 500;

/// All that can be shown.
#[derive(Debug, Clone, Default)]
pub struct Known {
    status: Option<Box<StatusDocument>>,
    lamps: Vec<Listed>,
    total: Option<u64>,
    /// The newest first.
    changes: VecDeque<Line>,
    changes_seen: u64,
    failure: Option<Failure>,
}

// === impl Known ===

impl Known {
    /// Takes in what has come.
    pub fn learn(&mut self, news: News) {
        match news {
            News::Status(status) => (self.status, self.failure) = (Some(status), None),
            News::Lamps(Lamps { lamps, total, .. }) => {
                (self.lamps, self.total) = (lamps, Some(total));
            }
            News::Line(line) => self.hear(line),
            News::Lost(failure) => self.failure = Some(failure),
        }
    }

    fn hear(&mut self, line: Line) {
        match &line {
            Line::Change(change) => {
                self.changes_seen += 1;
                self.turn(change);
            }
            Line::Skipped(skipped) => self.changes_seen += skipped.skipped_values,
        }
        self.changes.truncate(CHANGES - 1);
        self.changes.push_front(line);
    }

    /// Shows at once what the next look would.
    fn turn(&mut self, change: &Change) {
        let lamp = self.lamps.iter_mut().find(|lamp| lamp.subject == change.subject);
        if let (Some(lamp), Some(aggregate)) = (lamp, &change.aggregate)
            && lamp.aggregate != *aggregate
        {
            lamp.aggregate = aggregate.clone();
            lamp.since.clone_from(&change.at);
        }
    }

    /// The lamps are others from now on.
    pub fn forget_lamps(&mut self) {
        self.lamps.clear();
        self.total = None;
        self.changes.clear();
    }

    /// How the server is, if it has ever answered.
    pub fn status(&self) -> Option<&StatusDocument> {
        self.status.as_deref()
    }

    /// The lamps that are listed, in their order.
    pub fn lamps(&self) -> &[Listed] {
        &self.lamps
    }

    /// How many lamps fit, listed or not; none before the first answer.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// What has changed, the newest first.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = &Line> {
        self.changes.iter()
    }

    /// The lamp of a change; none for a line that says how many were left out.
    pub fn changed(&self, at: usize) -> Option<&str> {
        match self.changes.get(at)? {
            Line::Change(change) => Some(&change.subject),
            Line::Skipped(_) => None,
        }
    }

    /// Changes since the start, those that were left out as well.
    pub fn changes_seen(&self) -> u64 {
        self.changes_seen
    }

    /// Why the server does not answer, while it does not.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }
}
