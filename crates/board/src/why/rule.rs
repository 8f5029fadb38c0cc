//! The rule that decided a lamp, and how it came out.

use std::fmt;

use crate::device_state::DeviceState;
use crate::fold;
use crate::kind::Kind;
use crate::message_count::MessageCount;
use crate::revision::Revision;
use crate::value::Value;

/// The rule of a kind, with how it came out. Its text form is a sentence such as
/// "asterisk-fold: the strongest of all facts; INUSE (6) beats NOT_INUSE (3)".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whose rule.
    pub kind: Kind,
    /// How it came out.
    pub reason: Reason,
}

/// How a rule came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No origin says anything.
    NoFacts,
    /// Every origin that speaks says this one thing.
    OnlyWord(Value),
    /// The strongest state, and the next strongest one that was said.
    Strongest {
        /// What the lamp shows.
        shown: DeviceState,
        /// What it would show otherwise.
        beaten: DeviceState,
    },
    /// Something rings while something is in use, on hold or busy.
    RingingAndOccupied {
        /// The strongest state that occupies the device.
        occupied: DeviceState,
    },
    /// The newest arrival, whatever the others had said.
    Newest(MessageCount),
}

// === impl Rule ===

impl Rule {
    /// The word for the rule of a kind.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.kind {
            Kind::DeviceState => "asterisk-fold",
            Kind::Mailbox => "newest-arrival",
        }
    }

    pub(super) fn of(kind: Kind, facts: &[(Revision, Value)]) -> Self {
        Self { kind, reason: Reason::of(kind, facts) }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.reason)
    }
}

// === impl Reason ===

impl Reason {
    fn of(kind: Kind, facts: &[(Revision, Value)]) -> Self {
        let Some(lamp) = fold::aggregate(kind, facts.iter().copied()) else {
            return Self::NoFacts;
        };
        if facts.iter().all(|(_, value)| *value == lamp) {
            return Self::OnlyWord(lamp);
        }
        match lamp {
            Value::Mailbox(count) => Self::Newest(count),
            Value::Device(shown) => Self::of_device(shown, facts),
        }
    }

    fn of_device(shown: DeviceState, facts: &[(Revision, Value)]) -> Self {
        let others = facts.iter().filter_map(|(_, v)| v.device()).filter(|s| *s != shown);
        let strongest_other = others.clone().max_by_key(|s| s.strength());
        let said = facts.iter().any(|(_, value)| value.device() == Some(shown));
        match strongest_other {
            Some(beaten) if said => Self::Strongest { shown, beaten },
            // Shown without being said: the one way is RINGING together with one of these.
            _ => match others.filter(|s| s.occupies()).max_by_key(|s| s.strength()) {
                Some(occupied) => Self::RingingAndOccupied { occupied },
                None => Self::OnlyWord(Value::Device(shown)),
            },
        }
    }

    /// Whether this fact is one that the outcome rests on; `newest` is when the newest live fact
    /// arrived.
    pub(super) fn rests_on(self, arrived: Revision, value: Value, newest: Revision) -> bool {
        match self {
            Self::NoFacts => false,
            Self::OnlyWord(Value::Device(_)) => true,
            Self::OnlyWord(Value::Mailbox(_)) | Self::Newest(_) => arrived == newest,
            Self::Strongest { shown, .. } => value.device() == Some(shown),
            Self::RingingAndOccupied { .. } => {
                value.device().is_some_and(|s| s == DeviceState::Ringing || s.occupies())
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFacts => f.write_str("no server says anything"),
            Self::OnlyWord(value) => write!(f, "nothing else is said than {value}"),
            Self::Strongest { shown, beaten } => write!(
                f,
                "the strongest of all facts; {shown} ({}) beats {beaten} ({})",
                shown.strength(),
                beaten.strength(),
            ),
            Self::RingingAndOccupied { occupied } => {
                write!(f, "RINGING together with {occupied} gives RINGINUSE")
            }
            Self::Newest(count) => write!(f, "the newest of all facts, {count}"),
        }
    }
}
