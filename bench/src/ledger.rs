//! The accounts of a run: every copy of every publish that every hearer must get, once and in the
//! order of its device. It measures nothing but the time a copy took.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::item::{DEVICES, Heard, STATES};

/// What happened to the copies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many publishes were sent.
    pub published: u64,
    /// Copies that came, each where it belongs.
    pub delivered: u64,
    /// Copies that never came.
    pub lost: u64,
    /// Copies that came again.
    pub duplicated: u64,
    /// Copies that came after a later one.
    pub disordered: u64,
    /// Publishes that the server answered with an error.
    pub refused: u64,
}

/// One publish that is not everywhere yet.
#[derive(Debug)]
struct Pending {
    /// When it was meant to be sent.
    due: Instant,
    copies_left: usize,
    answered: bool,
}

/// The publishes of one publisher, from the oldest that is not done.
#[derive(Debug, Default)]
struct Flights {
    first: u32,
    pending: VecDeque<Pending>,
    in_flight: usize,
    answered: u32,
}

/// The accounts of all publishers and hearers.
#[derive(Debug)]
pub struct Ledger {
    hearers: usize,
    publishers: usize,
    flights: Vec<Flights>,
    /// How many rounds of each device each hearer has had: [hearer][publisher][device].
    rounds: Vec<u32>,
    counts: Counts,
}

impl Ledger {
    /// Accounts in which nothing was published yet.
    pub fn new(publishers: usize, hearers: usize) -> Self {
        let flights = std::iter::repeat_with(Flights::default).take(publishers).collect();
        let rounds = vec![0; hearers * publishers * DEVICES as usize];
        Self { hearers, publishers, flights, rounds, counts: Counts::default() }
    }

    /// Notes a publish; gives its number.
    pub fn published(&mut self, publisher: usize, due: Instant) -> u32 {
        let Some(flights) = self.flights.get_mut(publisher) else { return 0 };
        let pending = Pending { due, copies_left: self.hearers, answered: false };
        flights.pending.push_back(pending);
        flights.in_flight += 1;
        self.counts.published += 1;
        flights.first + (flights.pending.len() as u32 - 1)
    }

    /// Notes the server's answer to a publish.
    pub fn answered(&mut self, publisher: usize, number: u32) {
        if let Some(flights) = self.flights.get_mut(publisher) {
            flights.settle(number, |pending| pending.answered = true);
        }
    }

    /// Notes an answer that carries no number: they come in order.
    pub fn answered_next(&mut self, publisher: usize) {
        let Some(flights) = self.flights.get_mut(publisher) else { return };
        let number = flights.answered;
        flights.answered += 1;
        self.answered(publisher, number);
    }

    /// Notes an error as the answer; no copies are awaited.
    pub fn refused(&mut self, publisher: usize, number: u32) {
        self.counts.refused += 1;
        if let Some(flights) = self.flights.get_mut(publisher) {
            flights.settle(number, |pending| {
                pending.answered = true;
                pending.copies_left = 0;
            });
        }
    }

    /// Notes a copy. Gives when it was due, if it is the next one of its device.
    pub fn heard(&mut self, hearer: usize, heard: Heard) -> Option<Instant> {
        let (publisher, device) = (heard.publisher as usize, heard.device);
        let slot = (hearer * self.publishers + publisher) * DEVICES as usize + device as usize;
        let round = self.rounds.get_mut(slot)?;
        let flights = self.flights.get_mut(publisher)?;
        let of_all = STATES.len() as u32;
        let ahead = (heard.state + of_all - *round % of_all) % of_all;
        if ahead > of_all / 2 {
            match of_all - ahead {
                1 => self.counts.duplicated += 1,
                // It was counted as lost when the later one came.
                _ => {
                    self.counts.disordered += 1;
                    self.counts.lost = self.counts.lost.saturating_sub(1);
                }
            }
            return None;
        }
        let mut due = None;
        for missed_or_this in *round..=*round + ahead {
            let number = missed_or_this * DEVICES + device;
            due = flights.settle(number, |pending| {
                pending.copies_left = pending.copies_left.saturating_sub(1);
            });
        }
        *round += ahead + 1;
        self.counts.delivered += 1;
        self.counts.lost += u64::from(ahead);
        due
    }

    /// How many publishes of this publisher are under way.
    pub fn in_flight(&self, publisher: usize) -> usize {
        self.flights.get(publisher).map_or(0, |flights| flights.in_flight)
    }

    /// Whether nothing is under way.
    pub fn is_settled(&self) -> bool {
        self.flights.iter().all(|flights| flights.in_flight == 0)
    }

    /// Begins to count publishes and deliveries anew; what went wrong before stays.
    pub fn begin_count(&mut self) {
        (self.counts.published, self.counts.delivered) = (0, 0);
    }

    /// What happened so far; what is under way is in none but the published.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What happened, when nothing more is awaited: what is under way is lost.
    pub fn close(&self) -> Counts {
        let pending = self.flights.iter().flat_map(|flights| &flights.pending);
        let open: usize = pending.map(|pending| pending.copies_left).sum();
        Counts { lost: self.counts.lost + open as u64, ..self.counts }
    }
}

// === impl Flights ===

impl Flights {
    /// Changes a publish that is under way; gives when it was due.
    fn settle(&mut self, number: u32, change: impl FnOnce(&mut Pending)) -> Option<Instant> {
        let index = number.checked_sub(self.first)? as usize;
        let pending = self.pending.get_mut(index)?;
        let was_done = pending.is_done();
        change(pending);
        let due = pending.due;
        if pending.is_done() && !was_done {
            self.in_flight -= 1;
            while self.pending.front().is_some_and(Pending::is_done) {
                self.pending.pop_front();
                self.first += 1;
            }
        }
        Some(due)
    }
}

// === impl Pending ===

impl Pending {
    fn is_done(&self) -> bool {
        self.answered && self.copies_left == 0
    }
}

/// The times that copies took.
#[derive(Debug, Default)]
pub struct Latencies {
    micros: Vec<u32>,
}

impl Latencies {
    /// Notes one; more than an hour counts as an hour.
    pub fn add(&mut self, latency: Duration) {
        self.micros.push(latency.as_micros().min(3_600_000_000) as u32);
    }

    /// The smallest latency that this part (0 to 1) of all does not exceed, in milliseconds.
    pub fn quantile(&mut self, part: f64) -> Option<f64> {
        self.micros.sort_unstable();
        let last = self.micros.len().checked_sub(1)?;
        let index = (self.micros.len() as f64 * part).ceil() as usize;
        self.micros.get(index.saturating_sub(1).min(last)).map(|micros| f64::from(*micros) / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(device: u32, state: u32) -> Heard {
        Heard { publisher: 0, device, state }
    }

    /// Three rounds of one device for one hearer, all answered.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::new(1, 1);
        for number in 0..3 * DEVICES {
            assert_eq!(ledger.published(0, Instant::now()), number);
            ledger.answered(0, number);
        }
        ledger
    }

    #[test]
    fn a_run_without_fault_settles() {
        let mut ledger = ledger();
        for round in 0..3 {
            for device in 0..DEVICES {
                assert!(!ledger.is_settled());
                assert!(ledger.heard(0, copy(device, round)).is_some());
            }
        }
        assert!(ledger.is_settled());
        let wanted = Counts { published: 300, delivered: 300, ..Counts::default() };
        assert_eq!(ledger.close(), wanted);
    }

    #[test]
    fn loss_duplication_and_order_are_seen() {
        let mut ledger = ledger();
        ledger.heard(0, copy(7, 0));
        ledger.heard(0, copy(7, 0));
        ledger.heard(0, copy(7, 2));
        ledger.heard(0, copy(7, 1));
        let counts = ledger.counts();
        assert_eq!((counts.duplicated, counts.lost, counts.disordered), (1, 0, 1));
        assert_eq!(ledger.close().lost, 99 * 3);
    }

    #[test]
    fn a_refused_publish_awaits_no_copies() {
        let mut ledger = Ledger::new(1, 5);
        let number = ledger.published(0, Instant::now());
        ledger.refused(0, number);
        assert!(ledger.is_settled());
        assert_eq!(ledger.close().refused, 1);
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let mut latencies = Latencies::default();
        (1..=100).for_each(|millis| latencies.add(Duration::from_millis(millis)));
        assert_eq!(latencies.quantile(0.5), Some(50.0));
        assert_eq!(latencies.quantile(0.99), Some(99.0));
        assert_eq!(latencies.quantile(1.0), Some(100.0));
        assert_eq!(Latencies::default().quantile(0.5), None);
    }
}
