//! One PBX of the office: its phones with their legs, its parking places.

use std::collections::BTreeSet;

use crate::cache::Messages;
use crate::device::DeviceState;
use crate::phones::PhoneRange;

/// Where calls are parked; `res_parking` begins with these numbers too.
const PARKING: std::ops::RangeInclusive<u32> = 701..=720;

/// One PBX.
#[derive(Debug)]
pub struct Site {
    name: String,
    /// It is there, and not crashed.
    pub is_open: bool,
    pub phones: Vec<Phone>,
    /// The parking places in use.
    pub parked: BTreeSet<u32>,
}

/// One phone.
#[derive(Debug)]
pub struct Phone {
    pub number: u32,
    pub legs: Vec<Leg>,
    pub messages: Messages,
}

/// One end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// It talks, or calls and hears it ring.
    Talks,
    Rings,
    Holds,
}

/// The lamp of a parking place.
pub fn parking(place: u32) -> String {
    format!("park:{place}@parkedcalls")
}

/// The mailbox of a phone.
pub fn mailbox(number: u32) -> String {
    format!("{number}@default")
}

// === impl Site ===

impl Site {
    pub fn new(name: &str, phones: PhoneRange) -> Self {
        let phone = |number| Phone { number, legs: Vec::new(), messages: Messages::default() };
        let phones = phones.numbers().map(phone).collect();
        Self { name: name.to_owned(), is_open: true, phones, parked: BTreeSet::new() }
    }

    /// What the other PBXs call the line to this one.
    pub fn trunk(&self) -> String {
        format!("PJSIP/{}", self.name)
    }

    /// Its phones, and the lamps of mailboxes that were ever used.
    pub fn devices(&self) -> Vec<String> {
        let used = self.phones.iter().filter(|phone| phone.messages != Messages::default());
        let lamps = used.map(|phone| format!("MWI:{}", mailbox(phone.number)));
        self.phones.iter().map(Phone::device).chain(lamps).collect()
    }

    /// The state of a device of its own, if it is one.
    pub fn state(&self, device: &str) -> Option<DeviceState> {
        if let Some(place) = device.strip_prefix("park:") {
            let place = place.split('@').next().and_then(|place| place.parse().ok());
            return Some(in_use(place.is_some_and(|place: u32| self.parked.contains(&place))));
        }
        if let Some(lamp) = device.strip_prefix("MWI:") {
            let owner = self.phones.iter().find(|phone| mailbox(phone.number) == lamp);
            return owner.map(|phone| in_use(phone.messages.new > 0));
        }
        self.phones.iter().find(|phone| phone.device() == device).map(Phone::state)
    }

    /// A free parking place, taken.
    pub fn park(&mut self) -> Option<u32> {
        let place = PARKING.into_iter().find(|place| !self.parked.contains(place))?;
        self.parked.insert(place);
        Some(place)
    }
}

// === impl Phone ===

impl Phone {
    pub fn device(&self) -> String {
        format!("PJSIP/{}", self.number)
    }

    pub fn is_idle(&self) -> bool {
        self.legs.is_empty()
    }

    fn state(&self) -> DeviceState {
        let has = |leg| self.legs.contains(&leg);
        match (has(Leg::Rings), has(Leg::Talks), has(Leg::Holds)) {
            (true, false, false) => DeviceState::Ringing,
            (true, ..) => DeviceState::RingInUse,
            (false, true, _) => DeviceState::InUse,
            (false, false, true) => DeviceState::OnHold,
            (false, false, false) => DeviceState::NotInUse,
        }
    }
}

fn in_use(is_used: bool) -> DeviceState {
    if is_used { DeviceState::InUse } else { DeviceState::NotInUse }
}
