//! Through which adapter a fact came in.

use std::fmt;
use std::str::FromStr;

/// The adapter for one foreign system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DoorName {
    /// Asterisk's own distributed events, over XMPP PubSub.
    Asterisk,
}

/// The text is not the name of a door.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not the name of a door")]
pub struct UnknownDoor(pub String);

// === impl DoorName ===

impl DoorName {
    /// The word for the door in answers and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asterisk => "asterisk",
        }
    }
}

impl fmt::Display for DoorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DoorName {
    type Err = UnknownDoor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "asterisk" => Ok(Self::Asterisk),
            other => Err(UnknownDoor(other.to_owned())),
        }
    }
}
