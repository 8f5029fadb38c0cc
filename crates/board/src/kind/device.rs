//! The states of a device as Asterisk numbers, spells and orders them
//! (`include/asterisk/devicestate.h`, `main/devicestate.c`; the same in 1.8, 11, 16 and 22).

use std::fmt;
use std::hash::Hasher;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Alternative, Alternatives, Arrived, FactValue, Reason, ValueError};

/// The state of a device. The discriminants are Asterisk's numbers, which cross the network in
/// corosync events and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DeviceState {
    /// The channel driver exists, but does not know the state of the device.
    Unknown = 0,
    /// Idle: it can be called, and nobody does.
    NotInUse = 1,
    /// In a call; another one may still get through.
    InUse = 2,
    /// In as many calls as it takes; another one is refused.
    Busy = 3,
    /// No device of that name is known to the PBX.
    Invalid = 4,
    /// Not registered, or not reachable.
    Unavailable = 5,
    /// Ringing, and in no call yet.
    Ringing = 6,
    /// In a call, and another one is ringing.
    RingInUse = 7,
    /// In a call that is on hold.
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

    /// Asterisk's number of the state (`enum ast_device_state`), 0 to 8.
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

    /// The strongest state, except that a ringing device which is also in use, on hold or busy somewhere shows
    /// RINGINUSE (Asterisk, `main/devicestate.c`, `ast_devstate_aggregate_add`). None without states.
    #[must_use]
    pub fn aggregate(states: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut strongest: Option<Self> = None;
        let mut ringing = false;
        let mut occupied = false;
        for state in states {
            ringing |= state == Self::Ringing;
            occupied |= state.occupies();
            if strongest.is_none_or(|held| held.strength() < state.strength()) {
                strongest = Some(state);
            }
        }
        if ringing && occupied { Some(Self::RingInUse) } else { strongest }
    }

    /// Which state wins when several PBXs speak of one device: 0 (INVALID) loses to all, 8
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

impl Serialize for DeviceState {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DeviceState {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<'de, str>::deserialize(from)?;
        word.parse().map_err(de::Error::custom)
    }
}

/// The state of a device, such as `PJSIP/100` (Asterisk, `main/devicestate.c`).
impl FactValue for DeviceState {
    const WORD: &'static str = "device";
    const ABOUT: &'static str = "the state of a device";
    const FORM: &'static str =
        "NOT_INUSE, INUSE, BUSY, RINGING, RINGINUSE, ONHOLD, UNAVAILABLE, UNKNOWN or INVALID";
    const RULE: &'static str = "asterisk-fold";
    const ANOTHER: &'static str = "state";
    const IS_ANONYMOUS: bool = true;
    const MOST_BYTES: usize = 16;

    fn examples() -> Vec<Self> {
        let mut all = Self::ALL.to_vec();
        all.sort_by_key(|state| *state != Self::InUse);
        all
    }

    fn fold<'a>(facts: impl Iterator<Item = Arrived<'a, Self>> + Clone) -> Option<Self> {
        Self::aggregate(facts.map(|fact| *fact.value))
    }

    fn explain(facts: &[Arrived<'_, Self>], lamp: &Self) -> Reason {
        let others = facts.iter().map(|fact| *fact.value).filter(|state| state != lamp);
        let is_said = facts.iter().any(|fact| fact.value == lamp);
        let occupied = others.clone().filter(|state| state.occupies());
        let by_strength = |state: &Self| state.strength();
        let decides = |decides: fn(Self, Self) -> bool| {
            facts.iter().map(|fact| decides(*fact.value, *lamp)).collect()
        };
        match (others.clone().max_by_key(by_strength), occupied.max_by_key(by_strength)) {
            (Some(beaten), _) if is_said => Reason {
                text: format!(
                    "the strongest of all facts; {lamp} ({}) beats {beaten} ({})",
                    lamp.strength(),
                    beaten.strength(),
                ),
                decides: decides(|state, lamp| state == lamp),
            },
            // Shown without being said: the one way is RINGING together with one of these.
            (_, Some(occupied)) => Reason {
                text: format!("RINGING together with {occupied} gives RINGINUSE"),
                decides: decides(|state, _| state == Self::Ringing || state.occupies()),
            },
            _ => Reason { text: format!("every fact says {lamp}"), decides: decides(|_, _| true) },
        }
    }

    /// Found by trying each state on the rule itself. Counts the states first: the rule hears each of the nine once,
    /// however many origins speak.
    fn what_if(said: &[Option<&Self>], lamp: Option<&Self>) -> Vec<Alternatives<Self>> {
        let count = |state| said.iter().filter(|said| **said == Some(&state)).count();
        let tally = Self::ALL.map(|state| (state, count(state)));
        said.iter().map(|present| alternatives(present.copied(), &tally, lamp.copied())).collect()
    }

    /// Always right: all nine words are values.
    fn check(&self) -> Result<(), ValueError> {
        Ok(())
    }

    fn mark(&self, hasher: &mut impl Hasher) {
        hasher.write(&[1, self.number()]);
    }

    /// `technology/name` or `provider:name`, also `MWI:1000@default` and `Local/1000@context`.
    fn looks_like(name: &str) -> bool {
        name.split('@').next().unwrap_or(name).contains(['/', ':'])
    }
}

/// What an origin that says `present` could say instead. `tally` says how many facts there are of each state, its own
/// included.
fn alternatives(
    present: Option<DeviceState>,
    tally: &[(DeviceState, usize)],
    lamp: Option<DeviceState>,
) -> Alternatives<DeviceState> {
    let by_others = tally
        .iter()
        .filter(|(state, count)| *count > usize::from(Some(*state) == present))
        .map(|(state, _)| *state);
    let tried = DeviceState::ALL.into_iter().filter(|said| Some(*said) != present);
    let given = |said| DeviceState::aggregate(by_others.clone().chain([said]));
    let changing: Vec<_> = tried
        .clone()
        .filter_map(|said| Some((said, given(said)?)))
        .filter(|(_, gives)| Some(*gives) != lamp)
        .map(|(said, gives)| Alternative { said, lamp: gives })
        .collect();
    if changing.len() == tried.count() {
        Alternatives::AnythingElse
    } else {
        Alternatives::Some(changing)
    }
}
