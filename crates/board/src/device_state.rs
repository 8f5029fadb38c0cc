//! The states of a device as Asterisk numbers, spells and orders them
//! (`include/asterisk/devicestate.h`, `main/devicestate.c`; the same in 1.8, 11, 16 and 22).

use std::fmt;
use std::str::FromStr;

/// The state of a device. The discriminants are Asterisk's numbers, which cross the network in
/// corosync events and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DeviceState {
    /// Valid, but the channel does not know.
    Unknown = 0,
    /// Idle.
    NotInUse = 1,
    /// In use.
    InUse = 2,
    /// Busy.
    Busy = 3,
    /// Not known to Asterisk.
    Invalid = 4,
    /// Not registered, or not reachable.
    Unavailable = 5,
    /// Ringing.
    Ringing = 6,
    /// Ringing and in use.
    RingInUse = 7,
    /// On hold.
    OnHold = 8,
}

/// The text is not one of the nine words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not a device state; they are NOT_INUSE, INUSE, BUSY, RINGING, RINGINUSE, ONHOLD, UNAVAILABLE, UNKNOWN and INVALID"
)]
pub struct UnknownDeviceState(pub String);

// === impl DeviceState ===

impl DeviceState {
    /// All nine, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Unknown,
        Self::NotInUse,
        Self::InUse,
        Self::Busy,
        Self::Invalid,
        Self::Unavailable,
        Self::Ringing,
        Self::RingInUse,
        Self::OnHold,
    ];

    /// Reads a word as Asterisk does (`ast_devstate_val`): without case, and any other word is
    /// [`DeviceState::Unknown`]. For what peers send; what people type goes through [`FromStr`].
    #[must_use]
    pub fn from_wire(word: &str) -> Self {
        word.parse().unwrap_or(Self::Unknown)
    }

    /// Asterisk's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Asterisk's word, as on the wire, in AMI, ARI and the dialplan (`ast_devstate_str`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::NotInUse => "NOT_INUSE",
            Self::InUse => "INUSE",
            Self::Busy => "BUSY",
            Self::Invalid => "INVALID",
            Self::Unavailable => "UNAVAILABLE",
            Self::Ringing => "RINGING",
            Self::RingInUse => "RINGINUSE",
            Self::OnHold => "ONHOLD",
        }
    }

    /// Which state wins when several servers speak of one device: 0 (INVALID) loses to all, 8
    /// (RINGINUSE) to none (`state_order` in `ast_devstate_aggregate_add`).
    #[must_use]
    pub const fn strength(self) -> u8 {
        match self {
            Self::Invalid => 0,
            Self::Unknown => 1,
            Self::Unavailable => 2,
            Self::NotInUse => 3,
            Self::OnHold => 4,
            Self::Ringing => 5,
            Self::InUse => 6,
            Self::Busy => 7,
            Self::RingInUse => 8,
        }
    }

    /// Whether the state makes a ringing device RINGINUSE: INUSE, ONHOLD and BUSY do, RINGINUSE
    /// itself does not (`ast_devstate_aggregate_add`).
    #[must_use]
    pub const fn occupies(self) -> bool {
        matches!(self, Self::InUse | Self::OnHold | Self::Busy)
    }
}

impl fmt::Display for DeviceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DeviceState {
    type Err = UnknownDeviceState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownDeviceState(text.to_owned()))
    }
}
