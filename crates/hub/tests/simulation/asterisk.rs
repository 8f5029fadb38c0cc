//! One Asterisk process: what it says itself, and the cache of what it heard, with the habits of
//! the real one. It remembers while it is disconnected and forgets only when the process ends.

use std::collections::BTreeMap;

use lampfield_board::{
    Cachable, Change, DeviceState, Eid, FactState, Kind, MessageCount, Subject, Value,
};

pub struct Asterisk {
    pub eid: Eid,
    /// Its own devices, all of which it repeats whenever it logs in.
    pub own: BTreeMap<Subject, DeviceState>,
    heard: BTreeMap<(Subject, Eid), DeviceState>,
    mailboxes: BTreeMap<Subject, MessageCount>,
}

impl Asterisk {
    pub fn new(eid: Eid) -> Self {
        Self { eid, own: BTreeMap::new(), heard: BTreeMap::new(), mailboxes: BTreeMap::new() }
    }

    /// Takes in one message as Asterisk does: its own echo and what is not to be cached are dropped.
    pub fn hear(&mut self, change: &Change) {
        let own_echo = change.origin.eid() == self.eid;
        if own_echo || change.cachable == Cachable::No {
            return;
        }
        match &change.state {
            FactState::Live(Value::Mailbox(count)) => {
                self.mailboxes.insert(change.subject.clone(), *count);
            }
            FactState::Live(Value::Device(state)) => self.hear_device(change, *state),
            FactState::Live(other) => panic!("an Asterisk cannot be told {other}"),
            FactState::Withdrawn(_) if change.subject.kind() == Kind::Mailbox => {
                self.mailboxes.remove(&change.subject);
            }
            FactState::Withdrawn(_) => self.hear_device(change, DeviceState::Unknown),
            FactState::Unavailable(_) => self.hear_device(change, DeviceState::Unavailable),
        }
    }

    /// UNKNOWN of a device that was never heard of from there is dropped.
    fn hear_device(&mut self, change: &Change, state: DeviceState) {
        let key = (change.subject.clone(), change.origin.eid());
        if state != DeviceState::Unknown || self.heard.contains_key(&key) {
            self.heard.insert(key, state);
        }
    }

    /// What others say of a device, as this one adds it up.
    pub fn shows(&self, device: &Subject) -> DeviceState {
        let states = self.heard.iter().filter(|((of, _), _)| of == device).map(|(_, state)| *state);
        settled(DeviceState::aggregate(states))
    }

    pub fn mailbox(&self, mailbox: &Subject) -> Option<MessageCount> {
        self.mailboxes.get(mailbox).copied()
    }

    /// Whether it has something cached of this device from there.
    pub fn knows(&self, device: &Subject, eid: Eid) -> bool {
        self.heard.contains_key(&(device.clone(), eid))
    }
}

/// No fact counts as UNKNOWN, and so does INVALID, the one state that a withdrawal outranks.
pub fn settled(lamp: Option<DeviceState>) -> DeviceState {
    lamp.filter(|state| *state != DeviceState::Invalid).unwrap_or(DeviceState::Unknown)
}
