//! Where and when something was measured, in the words of the page. It is kept with the figures,
//! because the parts of the page may come from different days and machines.

use std::fs;
use std::process::Command;

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
}

impl Machine {
    /// This one, today.
    pub fn here() -> Result<Self> {
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
        })
    }

    /// In one sentence, without its end.
    pub fn words(&self) -> String {
        let Self { date, processors, model, memory_gib, kernel, lampfield } = self;
        format!(
            "Measured on {date}: {processors} processors ({model}), {memory_gib} GiB, \
             Linux {kernel}; Lampfield {lampfield}"
        )
    }
}
