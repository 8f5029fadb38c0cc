//! The limits at which facts are refused, by name.

use std::fmt;

use lampfield_board::Refused;
use serde::Serialize;

use crate::publication::Refusal;
use crate::settings::HubLimits;

/// A limit at which facts are refused; `status` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReachedLimit {
    /// All live facts of a board: [`HubLimits::facts`](crate::HubLimits::facts).
    Facts,
    /// The live facts of one origin: [`HubLimits::facts_per_origin`](crate::HubLimits::facts_per_origin).
    FactsPerOrigin,
    /// What one connection speaks for: [`HubLimits::origins_per_connection`](crate::HubLimits::origins_per_connection).
    OriginsPerConnection,
    /// The number of origins that the board can tell apart, which nobody can set.
    Origins,
}

// === impl ReachedLimit ===

impl ReachedLimit {
    /// The limit itself, where it can be set.
    pub(crate) fn limit(self, limits: &HubLimits) -> Option<usize> {
        match self {
            Self::Facts => Some(limits.facts),
            Self::FactsPerOrigin => Some(limits.facts_per_origin),
            Self::OriginsPerConnection => Some(limits.origins_per_connection),
            Self::Origins => None,
        }
    }

    /// The limit that is behind a refusal, if it is one.
    pub fn of(refusal: &Refusal) -> Option<Self> {
        match refusal {
            Refusal::TooManyFacts { .. } | Refusal::Board(Refused::Full { .. }) => {
                Some(Self::Facts)
            }
            Refusal::TooManyFactsOfOrigin { .. } => Some(Self::FactsPerOrigin),
            Refusal::TooManyOriginsOfConnection { .. } => Some(Self::OriginsPerConnection),
            Refusal::TooManyOrigins(_) => Some(Self::Origins),
            Refusal::UnknownConnection(_)
            | Refusal::NotStored(_)
            | Refusal::NoRoom { .. }
            | Refusal::Board(_) => None,
        }
    }
}

impl fmt::Display for ReachedLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Facts => "limits.facts",
            Self::FactsPerOrigin => "limits.facts_per_origin",
            Self::OriginsPerConnection => "limits.origins_per_connection",
            Self::Origins => "the limit of origins",
        })
    }
}
