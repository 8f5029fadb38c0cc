//! Facts that end by themselves, whole or in part. Their origins need not be there for it.

use std::time::Duration;

use lampfield_board::{Applied, Change, Ending, FactState, Statement, Value, WallTime};

use super::Hub;
use crate::{deadlines::Due, now::Now};

impl Hub {
    /// Notes when something of what was just said ends.
    pub(super) fn watch_deadline(&mut self, change: &Change, now: Now) {
        let Some(subject) = change.subject_id else { return };
        let Some(origin) = self.board.find_origin(&change.origin) else { return };
        match change.state.live().and_then(Value::deadline) {
            Some(named) => self.deadlines.set(subject, origin, moment(named, now), named),
            // Most kinds never have one, and nothing is looked up for them.
            None if change.subject.kind().may_expire() => self.deadlines.forget(subject, origin),
            None => {}
        }
    }

    /// Something was said again, with other deadlines perhaps: those count, and are stored.
    pub(super) fn renew(&mut self, statement: &Statement, now: Now) {
        if !statement.subject.kind().may_expire() {
            return;
        }
        let fact = self.board.get(&statement.subject).and_then(|facts| {
            let lamp = facts.lamp();
            Some(super::withdraw::as_change(&facts.of(statement.origin)?, lamp))
        });
        if let Some(change) = fact {
            self.watch_deadline(&change, now);
            self.persist_fact(&change);
        }
    }

    /// A deadline has passed: what is left of the fact is said in its origin's name, or the fact ends.
    pub(super) fn expire(&mut self, due: Due, now: Now) {
        let Some(fact) = self.board.fact(due.subject, due.origin) else { return };
        let Some(value) = fact.state.live() else { return };
        let Some(left) = value.left_at(due.named) else {
            if self.withdraw(due.subject, due.origin, Ending::Expired, now) {
                self.settle(due.origin);
            }
            return;
        };
        let Some(origin) = self.origins.get(due.origin) else { return };
        let statement = Statement {
            subject: fact.subject.clone(),
            origin: due.origin,
            state: FactState::Live(left),
            version: origin.next_version(),
            said_at: now.wall,
            protocol: fact.protocol,
        };
        if let Ok(Applied::Changed(change)) = self.board.lessen(&statement) {
            self.origins.update(due.origin, |state| state.version = statement.version);
            let next = change.state.live().and_then(Value::deadline);
            if let Some(named) = next {
                // From the deadline before it, not from the clock: that may have been set since both were named.
                let later = named.millis().saturating_sub(due.named.millis());
                let at = due.at + Duration::from_millis(later);
                self.deadlines.set(due.subject, due.origin, at, named);
            }
            self.persist_fact(&change);
            self.tell(change);
        }
    }
}

/// A moment of the wall clock on the monotonic one.
pub(super) fn moment(named: WallTime, now: Now) -> Duration {
    now.mono + Duration::from_millis(named.millis().saturating_sub(now.wall.millis()))
}
