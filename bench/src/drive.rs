//! The two ways to load a server: as many publishes as fit under way, and a fixed rate. Both end
//! when every copy has come, or nothing more comes.

use std::time::{Duration, Instant};

use crate::args::Pace;
use crate::crowd::Crowd;
use crate::error::BenchError;
use crate::frame::attribute;
use crate::item::{Items, number};
use crate::ledger::{Latencies, Ledger};
use crate::meter::{Meter, Stopwatch, Took};
use crate::raw;
use crate::report::Report;
use crate::role::Role;
use crate::talk::{head, is_error};
use crate::target::Target;

/// The longest sleep between two looks at the clock.
const NAP: Duration = Duration::from_millis(100);
/// Whoever has heard nothing for so long has been told everything.
const QUIET: Duration = Duration::from_millis(200);
/// The system wakes a sleeper this much late; the rest of a wait is spent looking at the clock.
const LATE: Duration = Duration::from_millis(2);

/// Everybody who takes part, logged in and subscribed.
pub struct Drive<'t> {
    target: &'t Target,
    crowd: Crowd,
    items: Items,
    ledger: Ledger,
    /// Only where the time of a copy means something.
    latencies: Option<Latencies>,
    /// Clients from here on hear; those before only publish.
    first_hearer: usize,
    publishers: usize,
    watch: Option<Stopwatch<'t>>,
    /// What the crowd had read when the watch was started.
    reads_before: u64,
}

// === impl Drive ===

impl<'t> Drive<'t> {
    /// One client that publishes and others that hear.
    ///
    /// # Errors
    /// A login fails.
    pub fn fanout(target: &'t Target, subscribers: usize) -> Result<Self, BenchError> {
        Self::gather(target, 1, 1, subscribers)
    }

    /// Clients that all publish and hear.
    ///
    /// # Errors
    /// A login fails.
    pub fn mesh(target: &'t Target, servers: usize) -> Result<Self, BenchError> {
        Self::gather(target, servers, 0, servers)
    }

    fn gather(
        target: &'t Target,
        publishers: usize,
        first_hearer: usize,
        hearers: usize,
    ) -> Result<Self, BenchError> {
        let mut talks = Vec::new();
        for client in 0..first_hearer + hearers {
            let role = match (client < publishers, client >= first_hearer) {
                (true, true) => Role::Both,
                (true, false) => Role::Publisher,
                _ => Role::Hearer,
            };
            let mut talk = target.login(client, role)?;
            if client == 0 {
                target.make_node(&mut talk, &(publishers * 100).to_string())?;
            }
            if client >= first_hearer {
                target.subscribe(&mut talk, client)?;
            }
            talks.push(talk);
        }
        Ok(Self {
            target,
            crowd: Crowd::new(talks)?,
            items: Items::new(publishers),
            ledger: Ledger::new(publishers, hearers),
            latencies: None,
            first_hearer,
            publishers,
            watch: None,
            reads_before: 0,
        })
    }

    /// Waits until what the server tells newcomers has come: while they catch up, they are told
    /// only the newest state of each device.
    ///
    /// # Errors
    /// A connection ends.
    pub fn settle(&mut self) -> Result<(), BenchError> {
        let (mut reads, mut since) = (self.crowd.reads(), Instant::now());
        while since.elapsed() < QUIET {
            self.hear(NAP)?;
            if self.crowd.reads() != reads {
                (reads, since) = (self.crowd.reads(), Instant::now());
            }
        }
        Ok(())
    }

    /// Keeps `pace.in_flight` publishes of each publisher under way.
    ///
    /// # Errors
    /// A connection ends.
    pub fn closed(&mut self, pace: &Pace) -> Result<(), BenchError> {
        // What happens only the first time is not measured: buffers grow, places are made.
        let warm = Pace { span: pace.span / 4, ..*pace };
        self.push(&warm)?;
        self.start()?;
        self.push(pace)
    }

    fn push(&mut self, pace: &Pace) -> Result<(), BenchError> {
        let end = Instant::now() + pace.span;
        let before = self.ledger.counts().published;
        let most = pace.count.unwrap_or(u64::MAX);
        loop {
            let now = Instant::now();
            if now > end || self.ledger.counts().published - before >= most {
                break;
            }
            for publisher in 0..self.publishers {
                let room = pace.in_flight.saturating_sub(self.ledger.in_flight(publisher));
                let left = most - (self.ledger.counts().published - before);
                let count = (room as u64).min(left);
                for _ in 0..count {
                    self.publish(publisher, now)?;
                }
            }
            self.hear(NAP)?;
        }
        self.drain()
    }

    /// Publishes at a fixed rate, each publisher in turn, however long the answers take.
    ///
    /// # Errors
    /// A connection ends.
    pub fn open(&mut self, rate: f64, span: Duration) -> Result<(), BenchError> {
        self.push(&Pace { in_flight: 1, span: Duration::from_millis(500), count: Some(200) })?;
        self.latencies = Some(Latencies::default());
        self.start()?;
        let (begin, count) = (Instant::now(), (rate * span.as_secs_f64()) as u64);
        for sent in 0..count {
            let due = begin + Duration::from_secs_f64(sent as f64 / rate);
            while let Some(left) = due.checked_duration_since(Instant::now()) {
                self.hear(left.saturating_sub(LATE))?;
            }
            let publisher = (sent % self.publishers as u64) as usize;
            self.publish(publisher, due)?;
        }
        self.drain()
    }

    /// Sends one publish in a write of its own, as Asterisk does.
    fn publish(&mut self, publisher: usize, due: Instant) -> Result<(), BenchError> {
        let number = self.ledger.published(publisher, due);
        if let Some(out) = self.crowd.out(publisher) {
            let item = |out: &mut Vec<u8>| self.items.write(out, publisher, number);
            self.target.write_publish(out, publisher, number, item);
        }
        self.crowd.flush(publisher)
    }

    /// Waits until everything has come, or nothing has come for the target's patience.
    fn drain(&mut self) -> Result<(), BenchError> {
        let (mut seen, mut since) = (self.ledger.counts(), Instant::now());
        while !self.ledger.is_settled() && since.elapsed() < self.target.patience() {
            self.hear(NAP)?;
            if self.ledger.counts() != seen {
                (seen, since) = (self.ledger.counts(), Instant::now());
            }
        }
        Ok(())
    }

    fn hear(&mut self, wait: Duration) -> Result<(), BenchError> {
        let Self { crowd, items, ledger, latencies, first_hearer, .. } = self;
        crowd.turn(wait, |place, piece| {
            if piece.starts_with(b"<message") {
                let (Some(hearer), Some(heard)) =
                    (place.checked_sub(*first_hearer), items.read(piece))
                else {
                    return;
                };
                let due = ledger.heard(hearer, heard);
                if let (Some(latencies), Some(due)) = (latencies.as_mut(), due) {
                    latencies.add(due.elapsed());
                }
            } else if piece.starts_with(b"<iq") {
                let id = attribute(head(piece), b" id").unwrap_or_default();
                match id.strip_prefix(b"p").and_then(number) {
                    Some(number) if is_error(piece) => ledger.refused(place, number),
                    Some(number) => ledger.answered(place, number),
                    None => {}
                }
            } else if piece == raw::ANSWER.as_bytes() {
                ledger.answered_next(place);
            }
        })
    }

    fn start(&mut self) -> Result<(), BenchError> {
        // What was lost while warming up stays in the accounts: it is a fault all the same.
        self.ledger.begin_count();
        self.reads_before = self.crowd.reads();
        self.watch = Some(Stopwatch::start(self.target.meter())?);
        Ok(())
    }

    /// Writes down what was measured, and cleans up.
    ///
    /// # Errors
    /// The measured process is gone.
    pub fn finish(self, report: &mut Report) -> Result<(), BenchError> {
        let Some(watch) = self.watch else { return Ok(()) };
        let Took { own, server } = watch.stop()?;
        let counts = self.ledger.close();
        report.copies(&counts, own.wall);
        report.server(server, "delivery", counts.delivered);
        let per_publish = server.map(|server| server.micros_each(counts.published));
        report.figure_if("server CPU per publish", per_publish, "us");
        let reads = self.crowd.reads() - self.reads_before;
        report.figure("deliveries per read", counts.delivered as f64 / reads.max(1) as f64, "");
        if let Some(mut latencies) = self.latencies {
            report.latencies(&mut latencies);
        }
        report.memory(self.target.meter().map(Meter::memory).transpose()?);
        report.generator(own);
        drop(self.crowd);
        self.target.clean_up()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRIEF: Pace = Pace { in_flight: 4, span: Duration::from_secs(5), count: Some(500) };

    fn measured(mut drive: Drive<'_>, load: impl FnOnce(&mut Drive<'_>)) -> Report {
        load(&mut drive);
        let mut report = Report::new(String::new(), String::new());
        drive.finish(&mut report).unwrap();
        report
    }

    #[test]
    fn the_limit_hands_every_copy_to_every_subscriber() {
        let target = Target::limit();
        let report = measured(Drive::fanout(&target, 20).unwrap(), |drive| {
            drive.closed(&BRIEF).unwrap();
        });
        assert!(report.is_good(), "{:?}", report.copies);
        assert_eq!(report.copies.unwrap().delivered, 500 * 20);
    }

    #[test]
    fn in_a_mesh_everybody_hears_everybody() {
        let target = Target::limit();
        let report = measured(Drive::mesh(&target, 8).unwrap(), |drive| {
            drive.closed(&BRIEF).unwrap();
        });
        assert!(report.is_good(), "{:?}", report.copies);
        assert_eq!(report.copies.unwrap().delivered, 500 * 8);
    }

    #[test]
    fn a_fixed_rate_is_kept_and_timed() {
        let target = Target::limit();
        let report = measured(Drive::fanout(&target, 3).unwrap(), |drive| {
            drive.open(200.0, Duration::from_millis(500)).unwrap();
        });
        assert_eq!(report.copies.unwrap().delivered, 100 * 3);
        assert!(report.figures.iter().any(|figure| figure.name == "latency p99"));
    }
}
