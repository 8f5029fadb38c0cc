//! Runs the cases of all axes, each against a server that has seen nothing yet, and remembers what
//! was wrong with them.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench_peers::lampfield::{self, Cores};
use crate::bench_peers::{Bench, Process, matrix};

/// What everything is measured with.
pub struct Rig {
    bench: Bench,
    troubles: Vec<String>,
}

/// The figures of one report.
pub struct Figures(Value);

impl Rig {
    /// Builds Lampfield, whose copy serves for all axes.
    pub fn new() -> Result<Self> {
        Ok(Self { bench: Bench::alone()?, troubles: Vec::new() })
    }

    /// What was wrong, each thing once.
    pub fn troubles(&self) -> Vec<String> {
        self.troubles.clone()
    }

    /// One case against the limit on one core, the load generator on the last.
    pub fn limit(&mut self, case: &[&str]) -> Result<Figures> {
        let limit = self.bench.start_limit(Cores::First)?;
        let pid = limit.pid().to_string();
        let options = ["--raw", "--server", lampfield::LIMIT, "--pid", &pid];
        let report = self.bench.run_on(Cores::Last, case, &options)?;
        Ok(self.figures(report))
    }

    /// One case against a new server.
    pub fn fresh(&mut self, case: &[&str]) -> Result<Figures> {
        self.tried((Cores::All, Cores::All), case)
    }

    /// The same with the server on some cores and the load generator on the last.
    pub fn fresh_on(&mut self, cores: Cores, case: &[&str]) -> Result<Figures> {
        self.tried((cores, Cores::Last), case)
    }

    /// Once more if it fails: a quarter of an hour must not be lost to one bad moment.
    fn tried(&mut self, cores: (Cores, Cores), case: &[&str]) -> Result<Figures> {
        self.once(cores, case).or_else(|error| {
            self.troubles.push(format!("{}: failed once, {error:#}", case.join(" ")));
            self.once(cores, case)
        })
    }

    fn once(&mut self, (servers, own): (Cores, Cores), case: &[&str]) -> Result<Figures> {
        let server = self.new_server(servers)?;
        let figures = self.run(&server, own, case);
        self.end(server)?;
        figures
    }

    /// A server on a folder of its own.
    pub fn new_server(&self, cores: Cores) -> Result<Process> {
        self.bench.start_on(cores, &self.folder())
    }

    /// The same server again: stopped and started on what it has stored.
    pub fn again(&self, server: Process) -> Result<Process> {
        drop(server);
        self.bench.start(&self.folder())
    }

    /// Ends it and forgets what it has stored.
    pub fn end(&self, server: Process) -> Result<()> {
        drop(server);
        Ok(fs::remove_dir_all(self.folder())?)
    }

    /// One case against a server.
    pub fn run(&mut self, server: &Process, cores: Cores, case: &[&str]) -> Result<Figures> {
        let pid = server.pid().to_string();
        let (domain, address) = (lampfield::TELEPHONY, lampfield::ADDRESS);
        let options = ["--domain", domain, "--server", address, "--pid", &pid];
        let report = self.bench.run_on(cores, case, &options)?;
        Ok(self.figures(report))
    }

    fn folder(&self) -> PathBuf {
        self.bench.data()
    }

    fn figures(&mut self, report: Value) -> Figures {
        let case = report["case"].as_str().unwrap_or_default();
        for trouble in matrix::troubles(&report) {
            let trouble = format!("{case}: {trouble}");
            if !self.troubles.contains(&trouble) {
                self.troubles.push(trouble);
            }
        }
        Figures(report)
    }
}

impl Figures {
    /// The figure of this name; an error if the report has none.
    pub fn get(&self, name: &str) -> Result<f64> {
        matrix::figure(&self.0, name).with_context(|| format!("the report has no {name:?}"))
    }
}
