//! Asterisk's device states, and how it adds up what several PBXs say (`devicestate.c`).

use std::fmt;
use std::str::FromStr;

/// The state of a device, from the weakest to the strongest in the sum of several PBXs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviceState {
    /// There is no such device.
    Invalid,
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// The phone is not registered.
    Unavailable,
    /// The phone is there and idle.
    NotInUse,
    /// All calls of the phone are on hold.
    OnHold,
    /// The phone rings.
    Ringing,
    /// Somebody talks.
    InUse,
    /// Somebody talks, and the phone takes no further call.
    Busy,
    /// Somebody talks, and another call rings.
    RingInUse,
}

use DeviceState::{
    Busy, InUse, Invalid, NotInUse, OnHold, RingInUse, Ringing, Unavailable, Unknown,
};

/// The words of the wire.
const WORDS: [(DeviceState, &str); 9] = [
    (Invalid, "INVALID"),
    (Unknown, "UNKNOWN"),
    (Unavailable, "UNAVAILABLE"),
    (NotInUse, "NOT_INUSE"),
    (OnHold, "ONHOLD"),
    (Ringing, "RINGING"),
    (InUse, "INUSE"),
    (Busy, "BUSY"),
    (RingInUse, "RINGINUSE"),
];

/// The text is no word for a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no device state")]
pub struct StateError(String);

// === impl DeviceState ===

impl DeviceState {
    /// The word on the wire, as `DEVICE_STATE()` prints it.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(state, _)| *state == self).map_or("UNKNOWN", |(_, word)| word)
    }

    /// As Asterisk reads a word: in any case, and UNKNOWN if it knows none.
    pub fn read(word: &str) -> Self {
        let found = WORDS.iter().find(|(_, known)| known.eq_ignore_ascii_case(word));
        found.map_or(Unknown, |(state, _)| *state)
    }

    /// What one lamp shows when several PBXs say these; INVALID if none says anything.
    pub fn together(states: impl IntoIterator<Item = Self>) -> Self {
        let (mut sum, mut rings, mut talks) = (Invalid, false, false);
        for state in states {
            rings |= state == Ringing;
            talks |= matches!(state, InUse | OnHold | Busy);
            sum = if rings && talks { RingInUse } else { sum.max(state) };
        }
        sum
    }
}

impl fmt::Display for DeviceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for DeviceState {
    type Err = StateError;

    fn from_str(word: &str) -> Result<Self, StateError> {
        let found = WORDS.iter().find(|(_, known)| *known == word);
        found.map(|(state, _)| *state).ok_or_else(|| StateError(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_add_up_as_asterisk_was_seen_to_do_it() {
        for (one, other, sum) in [
            (InUse, Ringing, RingInUse),
            (OnHold, Ringing, RingInUse),
            (Busy, InUse, Busy),
            (NotInUse, Unavailable, NotInUse),
            (OnHold, InUse, InUse),
            (Invalid, Unknown, Unknown),
            (Unknown, Unavailable, Unavailable),
        ] {
            assert_eq!(DeviceState::together([one, other]), sum, "{one} {other}");
            assert_eq!(DeviceState::together([other, one]), sum, "{other} {one}");
        }
    }

    #[test]
    fn words_are_read_in_any_case() {
        assert_eq!(DeviceState::read("inuse"), InUse);
        assert_eq!(DeviceState::read("INUSE "), Unknown);
        assert_eq!("RINGING".parse(), Ok(Ringing));
        assert!("ringing".parse::<DeviceState>().is_err());
    }
}
