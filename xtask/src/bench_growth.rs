//! How costs grow with subscribers, retained facts, idle connections and processors: runs the load
//! generator along each axis, keeps what it finds for `docs/performance.md` and draws the curves.

mod cores;
mod curve;
mod descriptors;
mod facts;
mod idle;
mod rig;
mod start;
mod subscribers;
mod svg;

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::bench::goal::Goal;
use crate::bench::machine::{Busy, Machine};
use cores::TwoCores;
use facts::Facts;
use idle::Idle;
use rig::Rig;
use start::Start;
use subscribers::Subscribers;
use svg::Plot;

/// How often everything is measured.
const REPETITIONS: usize = 5;

/// What a run has found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Growth {
    machine: Machine,
    repetitions: usize,
    minutes: f64,
    subscribers: Subscribers,
    facts: Facts,
    idle: Idle,
    /// Where there are two processors.
    cores: Option<TwoCores>,
    start: Start,
    troubles: Vec<String>,
}

/// Measures everything and writes the page.
pub fn measure() -> Result<Growth> {
    let started = Instant::now();
    descriptors::provide(idle::MOST)?;
    let mut rig = Rig::new()?;
    let busy = Busy::begin()?;
    let growth = Growth {
        repetitions: REPETITIONS,
        idle: Idle::measure(&mut rig)?,
        start: Start::measure(&mut rig)?,
        facts: Facts::measure(&mut rig)?,
        subscribers: Subscribers::measure(&mut rig)?,
        cores: TwoCores::measure(&mut rig)?,
        troubles: rig.troubles(),
        machine: Machine::here(&busy)?,
        minutes: started.elapsed().as_secs_f64() / 60.0,
    };
    eprintln!("{:.0?} in all", started.elapsed());
    Ok(growth)
}

impl Growth {
    /// Draws every curve into its file.
    pub fn draw(&self, folder: &Path) -> Result<()> {
        let plots = [self.subscribers.plots(), self.facts.plots(), self.idle.plots()];
        let plots = plots.into_iter().chain(self.cores.as_ref().map(TwoCores::plots));
        for plot in plots.chain([self.start.plots()]).flatten() {
            let file = folder.join(plot.file());
            let written = fs::write(&file, plot.to_svg());
            written.with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }

    /// What was to be reached.
    pub fn goals(&self) -> Vec<Goal> {
        let goals = [self.subscribers.goals(), self.facts.goals(), self.start.goals()];
        goals.into_iter().flatten().collect()
    }

    /// The part of the page, from its heading on.
    pub fn section(&self) -> String {
        let mut text = format!(
            "\n## Growth\n\n{}; {} repetitions, alternating, in {:.0} minutes. A point is the median, \
             the thin line behind it the span. \
             Where costs are counted, the server has one core and the load generator another. {}\n\n",
            self.machine.words(),
            self.repetitions,
            self.minutes,
            self.machine.company(),
        );
        text += &self.subscribers.words();
        text += &self.facts.words();
        text += &self.idle.words();
        text += &self.cores.as_ref().map_or_else(String::new, TwoCores::words);
        text += &self.start.words();
        if !self.troubles.is_empty() {
            text += "\nWhat to know before believing it:\n\n";
            self.troubles.iter().for_each(|trouble| text += &format!("- {trouble}\n"));
        }
        text
    }
}

/// A heading and one picture under it.
fn illustrated(heading: &str, plots: &[Plot<'_>]) -> String {
    let pictures =
        plots.iter().map(|plot| format!("![{}](performance/{})\n", plot.title, plot.file()));
    format!("### {heading}\n\n{}\n", pictures.collect::<String>())
}
