//! An office with phones on one or several PBXs: people call each other, answer or do not, hold, park,
//! leave messages and listen to them. It knows no clock and no network: it is told how late it is and
//! says what each PBX would say then.
//!
//! What shows is what an Asterisk shows: the phone of a caller is in use from the first ring on, a
//! trunk is in use at both ends of a call between two PBXs, a parked call is the lamp of its place.

mod call;
mod floor;
mod site;

use std::fmt;
use std::time::Duration;

use crate::cache::Messages;
use crate::chance::Chance;
use crate::device::DeviceState;
use crate::phones::PhoneRange;
use call::{Call, Fate, Stage};
use floor::Floor;
use site::{Leg, Phone};

/// How soon after the start the first phone rings, and how soon it is looked again while no PBX is there.
const FIRST_CALL: Duration = Duration::from_millis(300);

/// What one PBX says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PbxWord {
    /// Which PBX, by its place.
    pub site: usize,
    /// The state or the count of messages that it tells.
    pub word: Word,
}

/// One thing that a PBX says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A device has a state.
    Device(String, DeviceState),
    /// A mailbox has counts.
    Mailbox(String, Messages),
}

/// What people do, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening(String);

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// People at the phones of some PBXs, who call each other and leave messages: what happens, and when.
#[derive(Debug)]
pub struct Office {
    floor: Floor,
    calls: Vec<Call>,
    /// From one call to the next, on average.
    pace: Duration,
    next_call: Duration,
    chance: Chance,
    happened: Vec<Happening>,
}

// === impl Office ===

impl Office {
    /// An office of these PBXs, with so many calls a minute for each of them. The same seed makes the
    /// same calls.
    pub fn new(pbxs: &[(String, PhoneRange)], calls_per_minute: u32, seed: u64) -> Self {
        let calls = calls_per_minute.max(1).saturating_mul(u32::try_from(pbxs.len()).unwrap_or(1));
        Self {
            floor: Floor::new(pbxs),
            calls: Vec::new(),
            pace: Duration::from_secs(60) / calls.max(1),
            next_call: FIRST_CALL,
            chance: Chance::new(seed),
            happened: Vec::new(),
        }
    }

    /// What the devices of a PBX show now: what it says when it logs in.
    pub fn states(&self, site: usize) -> Vec<(String, DeviceState)> {
        self.floor.states(site)
    }

    /// When something happens next, counted from the start.
    pub fn next(&self) -> Duration {
        self.calls.iter().map(|call| call.until).fold(self.next_call, Duration::min)
    }

    /// Lets everything happen that is due by then.
    pub fn pass(&mut self, now: Duration) {
        while let Some(due) = self.calls.iter().position(|call| call.until <= now) {
            let call = self.calls.remove(due);
            let call = self.advanced(call, now);
            self.calls.extend(call);
        }
        if self.next_call <= now && self.floor.count_open() == 0 {
            self.next_call = now + FIRST_CALL;
        } else if self.next_call <= now {
            let call = self.begun(now);
            self.calls.extend(call);
            let (from, to) = (self.pace / 2, self.pace * 3 / 2);
            self.next_call = now + self.chance.between(from, to);
        }
    }

    /// What was said since this was asked last.
    pub fn take_said(&mut self) -> Vec<PbxWord> {
        self.floor.take_said()
    }

    /// What people did since this was asked last.
    pub fn take_happened(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happened)
    }

    /// A PBX dies with its calls; who talked to its phones hears nothing any more and hangs up.
    pub fn crash(&mut self, site: usize) {
        let (ended, left): (Vec<_>, Vec<_>) =
            self.calls.drain(..).partition(|call| call.sites().contains(&site));
        self.calls = left;
        for call in ended {
            self.hang_up(call);
        }
        self.floor.close(site);
    }

    /// A PBX is there again, with idle phones.
    pub fn come_back(&mut self, site: usize) {
        self.floor.open(site);
    }

    /// Somebody calls, or listens to messages instead.
    fn begun(&mut self, now: Duration) -> Option<Call> {
        let from = self.floor.some(&mut self.chance, |_, phone| phone.is_idle())?;
        let until = now + self.some(2_000, 5_000);
        let number = self.floor.number(from);
        if self.floor.messages(from).new > 0 && self.chance.percent(70) {
            self.floor.add(from, Leg::Talks);
            self.tell(format!("{number} listens to its messages"));
            return Some(Call { from, to: from, stage: Stage::Listens, fate: Fate::Talk, until });
        }
        let goes_out = self.floor.count_open() > 1 && self.chance.percent(60);
        let is_other = |at: (usize, usize)| at != from && (at.0 != from.0) == goes_out;
        // Now and then it rings at somebody who talks already.
        let talks = |at, phone: &Phone| is_other(at) && phone.legs == [Leg::Talks];
        let busy =
            if self.chance.percent(10) { self.floor.some(&mut self.chance, talks) } else { None };
        let idle = |at, phone: &Phone| is_other(at) && phone.is_idle();
        let to = busy.or_else(|| self.floor.some(&mut self.chance, idle))?;
        let fate = match self.chance.below(10) {
            _ if busy.is_some() => Fate::Unanswered,
            0 | 1 => Fate::Unanswered,
            2 | 3 => Fate::Hold,
            4 | 5 => Fate::Park,
            _ => Fate::Talk,
        };
        self.floor.add(from, Leg::Talks);
        self.floor.add(to, Leg::Rings);
        self.floor.connect(from.0, to.0);
        self.tell(format!("{number} calls {}", self.floor.number(to)));
        Some(Call { from, to, stage: Stage::Rings, fate, until })
    }

    /// The next thing happens in a call; the call, if it goes on.
    fn advanced(&mut self, mut call: Call, now: Duration) -> Option<Call> {
        let (from, to) = (self.floor.number(call.from), self.floor.number(call.to));
        match (call.stage, call.fate) {
            (Stage::Rings, Fate::Unanswered) => {
                self.tell(format!("nobody answers at {to}: a message is left"));
                self.floor.count(call.to, |messages| messages.new += 1);
                return self.hang_up(call);
            }
            (Stage::Listens, _) => {
                self.floor.count(call.from, |messages| {
                    messages.old = messages.old.saturating_add(std::mem::take(&mut messages.new));
                });
                return self.hang_up(call);
            }
            (Stage::Rings, _) => {
                self.tell(format!("{to} answers {from}"));
                self.floor.change(call.to, Leg::Rings, Leg::Talks);
                call.stage = Stage::Talks;
            }
            (Stage::Talks, Fate::Hold) => {
                self.tell(format!("{to} puts {from} on hold"));
                self.floor.change(call.to, Leg::Talks, Leg::Holds);
                (call.stage, call.fate) = (Stage::Holds, Fate::Talk);
            }
            (Stage::Holds, _) => {
                self.tell(format!("{to} takes {from} off hold"));
                self.floor.change(call.to, Leg::Holds, Leg::Talks);
                call.stage = Stage::Talks;
            }
            (Stage::Talks, Fate::Park) => {
                let Some(place) = self.floor.park(call.to.0) else { return self.hang_up(call) };
                self.tell(format!("{to} parks {from} at {place}"));
                self.floor.remove(call.to, Leg::Talks);
                (call.stage, call.fate) = (Stage::Parked(place), Fate::Talk);
            }
            (Stage::Parked(place), _) => {
                let is_near = |at: (usize, usize)| at.0 == call.to.0 && at != call.from;
                let idle = |at, phone: &Phone| is_near(at) && phone.is_idle();
                let taker = self.floor.some(&mut self.chance, idle);
                let Some(taker) = taker else { return self.hang_up(call) };
                self.tell(format!("{} takes {from} from {place}", self.floor.number(taker)));
                self.floor.unpark(call.to.0, place);
                self.floor.add(taker, Leg::Talks);
                (call.to, call.stage) = (taker, Stage::Talks);
            }
            (Stage::Talks, Fate::Talk | Fate::Unanswered) => {
                self.tell(format!("{from} and {to} hang up"));
                return self.hang_up(call);
            }
        }
        call.until = now + self.some(3_000, 9_000);
        Some(call)
    }

    /// All legs of a call end, and so does the call.
    fn hang_up(&mut self, call: Call) -> Option<Call> {
        self.floor.remove(call.from, Leg::Talks);
        match call.stage {
            Stage::Rings => self.floor.remove(call.to, Leg::Rings),
            Stage::Talks => self.floor.remove(call.to, Leg::Talks),
            Stage::Holds => self.floor.remove(call.to, Leg::Holds),
            Stage::Parked(place) => self.floor.unpark(call.to.0, place),
            Stage::Listens => {}
        }
        self.floor.disconnect(call.from.0, call.to.0);
        None
    }

    fn some(&mut self, from_ms: u64, to_ms: u64) -> Duration {
        self.chance.between(Duration::from_millis(from_ms), Duration::from_millis(to_ms))
    }

    fn tell(&mut self, what: String) {
        self.happened.push(Happening(what));
    }
}

#[cfg(test)]
mod tests;
