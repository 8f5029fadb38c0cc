//! What one delivery costs with more and more subscribers, beside the limit in the same run: once
//! with a send for each copy, once with many copies in a send. The server has one core and the load
//! generator another: whether two threads meet on one core changes the cost of waking them twofold.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::rig::Rig;
use super::svg::{Line, Plot, Scale};
use super::{REPETITIONS, illustrated};
use crate::bench::goal::Goal;
use crate::bench_peers::lampfield::Cores;

/// Subscribers of one publisher.
const COUNTS: [u32; 6] = [10, 30, 100, 300, 1000, 2000];
/// Between these the cost shall not rise by more than a fifth.
const GOAL: (u32, u32) = (100, 2000);

/// Processor time of a delivery in µs.
#[derive(Debug, Serialize, Deserialize)]
pub struct Subscribers {
    /// One publish in flight.
    alone: Pair,
    /// The same with 32 publishes in flight.
    many: Pair,
}

/// Lampfield beside the limit.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Pair {
    lampfield: Curve,
    limit: Curve,
}

impl Subscribers {
    /// Measures both loads, each beside the limit.
    pub fn measure(rig: &mut Rig) -> Result<Self> {
        Ok(Self { alone: Pair::measure(rig, "1")?, many: Pair::measure(rig, "32")? })
    }

    /// The curves of both loads.
    pub fn plots(&self) -> Vec<Plot<'_>> {
        vec![
            self.alone.plot("subscribers", "A delivery, one publish in flight (a send each)"),
            self.many.plot("subscribers-batched", "A delivery, 32 publishes in flight"),
        ]
    }

    /// What was to be reached.
    pub fn goals(&self) -> Vec<Goal> {
        let goal = |pair: &Pair, load| {
            let rise = pair.lampfield.rise(GOAL.0, GOAL.1).map(|rise| rise.median);
            let what = format!("a delivery, from 100 to 2,000 subscribers, {load}: rise");
            Goal::at_most(what, 20.0, "%", rise)
        };
        vec![goal(&self.alone, "1 in flight"), goal(&self.many, "32 in flight")]
    }

    /// The part of the page, as Markdown.
    pub fn words(&self) -> String {
        let plots = self.plots();
        let (alone, many) = (&self.alone, &self.many);
        let (from, to) = GOAL;
        illustrated("Subscribers", &plots[..1])
            + &format!(
                "With one publish in flight every copy costs a send of its own: the cost per \
                 delivery {} from 100 to 2,000 subscribers (goal: at most 20 %), that of the limit \
                 {}. On the left few share what the publish itself costs: to be read, decided and \
                 stored.\n\n",
                alone.lampfield.rises(from, to),
                alone.limit.rises(from, to),
            )
            + &format!("![{}](performance/{})\n\n", plots[1].title, plots[1].file())
            + &format!(
                "With 32 publishes in flight a send carries many copies: the cost per delivery {} \
                 from 100 to 2,000 subscribers (goal: at most 20 %), that of the limit {}.\n\n",
                many.lampfield.rises(from, to),
                many.limit.rises(from, to),
            )
    }
}

impl Pair {
    fn measure(rig: &mut Rig, in_flight: &str) -> Result<Self> {
        let mut pair = Self::default();
        for count in (0..REPETITIONS).flat_map(|_| COUNTS) {
            let number = count.to_string();
            let case = ["fanout", "--in-flight", in_flight, "--for", "1s"];
            let case = [&case[..], &["--subscribers", &number]].concat();
            pair.limit.add(count, rig.limit(&case)?.get("server CPU per delivery")?);
            pair.lampfield
                .add(count, rig.fresh_on(Cores::First, &case)?.get("server CPU per delivery")?);
        }
        Ok(pair)
    }

    fn plot(&self, name: &'static str, title: &'static str) -> Plot<'_> {
        Plot {
            name,
            title,
            across: "subscribers",
            up: "processor time, µs",
            scale: Scale::Tenfold,
            lines: vec![
                Line { name: "Lampfield", curve: &self.lampfield },
                Line { name: "limit", curve: &self.limit },
            ],
        }
    }
}
