//! How many instructions the hot path takes, counted by valgrind and compared with what was
//! recorded last and what was recorded first: time is too noisy on shared machines to fail a build,
//! instructions are not. Fewer than recorded never fails, more than the tolerance does, and many
//! small steps do not add up unseen.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::counts::Counts;
use crate::{packages, run};

/// How much more than recorded last is too much, in percent. Two runs differ by one percent, and by up to five
/// where the machine is busy.
const TOLERANCE: f64 = 6.0;
/// How much more than recorded first is too much.
const TOLERANCE_IN_ALL: f64 = 10.0;
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

/// What is counted, in the order of [`Instructions`].
const NAMES: [&str; 2] = ["publish", "delivery"];

/// What one publish and one delivery take.
type Instructions = [u64; 2];

/// What one of them took at its first and at its last record.
#[derive(Clone, Copy)]
struct Recorded {
    first: u64,
    last: u64,
}

/// Counts, and compares with the record or makes it anew.
pub fn check(record: bool) -> Result<Counts> {
    let mut found = count()?;
    let file = run::workspace().join("bench/instructions.txt");
    let mut recorded = read(&file)?;
    if record {
        recorded.iter_mut().zip(found).for_each(|(recorded, found)| recorded.last = found);
        fs::write(&file, to_text(recorded))?;
        eprintln!("recorded in {}", file.display());
    }
    for _ in 1..TRIES {
        if found.iter().zip(recorded).all(|(found, recorded)| recorded.allows(*found)) {
            break;
        }
        let again = count()?;
        found.iter_mut().zip(again).for_each(|(found, again)| *found = again.min(*found));
    }
    let mut counts = Counts::default();
    for ((name, found), recorded) in NAMES.into_iter().zip(found).zip(recorded) {
        let Recorded { first, last } = recorded;
        let (since_first, since_last) = (more(found, first), more(found, last));
        eprintln!(
            "instructions of a {name}: {found}, {since_last:+.1} %, in all {since_first:+.1} %"
        );
        let allowed = recorded.allows(found);
        if !allowed {
            eprintln!("  if that is right: cargo xtask instructions --record, and say why");
        }
        counts.one(&format!("instructions of a {name}"), allowed);
    }
    Ok(counts)
}

/// How much more it is, in percent.
fn more(found: u64, recorded: u64) -> f64 {
    (found as f64 / recorded as f64 - 1.0) * 100.0
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
    let delivery = with_many.saturating_sub(with_few) / deliveries;
    Ok([with_few / PUBLISHES - few * delivery, delivery])
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

impl Recorded {
    fn allows(self, found: u64) -> bool {
        more(found, self.last) <= TOLERANCE && more(found, self.first) <= TOLERANCE_IN_ALL
    }
}

fn to_text(recorded: [Recorded; 2]) -> String {
    let lines = NAMES.into_iter().zip(recorded);
    lines.map(|(name, Recorded { first, last })| format!("{name} {first} {last}\n")).collect()
}

fn read(file: &Path) -> Result<[Recorded; 2]> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let figures = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        let mut figures = line.split_whitespace().map(str::parse);
        Some(Recorded { first: figures.next()?.ok()?, last: figures.next()?.ok()? })
    };
    let [publish, delivery] = NAMES.map(figures);
    let both = publish.zip(delivery).map(|(publish, delivery)| [publish, delivery]);
    both.with_context(|| format!("{} should say `NAME FIRST LAST` of {NAMES:?}", file.display()))
}
