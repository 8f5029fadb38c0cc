//! Searches for inputs that break what `fuzz/src` promises, guided by coverage: `cargo fuzz` for
//! each parser in turn. What it finds on the way stays in the target folder and is the start of the
//! next search; what breaks a promise goes to `fuzz/targets/artifacts` and belongs into
//! `fuzz/corpus` with its mend.
//!
//! No sanitizer: our crates have no unsafe code, and without one it runs twice as fast, with the
//! stable toolchain and without clang.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::counts::Counts;
use crate::tools::Tool;
use crate::{packages, run};

const FUZZ: Tool = Tool { name: "cargo-fuzz", version: "0.13.2" };
/// An input that takes longer than this many seconds is a finding.
const SLOW: u32 = 5;

/// Searches for this long in all, the same share for each parser, or for each of these. One that is red
/// does not stop the others.
pub fn search(which: &[String], minutes: u64) -> Result<Counts> {
    if !run::installed("c++") {
        packages::ensure()?;
    }
    let fuzz = run::workspace().join("fuzz");
    // What is searched is what is built: the same version of every crate.
    fs::copy(run::workspace().join("Cargo.lock"), fuzz.join("targets/Cargo.lock"))?;
    let mut parsers = parsers(&fuzz)?;
    parsers.retain(|parser| which.is_empty() || which.contains(parser));
    ensure!(!parsers.is_empty(), "no such parser has a corpus");
    let share = Duration::from_secs(minutes * 60) / u32::try_from(parsers.len())?;
    let mut counts = Counts::default();
    for parser in &parsers {
        counts.one(&format!("fuzzing {parser}"), search_one(&fuzz, parser, share)?);
    }
    Ok(counts)
}

/// Each has its folder of inputs.
fn parsers(fuzz: &Path) -> Result<Vec<String>> {
    let corpus = fuzz.join("corpus");
    let folders = fs::read_dir(&corpus).with_context(|| format!("no {}", corpus.display()))?;
    let mut names = folders
        .map(|folder| Ok(folder?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn search_one(fuzz: &Path, parser: &str, share: Duration) -> Result<bool> {
    let target = run::target().join("fuzz");
    let found = target.join("found").join(parser);
    fs::create_dir_all(&found)?;
    let mut search = FUZZ.command()?;
    search.args(["run", "--sanitizer", "none", "--fuzz-dir"]).arg(fuzz.join("targets"));
    search.arg("--target-dir").arg(&target);
    // What is found is written to the first folder.
    search.arg(parser).arg(&found).arg(fuzz.join("corpus").join(parser)).arg("--");
    search.arg(format!("-max_total_time={}", share.as_secs().max(1)));
    search.arg(format!("-dict={}", fuzz.join("dictionary").display()));
    search.arg(format!("-timeout={SLOW}")).arg("-print_final_stats=1");
    run::succeeds(&mut search)
}
