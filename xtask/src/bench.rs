//! What is measured by more than one command, above all the measurements that the README quotes,
//! made by a program of the `tests` crate on the release server and two real Asterisk.

pub mod goal;
pub mod machine;
pub mod spread;

use anyhow::Result;

use crate::{e2e, packages, peers, run};

/// Delay, burst, newcomer and memory; tables, or one JSON document on standard output.
pub fn latency(json: bool) -> Result<()> {
    peers::prepare()?;
    measure("bench-latency", &Vec::from_iter(json.then(|| "--json".to_owned())))
}

/// What a flood costs those who have no part in it.
pub fn fairness() -> Result<()> {
    measure("bench-fairness", &[])
}

/// How soon stock Asterisk is in at the end of a long line, and how soon it is back.
pub fn line(which: &[String]) -> Result<()> {
    peers::prepare()?;
    measure("bench-line", which)
}

/// What a relay in the way costs.
pub fn relay() -> Result<()> {
    packages::ensure_stunnel()?;
    measure("bench-relay", &[])
}

/// What only hours show of a long line.
pub fn hours(mut which: Vec<String>, minutes: u64) -> Result<()> {
    peers::prepare()?;
    which.push(minutes.to_string());
    measure("line-hours", &which)
}

/// Runs a program of the `tests` crate on the release server.
fn measure(program: &str, arguments: &[String]) -> Result<()> {
    let server = e2e::server()?;
    let mut bench = run::cargo(["run", "--release", "--quiet", "--locked"]);
    bench.args(["--package", "lampfield-tests", "--bin", program, "--"]).args(arguments);
    run::must(e2e::with_programs(&mut bench, &server)?)
}
