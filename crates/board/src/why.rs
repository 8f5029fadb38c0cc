//! Why a lamp shows what it shows, as data: the facts, the rule that decided, which facts it decided by, and what could
//! be said to change the lamp. It explains; it must never fold by a rule of its own.

mod changes;
mod rule;

use std::sync::Arc;

use crate::board::SubjectFacts;
use crate::fact_state::FactState;
use crate::kind::Value;
use crate::origin::Origin;
use crate::protocol::Protocol;
use crate::revision::Revision;
use crate::subject::Subject;

use crate::version::Version;
use crate::wall_time::WallTime;
pub use changes::WhatIf;
pub use rule::Rule;

/// The explanation of one lamp, for `why`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The lamp that is explained, by its name on the board.
    pub subject: Subject,
    /// What it shows; none when there is no live fact.
    pub lamp: Option<Value>,
    /// The rule of its kind, and how it came out.
    pub rule: Rule,
    /// The facts and tombstones in the order in which they arrived.
    pub facts: Vec<FactReason>,
    /// For each of the origins that speak or spoke of it, what it could say to change the lamp.
    pub changes: Vec<WhatIf>,
}

/// One fact or tombstone behind a lamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactReason {
    /// Who says so: the account and the identity.
    pub origin: Arc<Origin>,
    /// The protocol by which it came to this node.
    pub protocol: Protocol,
    /// The value that is said, or the reason for its end.
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
        let lamp = subject.lamp();
        let live = subject.facts().filter_map(|fact| Some((fact.revision, fact.state.live()?)));
        let (rule, decides) = Rule::of(kind, &live.collect::<Vec<_>>(), lamp.as_ref());
        let mut decides = decides.into_iter();
        let facts = subject.facts().map(|fact| FactReason {
            origin: Arc::clone(fact.origin),
            protocol: fact.protocol,
            state: fact.state.clone(),
            version: fact.version,
            revision: fact.revision,
            said_at: fact.said_at,
            decides: fact.state.is_live() && decides.next().unwrap_or_default(),
        });
        let said: Vec<_> = subject.facts().map(|fact| fact.state.live()).collect();
        let origins = subject.facts().map(|fact| Arc::clone(fact.origin));
        let what_if = origins.zip(kind.what_if(&said, lamp.as_ref()));
        Self {
            subject: subject.subject().clone(),
            rule,
            facts: facts.collect(),
            changes: what_if.map(|(origin, says)| WhatIf { origin, says }).collect(),
            lamp,
        }
    }
}
