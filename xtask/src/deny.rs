//! `cargo deny`, installed once into the cache folder when the machine has none (about four
//! minutes of processor time; a package of it is in no Debian). Advisories are left out: they
//! need a database from the network and would make yesterday's green build red by themselves.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{peers, run};

/// The version whose output and defaults `deny.toml` was written for.
const VERSION: &str = "0.20.2";

/// Whether `deny.toml` holds.
pub fn passes() -> Result<bool> {
    let program = installed()?;
    let mut check = Command::new(program);
    check.current_dir(run::workspace());
    check.args(["--workspace", "--locked", "check", "--hide-inclusion-graph"]);
    check.args(["licenses", "bans", "sources"]);
    run::succeeds(&mut check)
}

fn installed() -> Result<PathBuf> {
    if run::installed("cargo-deny") {
        return Ok("cargo-deny".into());
    }
    let root = peers::folder()?.with_file_name("tools");
    let program = root.join("bin/cargo-deny");
    if !program.is_file() {
        eprintln!("cargo-deny is not installed: building it once, into {}", root.display());
        let install = ["install", "cargo-deny", "--version", VERSION, "--locked", "--root"];
        // A target folder of its own: one set for this workspace must not be filled with it.
        run::must(run::cargo(install).arg(&root).env("CARGO_TARGET_DIR", root.join("build")))?;
        std::fs::remove_dir_all(root.join("build"))?;
    }
    Ok(program)
}
