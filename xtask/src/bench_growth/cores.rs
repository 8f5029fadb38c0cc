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

/// Thousands of deliveries in a second.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct TwoCores {
    processors: usize,
    one: Curve,
    all: Curve,
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
            for (cores, curve) in [(Cores::First, &mut two.one), (Cores::All, &mut two.all)] {
                let figures = rig.fresh_on(cores, &case)?;
                curve.add(count, figures.get("deliveries per second")? / 1e3);
            }
        }
        Ok(Some(two))
    }

    /// Its picture.
    pub fn plots(&self) -> Vec<Plot<'_>> {
        vec![Plot {
            name: "cores",
            title: "Deliveries in a second, 256 publishes in flight",
            across: "subscribers",
            up: "thousands in a second",
            scale: Scale::BothTenfold,
            lines: vec![
                Line { name: "all cores", curve: &self.all },
                Line { name: "one core", curve: &self.one },
            ],
        }]
    }

    /// What it shows.
    pub fn words(&self) -> String {
        let gains = COUNTS.map(|count| format!("{:.2}", self.all.at(count) / self.one.at(count)));
        illustrated("Two cores against one", &self.plots())
            + &format!(
                "With all {} cores instead of one the server delivers {} times as much at 1, 10, 100 \
                 and 1,000 subscribers. One thread does all that subscribers see; only storing and \
                 password hashing have threads of their own. So a second core helps where many \
                 publishes are stored, and nothing where one publish goes to many. On a machine with \
                 two cores the load generator holds one of them, so this is the least that a second \
                 core brings.\n\n",
                self.processors,
                gains.join(", "),
            )
    }
}
