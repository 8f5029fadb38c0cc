//! What can be said about a subject, and whether it still stands.

use std::fmt;

use crate::device_state::DeviceState;
use crate::ending::Ending;
use crate::kind::Kind;
use crate::message_count::MessageCount;

/// What a fact says, and what a lamp shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Of a subject of kind [`Kind::DeviceState`].
    Device(DeviceState),
    /// Of a subject of kind [`Kind::Mailbox`].
    Mailbox(MessageCount),
}

/// A fact, or what is remembered of one that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FactState {
    /// The origin says so.
    Live(Value),
    /// The fact has ended, for this reason; whoever may still show it must be told (a tombstone).
    Withdrawn(Ending),
}

// === impl Value ===

impl Value {
    /// The kind of subject that this can be said about.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Device(_) => Kind::DeviceState,
            Self::Mailbox(_) => Kind::Mailbox,
        }
    }

    /// The device state, if it is one.
    #[must_use]
    pub const fn device(self) -> Option<DeviceState> {
        match self {
            Self::Device(state) => Some(state),
            Self::Mailbox(_) => None,
        }
    }

    /// The count of messages, if it is one.
    #[must_use]
    pub const fn mailbox(self) -> Option<MessageCount> {
        match self {
            Self::Mailbox(count) => Some(count),
            Self::Device(_) => None,
        }
    }
}

impl From<DeviceState> for Value {
    fn from(state: DeviceState) -> Self {
        Self::Device(state)
    }
}

impl From<MessageCount> for Value {
    fn from(count: MessageCount) -> Self {
        Self::Mailbox(count)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(state) => state.fmt(f),
            Self::Mailbox(count) => count.fmt(f),
        }
    }
}

// === impl FactState ===

impl FactState {
    /// The value, while the fact stands.
    #[must_use]
    pub const fn live(self) -> Option<Value> {
        match self {
            Self::Live(value) => Some(value),
            Self::Withdrawn(_) => None,
        }
    }

    /// Why the fact has ended, if it has.
    #[must_use]
    pub const fn ending(self) -> Option<Ending> {
        match self {
            Self::Live(_) => None,
            Self::Withdrawn(ending) => Some(ending),
        }
    }

    /// Whether both say the same of the subject: what has ended has ended, whatever the reason.
    #[must_use]
    pub fn same_as(self, other: Self) -> bool {
        self.live() == other.live()
    }

    /// Whether the fact stands.
    #[must_use]
    pub const fn is_live(self) -> bool {
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
