//! What a publish costs, and what the server holds, with more and more facts on the board that
//! another server keeps there. The server has one core and the load generator another: a publish
//! goes through two threads, and whether they meet on one core changes its cost twofold.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::rig::Rig;
use super::svg::{Line, Plot, Scale};
use super::{REPETITIONS, illustrated};
use crate::bench::goal::Goal;
use crate::bench_peers::lampfield::Cores;

/// Facts of another server.
const COUNTS: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// The name of each in bytes: `PJSIP/1009999`; the first 90,000 are one shorter.
const NAME: f64 = 13.0;
/// From here to there the cost of a publish shall not rise by more than a fifth.
const GOAL: (u32, u32) = (1_000, 1_000_000);

/// What a publish costs and what is held, over the number of facts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Processor time of a publish in µs, one in flight.
    alone: Curve,
    /// The same, 32 in flight.
    many: Curve,
    /// Resident memory of the server, in MiB.
    memory: Curve,
}

impl Facts {
    /// Measures all counts of facts in turn, several times.
    pub fn measure(rig: &mut Rig) -> Result<Self> {
        let mut facts = Self::default();
        for count in (0..REPETITIONS).flat_map(|_| COUNTS) {
            let number = count.to_string();
            let case = ["fanout", "--subscribers", "1", "--for", "2s", "--facts", &number];
            let figures =
                rig.fresh_on(Cores::First, &[&case[..], &["--in-flight", "1"]].concat())?;
            facts.alone.add(count, figures.get("server CPU per publish")?);
            facts.memory.add(count, figures.get("server PSS")?);
            let figures =
                rig.fresh_on(Cores::First, &[&case[..], &["--in-flight", "32"]].concat())?;
            facts.many.add(count, figures.get("server CPU per publish")?);
        }
        Ok(facts)
    }

    /// The curves of time and of memory.
    pub fn plots(&self) -> Vec<Plot<'_>> {
        let time = Plot {
            name: "facts-time",
            title: "A publish that one subscriber hears",
            across: "retained facts",
            up: "processor time, µs",
            scale: Scale::Tenfold,
            lines: vec![
                Line { name: "1 in flight", curve: &self.alone },
                Line { name: "32 in flight", curve: &self.many },
            ],
        };
        let memory = Plot {
            name: "facts-memory",
            title: "Memory of the server with retained facts",
            across: "retained facts",
            up: "resident, MiB",
            scale: Scale::Even,
            lines: vec![Line { name: "Lampfield", curve: &self.memory }],
        };
        vec![time, memory]
    }

    /// What was to be reached.
    pub fn goals(&self) -> Vec<Goal> {
        let goal = |curve: &Curve, load| {
            let rise = curve.rise(GOAL.0, GOAL.1).map(|rise| rise.median);
            let what = format!("a publish, from 1,000 to 1,000,000 facts, {load}: rise");
            Goal::at_most(what, 20.0, "%", rise)
        };
        let without_name = Some(self.bytes_each() - NAME);
        vec![
            goal(&self.alone, "1 in flight"),
            goal(&self.many, "32 in flight"),
            Goal::at_most("a retained fact besides its name", 300.0, "bytes", without_name),
        ]
    }

    fn bytes_each(&self) -> f64 {
        let (from, to) = GOAL;
        (self.memory.at(to) - self.memory.at(from)) * 1024.0 * 1024.0 / f64::from(to - from)
    }

    /// The part of the page, as Markdown.
    pub fn words(&self) -> String {
        let plots = self.plots();
        let (from, to) = GOAL;
        let each = self.bytes_each();
        illustrated("Retained facts", &plots[..1])
            + &format!(
                "The cost per publish {} from 1,000 to 1,000,000 facts with one publish in flight, \
                 each in a transaction of its own, and {} with 32 in flight, which share \
                 transactions (goal: at most 20 %). The 100 devices that are published are not \
                 among those facts.\n\n",
                self.alone.rises(from, to),
                self.many.rises(from, to),
            )
            + &format!("![{}](performance/{})\n\n", plots[1].title, plots[1].file())
            + &format!(
                "A fact takes **{each:.0} bytes** of resident memory, the {NAME:.0} bytes of its \
                 name included (goal: at most 300 besides its strings). Up to 100,000 the \
                 history fills as well.\n\n"
            )
    }
}
