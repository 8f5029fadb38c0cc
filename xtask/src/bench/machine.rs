//! Where and when something was measured, in the words of the page. It is kept with the figures,
//! because the parts of the page may come from different days and machines.

use std::fs;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use serde::{Deserialize, Serialize};

/// A machine on a day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    date: String,
    processors: usize,
    model: String,
    memory_gib: u64,
    kernel: String,
    lampfield: String,
    /// How many processors other programs kept busy meanwhile.
    others: f64,
}

/// What the machine and this program have done so far, in ticks of processor time.
pub struct Busy {
    since: Instant,
    all: u64,
    own: u64,
}

impl Busy {
    /// Counts from this moment on.
    pub fn begin() -> Result<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let own = fs::read_to_string("/proc/self/stat")?;
        // proc(5): user, nice, system; and fields 14 to 17, own and of children that have ended,
        // counted after the name, which may hold anything but `)` last.
        let own = own.rsplit_once(')').map_or("", |(_, rest)| rest);
        Ok(Self {
            since: Instant::now(),
            all: sum(stat.split_whitespace().skip(1).take(3)),
            own: sum(own.split_whitespace().skip(11).take(4)),
        })
    }

    /// How many processors others have kept busy since.
    fn others(&self) -> Result<f64> {
        let now = Self::begin()?;
        let (all, own) = (now.all - self.all, now.own - self.own);
        let seconds =
            all.saturating_sub(own) as f64 / rustix::param::clock_ticks_per_second() as f64;
        Ok(seconds / self.since.elapsed().as_secs_f64())
    }
}

fn sum<'t>(fields: impl Iterator<Item = &'t str>) -> u64 {
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

impl Machine {
    /// This one, today, and how busy it was.
    pub fn here(busy: &Busy) -> Result<Self> {
        let about = fs::read_to_string("/proc/cpuinfo")?;
        let model = about.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.map_or("unknown", |line| line.trim_start_matches(['\t', ' ', ':']));
        let memory = fs::read_to_string("/proc/meminfo")?;
        let memory = memory.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok());
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
        let date = Command::new("date").args(["-u", "+%Y-%m-%d"]).output()?;
        Ok(Self {
            date: String::from_utf8_lossy(&date.stdout).trim().to_owned(),
            processors: std::thread::available_parallelism()?.get(),
            model: model.to_owned(),
            memory_gib: memory.unwrap_or(0) / (1024 * 1024),
            kernel: kernel.trim().to_owned(),
            lampfield: env!("CARGO_PKG_VERSION").to_owned(),
            others: busy.others()?,
        })
    }

    /// In one sentence, without its end.
    pub fn words(&self) -> String {
        let Self { date, processors, model, memory_gib, kernel, lampfield, .. } = self;
        format!(
            "Measured on {date}: {processors} processors ({model}), {memory_gib} GiB, \
             Linux {kernel}; Lampfield {lampfield}"
        )
    }

    /// What others did meanwhile, in one sentence.
    pub fn company(&self) -> String {
        match self.others {
            others if others < 0.05 => "Other programs were quiet.".to_owned(),
            others => format!(
                "Other programs kept {others:.1} processors busy on average: believe comparisons \
                 more than figures."
            ),
        }
    }
}
