//! What a second processor brings: deliveries per second with the server on one core and on all,
//! the load generator always on the last one.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::rig::Rig;
use super::svg::{Line, Plot, Scale};
use super::{REPETITIONS, illustrated};
use crate::bench_peers::lampfield::Cores;

/// Subscribers of one publisher: with few, storing publishes is most of the work; with many,
/// deliveries are.
const COUNTS: [u32; 4] = [1, 10, 100, 1000];

/// Deliveries in a second, over the number of subscribers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct TwoCores {
    processors: usize,
    /// In a second, on one core.
    one: Curve,
    /// How many times as many on all.
    gain: Curve,
}

impl TwoCores {
    /// Measures it, where there is more than one.
    pub fn measure(rig: &mut Rig) -> Result<Option<Self>> {
        let processors = std::thread::available_parallelism()?.get();
        if processors < 2 {
            return Ok(None);
        }
        let mut two = Self { processors, ..Self::default() };
        for count in (0..REPETITIONS).flat_map(|_| COUNTS) {
            let number = count.to_string();
            let case =
                ["fanout", "--in-flight", "256", "--for", "1500ms", "--subscribers", &number];
            let name = "deliveries per second";
            let one = rig.fresh_on(Cores::First, &case)?.get(name)?;
            two.one.add(count, one);
            two.gain.add(count, rig.fresh_on(Cores::All, &case)?.get(name)? / one);
        }
        Ok(Some(two))
    }

    /// The curve, as it is drawn.
    pub fn plots(&self) -> Vec<Plot<'_>> {
        vec![Plot {
            name: "cores",
            title: "Deliveries in a second on all cores, compared with one core",
            across: "subscribers",
            up: "times as many",
            scale: Scale::Tenfold,
            lines: vec![Line { name: "Lampfield", curve: &self.gain }],
        }]
    }

    /// The part of the page, as Markdown.
    pub fn words(&self) -> String {
        let (few, many) = (COUNTS[0], COUNTS[COUNTS.len() - 1]);
        illustrated("Two cores against one", &self.plots())
            + &format!(
                "With {} cores instead of one the server makes {:.2} times as many deliveries to one \
                 subscriber and {:.2} times as many to 1,000 (on one core {:.0} and {:.0} thousand in \
                 a second), 256 publishes in flight. One thread does all that subscribers see; only \
                 storing and password hashing have threads of their own, so a second core can help \
                 where many publishes are stored and brings nothing where one goes to many. The load \
                 generator is always on the last core; where there are two, it takes the second one \
                 away from the server, and this is the least that it brings.\n\n",
                self.processors,
                self.gain.at(few),
                self.gain.at(many),
                self.one.at(few) / 1e3,
                self.one.at(many) / 1e3,
            )
    }
}
