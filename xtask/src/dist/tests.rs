//! The tests of what is handed out. The program is built early, beside the tests that mostly wait, at the
//! lowest priority; a program of the same sources is built once.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command};

use anyhow::{Context, Result};

use super::program::Program;
use super::stage::Stage;
use super::{dist, folder, packages, program, sbom};
use crate::counts::{Counts, counted, timed};
use crate::{peers, run};

/// The last commit before there were packages. What people have put on their machines by hand until then
/// is packed with today's files, and upgraded.
const BEFORE: &str = "0c78ef94";

/// What it takes from today: its own file asks for a younger C library than programs are built for, and two
/// kinds of builds would not share what is below our crates.
const OF_TODAY: [&str; 1] = ["crates/memory/src/heap.rs"];

/// Its version: older than the first package.
const VERSION_BEFORE: &str = "0.1.0~before-1";

/// How many machines run at once.
const THREADS: &str = "3";

/// Makes everything, and installs it on clean machines.
pub fn test() -> Result<Counts> {
    peers::prepare()?;
    dist()?;
    let before = folder().join("before");
    fs::create_dir_all(&before)?;
    package_before(&before)?;
    let cargo = ["--package", "lampfield-tests", "--locked", "--test", "install", "--no-fail-fast"];
    let mut tests = timed(&cargo, &["--test-threads", THREADS]);
    tests.env("LAMPFIELD_DIST", folder()).env("LAMPFIELD_PEERS", peers::folder()?);
    counted(&mut tests)
}

fn package_before(into: &Path) -> Result<()> {
    let stage = Stage::make(&program_before()?, "stage-before")?;
    packages::debian(&stage, VERSION_BEFORE, into)
}

/// What was on machines before. A clone without history has only the program of today, which then stands for
/// it: the packages' own steps are tried all the same, what becomes of its data folder is not.
fn program_before() -> Result<Program> {
    let mut known = Command::new("git");
    known.args(["cat-file", "-e", BEFORE]).current_dir(run::workspace());
    if known.status().context("git")?.success() {
        return program::of_commit(BEFORE, &OF_TODAY);
    }
    eprintln!("WARNING: {BEFORE} is not in this clone: the upgrade is from today's own program");
    program::of_this_folder()
}

/// Builds the programs that the tests need and the tools that pack them, and makes nothing of them.
pub fn programs() -> Result<()> {
    packages::prepare()?;
    sbom::prepare()?;
    program::of_this_folder()?;
    program_before().map(|_| ())
}

/// The same in a process of its own that takes nobody's time.
pub struct Early(Child);

// === impl Early ===

impl Early {
    /// Begins. What it says goes to a file.
    pub fn begin() -> Result<Self> {
        let work = folder().with_file_name("dist-work");
        fs::create_dir_all(&work)?;
        let log = File::create(work.join("early.log"))?;
        let mut early = Command::new("chrt");
        early.args(["--idle", "0"]).arg(std::env::current_exe()?).args(["dist", "--programs"]);
        early.stdout(log.try_clone()?).stderr(log);
        let line = run::shown(&early);
        eprintln!("\n$ {line} &");
        Ok(Self(early.spawn().with_context(|| format!("cannot run `{line}`"))?))
    }

    /// Waits for its end. Whatever went wrong is tried again by [`test`], and told there.
    pub fn end(mut self) -> Result<()> {
        self.0.wait().context("the early build is our own").map(|_| ())
    }
}
