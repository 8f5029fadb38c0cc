//! The end-to-end tests: the release server and the real Asterisks, driven from the
//! outside by the crate in `tests`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::counts::{self, Counts};
use crate::{peers, run};

/// How many tests run at once. Most of a test is waiting, so more than there are processors; few
/// enough that a kill or a cut is not drowned by the others' load.
const THREADS: &str = "4";

/// Builds the server, prepares the peers and runs the tests whose path contains `filter`.
pub fn e2e(filter: Option<&str>) -> Result<Counts> {
    peers::prepare()?;
    let server = server()?;
    let cargo = [
        "--package",
        "lampfield-tests",
        "--lib",
        "--bins",
        "--tests",
        "--locked",
        "--no-fail-fast",
    ];
    let tests = [&["--test-threads", THREADS][..], filter.as_slice()].concat();
    let mut tests = counts::timed(&cargo, &tests);
    counts::counted(with_programs(&mut tests, &server)?)
}

/// Tells a program of the `tests` crate where the server and the peers are.
pub fn with_programs<'a>(command: &'a mut Command, server: &PathBuf) -> Result<&'a mut Command> {
    Ok(command.env("LAMPFIELD_BIN", server).env("LAMPFIELD_PEERS", peers::folder()?))
}

/// Builds the release server and says where it is.
pub fn server() -> Result<PathBuf> {
    run::must(&mut run::cargo(["build", "--release", "--bin", "lampfield", "--locked"]))?;
    let server = run::target().join("release/lampfield");
    server.canonicalize().with_context(|| format!("no server at {}", server.display()))
}
