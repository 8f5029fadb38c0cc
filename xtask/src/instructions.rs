//! How many instructions the hot path takes, counted by valgrind and compared with what was
//! recorded: time is too noisy on shared machines to fail a build, instructions are not. Fewer than
//! recorded never fails, more than the tolerance does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::suite::Counts;
use crate::{packages, run};

/// How much more than recorded is too much. Two runs differ by one percent, and by up to five
/// where the machine is busy.
const TOLERANCE: f64 = 1.06;
/// How often it is counted at the most before it is too much: what goes by the clock (turns, timers)
/// can only add, and adds more where the machine is busy.
const TRIES: usize = 3;
/// Hides from the C library that `rep movsb` and `rep stosb` are fast here: valgrind counts each of
/// their bytes, and which lengths use them differs between processors.
const TUNABLES: &str = "glibc.cpu.hwcaps=-ERMS,-FSRM";
/// How many subscribers the two runs have; their difference is the cost of deliveries.
const SUBSCRIBERS: [u64; 2] = [1, 100];
/// How many publishes `examples/hot_path.rs` counts.
const PUBLISHES: u64 = 200;

/// What one publish and one delivery take.
struct Instructions {
    per_publish: u64,
    per_delivery: u64,
}

/// Counts, and compares with the record or makes it anew.
pub fn check(record: bool) -> Result<Counts> {
    let mut found = count()?;
    let file = run::workspace().join("bench/instructions.txt");
    if record {
        fs::write(&file, found.to_text())?;
        eprintln!("recorded in {}", file.display());
    }
    let recorded = Instructions::read(&file)?;
    let mut counts = Counts::default();
    for _ in 1..TRIES {
        if found.within(&recorded) {
            break;
        }
        found = found.least(&count()?);
    }
    for (name, found, recorded) in [
        ("instructions of a publish", found.per_publish, recorded.per_publish),
        ("instructions of a delivery", found.per_delivery, recorded.per_delivery),
    ] {
        let ratio = ratio(found, recorded);
        eprintln!("{name}: {found}, recorded {recorded}: {:+.1} %", (ratio - 1.0) * 100.0);
        if ratio > TOLERANCE {
            eprintln!("  if that is right: cargo xtask instructions --record, and say why");
        }
        counts.one(name, ratio <= TOLERANCE);
    }
    Ok(counts)
}

fn ratio(found: u64, recorded: u64) -> f64 {
    found as f64 / recorded as f64
}

fn count() -> Result<Instructions> {
    if !run::installed("valgrind") {
        packages::ensure()?;
    }
    let build = ["build", "--release", "--locked", "--package", "lampfield-bench"];
    run::must(run::cargo(build).args(["--example", "hot_path"]))?;
    let program = run::target().join("release/examples/hot_path");
    let [few, many] = SUBSCRIBERS;
    let (with_few, with_many) = (counted(&program, few)?, counted(&program, many)?);
    let deliveries = PUBLISHES * (many - few);
    let per_delivery = with_many.saturating_sub(with_few) / deliveries;
    Ok(Instructions { per_publish: with_few / PUBLISHES - few * per_delivery, per_delivery })
}

/// One run under valgrind.
fn counted(program: &Path, subscribers: u64) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.env("GLIBC_TUNABLES", TUNABLES);
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg("--toggle-collect=hot_path::measured");
    valgrind.arg(program).arg(subscribers.to_string());
    let line = run::shown(&valgrind);
    eprintln!("\n$ {line}");
    let output = valgrind.output().with_context(|| format!("cannot run `{line}`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("`{line}` failed:\n{said}");
    }
    let count = said.lines().find_map(|line| line.split_once("Collected : "));
    let count = count.and_then(|(_, count)| count.trim().parse().ok());
    count.filter(|count| *count > 0).with_context(|| format!("`{line}` has counted nothing"))
}

impl Instructions {
    fn within(&self, recorded: &Self) -> bool {
        ratio(self.per_publish, recorded.per_publish) <= TOLERANCE
            && ratio(self.per_delivery, recorded.per_delivery) <= TOLERANCE
    }

    fn least(&self, other: &Self) -> Self {
        Self {
            per_publish: self.per_publish.min(other.per_publish),
            per_delivery: self.per_delivery.min(other.per_delivery),
        }
    }

    fn to_text(&self) -> String {
        format!("a publish {}\na delivery {}\n", self.per_publish, self.per_delivery)
    }

    fn read(file: &PathBuf) -> Result<Self> {
        let text = fs::read_to_string(file)
            .with_context(|| format!("{}: try --record", file.display()))?;
        let number = |name: &str| {
            let number = text.lines().find_map(|line| line.strip_prefix(name));
            number.and_then(|number| number.trim().parse().ok()).filter(|number| *number > 0)
        };
        let missing = || format!("{} says nothing of it: try --record", file.display());
        Ok(Self {
            per_publish: number("a publish ").with_context(missing)?,
            per_delivery: number("a delivery ").with_context(missing)?,
        })
    }
}
