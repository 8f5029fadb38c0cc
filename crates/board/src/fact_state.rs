//! A fact in its two states: live with a value, or ended with a reason.

use std::fmt;

use crate::ending::Ending;
use crate::kind::{DeviceState, Value};

/// What stands in for a device whose origin is gone.
static UNAVAILABLE: Value = Value::Device(DeviceState::Unavailable);

/// A fact, or what is remembered of one that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactState {
    /// The origin says this value, and nothing has ended it.
    Live(Value),
    /// The fact has ended, for this reason; whoever may still show it must be told (a tombstone).
    Withdrawn(Ending),
    /// The fact of a device has ended, for this reason, and UNAVAILABLE stands in its place until the origin speaks of it
    /// again or is forgotten.
    Unavailable(Ending),
}

// === impl FactState ===

impl FactState {
    /// What it adds to the lamp, if anything.
    #[must_use]
    pub const fn live(&self) -> Option<&Value> {
        match self {
            Self::Live(value) => Some(value),
            Self::Unavailable(_) => Some(&UNAVAILABLE),
            Self::Withdrawn(_) => None,
        }
    }

    /// Why the origin's own fact has ended, if it has.
    #[must_use]
    pub const fn ending(&self) -> Option<Ending> {
        match self {
            Self::Live(_) => None,
            Self::Withdrawn(ending) | Self::Unavailable(ending) => Some(*ending),
        }
    }

    /// Whether both say the same of the subject: what has ended has ended, whatever the reason.
    #[must_use]
    pub fn repeats(&self, held: &Self) -> bool {
        match (self, held) {
            (Self::Live(said), Self::Live(held)) => said.repeats(held),
            (Self::Withdrawn(_), Self::Withdrawn(_))
            | (Self::Unavailable(_), Self::Unavailable(_)) => true,
            _ => false,
        }
    }

    /// Whether the lamp takes it into account.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        !matches!(self, Self::Withdrawn(_))
    }

    /// Whether the origin itself says it, so that nothing stands in its place.
    #[must_use]
    pub const fn is_said(&self) -> bool {
        matches!(self, Self::Live(_))
    }
}

impl fmt::Display for FactState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.live() {
            Some(value) => value.fmt(f),
            None => f.pad("withdrawn"),
        }
    }
}
