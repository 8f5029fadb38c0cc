//! Why a lamp shows what it shows, as data: the facts, the rule that decided, which facts it
//! decided by, and what other words would change the lamp. It explains; it must never fold by a
//! rule of its own.

mod changes;
mod rule;

use std::sync::Arc;

use crate::board::{Fact, SubjectFacts};
use crate::door_name::DoorName;
use crate::kind::Kind;
use crate::origin::Origin;
use crate::revision::Revision;
use crate::subject::Subject;
use crate::value::{FactState, Value};
use crate::version::Version;
use crate::wall_time::WallTime;
pub use changes::{Alternative, Alternatives, WhatIf};
pub use rule::{Reason, Rule};

/// The explanation of one lamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The lamp.
    pub subject: Subject,
    /// What it shows; none when there is no live fact.
    pub lamp: Option<Value>,
    /// What decided.
    pub rule: Rule,
    /// The facts and tombstones in the order in which they arrived.
    pub facts: Vec<FactReason>,
    /// For each of the origins that speak or spoke of it, what it could say to change the lamp.
    pub changes: Vec<WhatIf>,
}

/// One fact or tombstone behind a lamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactReason {
    /// Who says so.
    pub origin: Arc<Origin>,
    /// The adapter it came through.
    pub door: DoorName,
    /// The value, or its end.
    pub state: FactState,
    /// Its version within the origin.
    pub version: Version,
    /// The place of the change in the board's order.
    pub revision: Revision,
    /// When it was said first.
    pub said_at: WallTime,
    /// Whether the lamp shows what it shows because of this one.
    pub decides: bool,
}

// === impl Why ===

impl Why {
    /// Explains the lamp of a subject that is on the board.
    #[must_use]
    pub fn of(subject: SubjectFacts<'_>) -> Self {
        let kind = subject.subject().kind();
        let live = |fact: &Fact<'_>| Some((fact.revision, fact.state.live()?));
        let values: Vec<_> = subject.facts().filter_map(|fact| live(&fact)).collect();
        let newest = values.iter().map(|(arrived, _)| *arrived).max().unwrap_or_default();
        let rule = Rule::of(kind, &values);
        let facts = subject.facts().map(|fact| FactReason {
            origin: Arc::clone(fact.origin),
            door: fact.door,
            state: fact.state,
            version: fact.version,
            revision: fact.revision,
            said_at: fact.said_at,
            decides: live(&fact)
                .is_some_and(|(arrived, value)| rule.reason.rests_on(arrived, value, newest)),
        });
        Self {
            subject: subject.subject().clone(),
            lamp: subject.lamp(),
            facts: facts.collect(),
            changes: match kind {
                Kind::DeviceState => changes::for_device(subject),
                Kind::Mailbox => changes::for_mailbox(subject),
            },
            rule,
        }
    }
}
