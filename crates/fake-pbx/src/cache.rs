//! What a PBX has heard, kept as Asterisk keeps it: of each device the state that each PBX says, of
//! each mailbox the counts that came last.

use std::collections::{BTreeMap, VecDeque};

use crate::device::DeviceState;

/// Entries that are kept; what comes after is announced and forgotten. Asterisk has no limit.
const MOST: usize = 500_000;

/// Announcements that are remembered; the oldest go.
const MOST_ANNOUNCED: usize = 4_096;

/// Counts of a mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Not listened to yet.
    pub new: u32,
    /// Listened to.
    pub old: u32,
}

/// What this PBX tells its phones, as its manager interface shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// The state of a device as all PBXs together see it.
    Device {
        /// The name of the device.
        device: String,
        /// Its aggregate, or the state itself where it is kept by nobody.
        state: DeviceState,
    },
    /// The counts of a mailbox.
    Mailbox {
        /// `1000@default`.
        mailbox: String,
        /// What is in it.
        messages: Messages,
    },
}

/// The cache of one PBX.
#[derive(Debug, Default)]
pub struct Cache {
    /// By device and by the EID of who says it.
    devices: BTreeMap<String, Vec<(String, DeviceState)>>,
    mailboxes: BTreeMap<String, Messages>,
    entries: usize,
    announced: VecDeque<Announcement>,
    /// How many were ever announced.
    count: usize,
}

// === impl Cache ===

impl Cache {
    /// The aggregate of a device; UNKNOWN if nobody says anything.
    pub fn state(&self, device: &str) -> DeviceState {
        match self.said(device) {
            [] => DeviceState::Unknown,
            said => DeviceState::together(said.iter().map(|(_, state)| *state)),
        }
    }

    /// Who says what about a device, by EID.
    pub fn said(&self, device: &str) -> &[(String, DeviceState)] {
        self.devices.get(device).map(Vec::as_slice).unwrap_or_default()
    }

    /// All devices that somebody says something about, with their aggregates.
    pub fn states(&self) -> impl Iterator<Item = (&str, DeviceState)> {
        self.devices.keys().map(|device| (device.as_str(), self.state(device)))
    }

    /// What is in a mailbox, if anybody ever said.
    pub fn mailbox(&self, mailbox: &str) -> Option<Messages> {
        self.mailboxes.get(mailbox).copied()
    }

    /// How many announcements there were, to ask later what came since.
    pub fn mark(&self) -> usize {
        self.count
    }

    /// What was announced since, as far as it is remembered.
    pub fn since(&self, mark: usize) -> impl Iterator<Item = &Announcement> {
        let new = self.count.saturating_sub(mark).min(self.announced.len());
        self.announced.iter().skip(self.announced.len() - new)
    }

    /// All that one PBX says, by device.
    pub(crate) fn said_by(&self, eid: &str) -> Vec<(String, DeviceState)> {
        let own = |(device, said): (&String, &Vec<(String, DeviceState)>)| {
            let own = said.iter().find(|(who, _)| who == eid);
            own.map(|(_, state)| (device.clone(), *state))
        };
        self.devices.iter().filter_map(own).collect()
    }

    /// Somebody says this of a device; whether it is news.
    pub(crate) fn hear_state(&mut self, device: &str, eid: &str, state: DeviceState) -> bool {
        let is_room = self.entries < MOST;
        match self.devices.get_mut(device) {
            Some(said) => match said.iter_mut().find(|(known, _)| known == eid) {
                Some((_, known)) if *known == state => return false,
                Some((_, known)) => *known = state,
                None if is_room => {
                    said.push((eid.to_owned(), state));
                    self.entries += 1;
                }
                None => {}
            },
            None if is_room => {
                self.devices.insert(device.to_owned(), vec![(eid.to_owned(), state)]);
                self.entries += 1;
            }
            None => {}
        }
        let state = self.state(device);
        self.announce(Announcement::Device { device: device.to_owned(), state });
        true
    }

    /// A state that nobody keeps: it is announced and gone.
    pub(crate) fn hear_passing(&mut self, device: &str, state: DeviceState) {
        self.announce(Announcement::Device { device: device.to_owned(), state });
    }

    /// Whoever says it last is right.
    pub(crate) fn hear_mailbox(&mut self, mailbox: &str, messages: Messages) {
        if self.mailboxes.len() < MOST || self.mailboxes.contains_key(mailbox) {
            self.mailboxes.insert(mailbox.to_owned(), messages);
        }
        self.announce(Announcement::Mailbox { mailbox: mailbox.to_owned(), messages });
    }

    fn announce(&mut self, announcement: Announcement) {
        if self.announced.len() >= MOST_ANNOUNCED {
            self.announced.pop_front();
        }
        self.announced.push_back(announcement);
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pbx_counts_once_and_a_repeat_is_no_news() {
        let mut cache = Cache::default();
        assert_eq!(cache.state("a"), DeviceState::Unknown);
        assert!(cache.hear_state("a", "1", DeviceState::InUse));
        assert!(!cache.hear_state("a", "1", DeviceState::InUse));
        assert!(cache.hear_state("a", "2", DeviceState::Ringing));
        assert_eq!(cache.state("a"), DeviceState::RingInUse);
        let mark = cache.mark();
        assert!(cache.hear_state("a", "1", DeviceState::Unknown));
        assert_eq!(cache.state("a"), DeviceState::Ringing);
        assert_eq!(cache.since(mark).count(), 1);
        cache.hear_passing("Local/x", DeviceState::InUse);
        assert_eq!((cache.state("Local/x"), cache.states().count()), (DeviceState::Unknown, 1));
        assert_eq!(cache.since(mark).count(), 2);
    }
}
