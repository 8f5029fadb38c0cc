//! How long a start takes with facts in the store: from the start of the process to the line that
//! says it is ready. The files are in the system's cache, as they are after a restart.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::illustrated;
use super::rig::Rig;
use super::svg::{Line, Plot, Scale};
use crate::bench::goal::Goal;
use crate::bench_peers::lampfield::Cores;

/// Facts in the store.
const COUNTS: [u32; 4] = [1_000, 100_000, 300_000, 1_000_000];
/// How often each start is repeated.
const STARTS: usize = 5;

/// Seconds until the server is ready, over the facts in its store.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Start {
    seconds: Curve,
}

impl Start {
    /// Fills a store for each count of facts and starts the server on it, several times.
    pub fn measure(rig: &mut Rig) -> Result<Self> {
        let mut start = Self::default();
        for count in COUNTS {
            let number = count.to_string();
            let mut server = rig.new_server(Cores::All)?;
            let fill = ["fanout", "--subscribers", "1", "--count", "1", "--facts", &number];
            rig.run(&server, Cores::All, &fill)?;
            for _ in 0..STARTS {
                server = rig.again(server)?;
                let seconds = server.ready_after().as_secs_f64();
                eprintln!("{seconds:>8.3}  s to start with {number} facts");
                start.seconds.add(count, seconds);
            }
            rig.end(server)?;
        }
        Ok(start)
    }

    /// The curve, as it is drawn.
    pub fn plots(&self) -> Vec<Plot<'_>> {
        vec![Plot {
            name: "start",
            title: "Time until the server is ready",
            across: "facts in the store",
            up: "seconds",
            scale: Scale::Even,
            lines: vec![Line { name: "Lampfield", curve: &self.seconds }],
        }]
    }

    /// What was to be reached.
    pub fn goals(&self) -> Vec<Goal> {
        let found = Some(self.seconds.at(100_000));
        vec![Goal::at_most("the start with 100,000 retained facts", 1.0, "s", found)]
    }

    /// The part of the page, as Markdown.
    pub fn words(&self) -> String {
        illustrated("Start", &self.plots())
            + &format!(
                "From the start of the process to `lampfield ready`: **{:.2} s** with 100,000 facts \
                 in the store (goal: under 1 s), {:.2} s with 1,000,000; the median of {STARTS} \
                 starts with the files in the system's cache.\n",
                self.seconds.at(100_000),
                self.seconds.at(1_000_000),
            )
    }
}
