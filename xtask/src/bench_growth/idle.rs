//! What connections take that do nothing: resident memory of the server, plain TCP, an account of
//! its own for each.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::illustrated;
use super::rig::Rig;
use super::svg::{Line, Plot, Scale};

/// How many connections the last point has.
pub const MOST: u32 = 10_000;
/// Connections that do nothing.
const COUNTS: [u32; 3] = [1_000, 4_000, MOST];

/// Memory of the server, over the number of connections.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Idle {
    /// Resident memory in all, in MiB.
    memory: Curve,
    /// Resident memory of each connection, in KiB.
    each: Curve,
}

impl Idle {
    /// Measures it, once: memory hardly varies, and logins take their time.
    pub fn measure(rig: &mut Rig) -> Result<Self> {
        let mut idle = Self::default();
        for count in COUNTS {
            let figures = rig.fresh(&["connect", "--clients", &count.to_string()])?;
            let (before, each) =
                (figures.get("server memory before")?, figures.get("idle connection")?);
            idle.each.add(count, each);
            idle.memory.add(count, before + each * f64::from(count) / 1024.0);
        }
        Ok(idle)
    }

    /// The curve, as it is drawn.
    pub fn plots(&self) -> Vec<Plot<'_>> {
        vec![Plot {
            name: "idle",
            title: "Memory of the server with idle connections, plain TCP",
            across: "idle connections",
            up: "resident, MiB",
            scale: Scale::Even,
            lines: vec![Line { name: "Lampfield", curve: &self.memory }],
        }]
    }

    /// The part of the page, as Markdown.
    pub fn words(&self) -> String {
        illustrated("Idle connections", &self.plots())
            + &format!(
                "A connection that has logged in and does nothing takes **{:.1} KiB** of resident \
                 memory at 1,000 and **{:.1} KiB** at 10,000, its account included (goal: at most \
                 8 KiB); measured once. What the kernel holds for a socket is not in it.\n\n",
                self.each.at(1_000),
                self.each.at(MOST),
            )
    }
}
