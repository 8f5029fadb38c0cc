//! All PBXs of the office with what their lamps show. Whatever changes a lamp is noted, so that it is
//! said once and as it is in the end.

use std::collections::{BTreeMap, BTreeSet};

use super::site::{Leg, Phone, Site, mailbox, parking};
use super::{PbxWord, Word};
use crate::cache::Messages;
use crate::chance::Chance;
use crate::device::DeviceState;
use crate::phones::PhoneRange;

/// The PBXs, the lines between them, and what is still to be said.
#[derive(Debug, Default)]
pub struct Floor {
    sites: Vec<Site>,
    /// Calls between two PBXs, by the lower and the higher place.
    lines: BTreeMap<(usize, usize), usize>,
    touched: BTreeSet<(usize, String)>,
    counted: Vec<PbxWord>,
}

// === impl Floor ===

impl Floor {
    pub fn new(pbxs: &[(String, PhoneRange)]) -> Self {
        let sites = pbxs.iter().map(|(name, phones)| Site::new(name, *phones));
        Self { sites: sites.collect(), ..Self::default() }
    }

    /// All devices of a PBX, trunks to the others among them.
    pub fn states(&self, at: usize) -> Vec<(String, DeviceState)> {
        let Some(site) = self.sites.get(at) else { return Vec::new() };
        let others = self.sites.iter().enumerate().filter(|(other, _)| *other != at);
        let trunks = others.map(|(_, other)| other.trunk());
        let devices = site.devices().into_iter().chain(trunks);
        devices.map(|device| (device.clone(), self.state(at, &device))).collect()
    }

    /// What is to be said since this was asked last; a PBX that is down says nothing.
    pub fn take_said(&mut self) -> Vec<PbxWord> {
        let mut said = std::mem::take(&mut self.counted);
        for (site, device) in std::mem::take(&mut self.touched) {
            let state = self.state(site, &device);
            said.push(PbxWord { site, word: Word::Device(device, state) });
        }
        said.retain(|said| self.sites.get(said.site).is_some_and(|site| site.is_open));
        said
    }

    pub fn open(&mut self, at: usize) {
        self.at(at, |site| site.is_open = true);
    }

    /// Its calls are gone; what is in its mailboxes is kept on its disk.
    pub fn close(&mut self, at: usize) {
        self.at(at, |site| {
            site.is_open = false;
            site.parked.clear();
            site.phones.iter_mut().for_each(|phone| phone.legs.clear());
        });
    }

    /// How many PBXs are there.
    pub fn count_open(&self) -> usize {
        self.sites.iter().filter(|site| site.is_open).count()
    }

    /// One of the phones that fit.
    pub fn some(
        &self,
        chance: &mut Chance,
        fits: impl Fn((usize, usize), &Phone) -> bool,
    ) -> Option<(usize, usize)> {
        let mut fitting = Vec::new();
        for (at, site) in self.sites.iter().enumerate().filter(|(_, site)| site.is_open) {
            let phones = site.phones.iter().enumerate();
            let places = phones.filter(|(place, phone)| fits((at, *place), phone));
            fitting.extend(places.map(|(place, _)| (at, place)));
        }
        fitting.get(chance.below(fitting.len())).copied()
    }

    pub fn number(&self, (at, place): (usize, usize)) -> u32 {
        let phone = self.sites.get(at).and_then(|site| site.phones.get(place));
        phone.map_or(0, |phone| phone.number)
    }

    pub fn messages(&self, (at, place): (usize, usize)) -> Messages {
        let phone = self.sites.get(at).and_then(|site| site.phones.get(place));
        phone.map(|phone| phone.messages).unwrap_or_default()
    }

    /// The counts of a phone's mailbox change, and with them its lamp.
    pub fn count(&mut self, (at, place): (usize, usize), change: impl FnOnce(&mut Messages)) {
        let phone = self.sites.get_mut(at).and_then(|site| site.phones.get_mut(place));
        let Some(phone) = phone else { return };
        change(&mut phone.messages);
        let (mailbox, messages) = (mailbox(phone.number), phone.messages);
        self.touched.insert((at, format!("MWI:{mailbox}")));
        self.counted.push(PbxWord { site: at, word: Word::Mailbox(mailbox, messages) });
    }

    /// A free parking place, taken.
    pub fn park(&mut self, at: usize) -> Option<u32> {
        let place = self.sites.get_mut(at)?.park()?;
        self.touched.insert((at, parking(place)));
        Some(place)
    }

    pub fn unpark(&mut self, at: usize, place: u32) {
        self.at(at, |site| {
            site.parked.remove(&place);
        });
        self.touched.insert((at, parking(place)));
    }

    /// A phone is in one more call.
    pub fn add(&mut self, (at, place): (usize, usize), leg: Leg) {
        let phone = self.sites.get_mut(at).and_then(|site| site.phones.get_mut(place));
        let Some(phone) = phone else { return };
        phone.legs.push(leg);
        self.touched.insert((at, phone.device()));
    }

    /// A call of a phone ends.
    pub fn remove(&mut self, (at, place): (usize, usize), leg: Leg) {
        let phone = self.sites.get_mut(at).and_then(|site| site.phones.get_mut(place));
        let Some(phone) = phone else { return };
        if let Some(found) = phone.legs.iter().position(|known| *known == leg) {
            phone.legs.remove(found);
        }
        self.touched.insert((at, phone.device()));
    }

    pub fn change(&mut self, phone: (usize, usize), from: Leg, to: Leg) {
        self.remove(phone, from);
        self.add(phone, to);
    }

    /// One more call goes from one PBX to another.
    pub fn connect(&mut self, one: usize, other: usize) {
        if one != other {
            *self.lines.entry((one.min(other), one.max(other))).or_default() += 1;
            self.touch_trunks(one, other);
        }
    }

    pub fn disconnect(&mut self, one: usize, other: usize) {
        if one != other {
            let calls = self.lines.entry((one.min(other), one.max(other))).or_default();
            *calls = calls.saturating_sub(1);
            self.touch_trunks(one, other);
        }
    }

    fn touch_trunks(&mut self, one: usize, other: usize) {
        for (here, there) in [(one, other), (other, one)] {
            if let Some(site) = self.sites.get(there) {
                self.touched.insert((here, site.trunk()));
            }
        }
    }

    /// What the lamp of a device shows at a PBX.
    pub fn state(&self, at: usize, device: &str) -> DeviceState {
        let own = self.sites.get(at).and_then(|site| site.state(device));
        own.unwrap_or_else(|| {
            let other = self.sites.iter().position(|site| site.trunk() == device);
            let calls = other.and_then(|other| self.lines.get(&(at.min(other), at.max(other))));
            if calls.is_some_and(|calls| *calls > 0) {
                DeviceState::InUse
            } else {
                DeviceState::NotInUse
            }
        })
    }

    fn at(&mut self, at: usize, change: impl FnOnce(&mut Site)) {
        if let Some(site) = self.sites.get_mut(at) {
            change(site);
        }
    }
}
