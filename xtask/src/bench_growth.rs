//! How costs grow with subscribers, retained facts and idle connections: runs the load generator
//! along each axis and draws the curves that `docs/performance.md` shows.

mod svg;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::bench_peers::{self, Bench, lampfield};
use crate::run;
use svg::{Curve, Plot};

/// Subscribers of one publisher.
const SUBSCRIBERS: [u32; 6] = [10, 30, 100, 300, 1000, 2000];
/// Facts on the board while others publish.
const FACTS: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Connections that do nothing.
const IDLE: [u32; 3] = [1_000, 3_000, 10_000];

/// Measures and draws everything.
pub fn draw() -> Result<()> {
    let folder = run::workspace().join("docs/performance");
    fs::create_dir_all(&folder)?;
    let bench = Bench::alone()?;
    let drawn = subscribers(&bench, &folder)
        .and_then(|()| facts(&bench, &folder))
        .and_then(|()| idle(&bench, &folder));
    bench.clean_up()?;
    drawn
}

fn subscribers(bench: &Bench, folder: &Path) -> Result<()> {
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for count in SUBSCRIBERS {
        let number = count.to_string();
        let case = ["fanout", "--in-flight", "1", "--for", "2s", "--subscribers", &number];
        let figures = Figures(bench.run(&case, &["--raw"])?);
        limit.push((f64::from(count), figures.get("server CPU per delivery")?));
        let figures = fresh(bench, &case)?;
        ours.push((f64::from(count), figures.get("server CPU per delivery")?));
    }
    let curves =
        [Curve { name: "Lampfield", points: ours }, Curve { name: "limit", points: limit }];
    write(
        folder,
        "subscribers",
        &Plot {
            title: "Processor time of a delivery, a send each",
            across: "subscribers",
            up: "µs",
            curves: &curves,
        },
    )
}

fn facts(bench: &Bench, folder: &Path) -> Result<()> {
    let (mut time, mut memory) = (Vec::new(), Vec::new());
    for count in FACTS {
        let number = count.to_string();
        let case = ["fanout", "--subscribers", "1", "--in-flight", "1", "--facts", &number];
        let figures = fresh(bench, &case)?;
        time.push((f64::from(count), figures.get("server CPU per publish")?));
        memory.push((f64::from(count), figures.get("server PSS")?));
    }
    write(
        folder,
        "facts-time",
        &Plot {
            title: "Processor time of a publish, heard by one",
            across: "retained facts",
            up: "µs",
            curves: &[Curve { name: "Lampfield", points: time }],
        },
    )?;
    write(
        folder,
        "facts-memory",
        &Plot {
            title: "Memory of the server",
            across: "retained facts",
            up: "MiB",
            curves: &[Curve { name: "Lampfield", points: memory }],
        },
    )
}

fn idle(bench: &Bench, folder: &Path) -> Result<()> {
    let mut memory = Vec::new();
    for count in IDLE {
        let number = count.to_string();
        let figures = fresh(bench, &["connect", "--clients", &number])?;
        let grown = figures.get("idle connection")? * f64::from(count) / 1024.0;
        memory.push((f64::from(count), figures.get("server memory before")? + grown));
    }
    write(
        folder,
        "idle",
        &Plot {
            title: "Memory of the server, plain TCP",
            across: "idle connections",
            up: "MiB",
            curves: &[Curve { name: "Lampfield", points: memory }],
        },
    )
}

/// One case against a server that has seen nothing yet.
fn fresh(bench: &Bench, case: &[&str]) -> Result<Figures> {
    let data = bench.data();
    let server = bench.start(&data)?;
    let pid = server.pid().to_string();
    let options = ["--domain", lampfield::TELEPHONY, "--server", lampfield::ADDRESS, "--pid", &pid];
    let report = bench.run(case, &options)?;
    drop(server);
    fs::remove_dir_all(&data)?;
    Ok(Figures(report))
}

fn write(folder: &Path, name: &str, plot: &Plot<'_>) -> Result<()> {
    let file: PathBuf = folder.join(format!("{name}.svg"));
    fs::write(&file, plot.to_svg()).with_context(|| format!("cannot write {}", file.display()))
}

/// The figures of one report.
struct Figures(serde_json::Value);

impl Figures {
    fn get(&self, name: &str) -> Result<f64> {
        bench_peers::figure(&self.0, name).with_context(|| format!("the report has no {name:?}"))
    }
}
