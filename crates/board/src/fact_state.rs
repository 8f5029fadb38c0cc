//! Whether something that was said still stands.

use std::fmt;

use crate::ending::Ending;
use crate::kind::Value;

/// A fact, or what is remembered of one that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactState {
    /// The origin says so.
    Live(Value),
    /// The fact has ended, for this reason; whoever may still show it must be told (a tombstone).
    Withdrawn(Ending),
}

// === impl FactState ===

impl FactState {
    /// The value, while the fact stands.
    #[must_use]
    pub const fn live(&self) -> Option<&Value> {
        match self {
            Self::Live(value) => Some(value),
            Self::Withdrawn(_) => None,
        }
    }

    /// Why the fact has ended, if it has.
    #[must_use]
    pub const fn ending(&self) -> Option<Ending> {
        match self {
            Self::Live(_) => None,
            Self::Withdrawn(ending) => Some(*ending),
        }
    }

    /// Whether both say the same of the subject: what has ended has ended, whatever the reason.
    #[must_use]
    pub fn repeats(&self, held: &Self) -> bool {
        match (self.live(), held.live()) {
            (Some(said), Some(held)) => said.repeats(held),
            (said, held) => said == held,
        }
    }

    /// Whether the fact stands.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Live(_))
    }
}

impl fmt::Display for FactState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live(value) => value.fmt(f),
            Self::Withdrawn(_) => f.pad("withdrawn"),
        }
    }
}
