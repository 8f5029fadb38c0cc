//! The kinds of things a lamp can be about. A kind fixes the type of the value and the rule that
//! folds the facts of all origins into one.

use std::fmt;
use std::str::FromStr;

/// What a subject is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The state of a device, such as `PJSIP/100` (Asterisk, `main/devicestate.c`).
    DeviceState,
    /// The messages waiting in a mailbox, such as `1000@default` (Asterisk, `main/mwi.c`).
    Mailbox,
}

/// The text is not the name of a kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a kind; the kinds are device and mailbox")]
pub struct UnknownKind(pub String);

// === impl Kind ===

impl Kind {
    /// Every kind, in the order of the tables that are kept per kind.
    pub const ALL: [Self; 2] = [Self::DeviceState, Self::Mailbox];

    /// The word for the kind in commands, answers and [`Subject`](crate::Subject) texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeviceState => "device",
            Self::Mailbox => "mailbox",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownKind(text.to_owned()))
    }
}
