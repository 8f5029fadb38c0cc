//! Cargo's own tools that a bare machine lacks: built once into the cache folder, a few minutes of
//! processor time each; packages of them are in no Debian.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{peers, run};

/// A tool in the version that we are written for.
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
}

impl Tool {
    /// The tool, installed now if it is not there.
    pub fn command(&self) -> Result<Command> {
        let program = if run::installed(self.name) { self.name.into() } else { self.own()? };
        let mut command = Command::new(program);
        command.current_dir(run::workspace());
        Ok(command)
    }

    fn own(&self) -> Result<PathBuf> {
        let root = peers::folder()?.with_file_name("tools");
        let build = root.join("build").join(self.name);
        let program = root.join("bin").join(self.name);
        if !program.is_file() {
            eprintln!("{} is not installed: building it once, into {}", self.name, root.display());
            let install = ["install", self.name, "--version", self.version, "--locked", "--root"];
            // A target folder of its own: one set for this workspace must not be filled with it.
            run::must(run::cargo(install).arg(&root).env("CARGO_TARGET_DIR", &build))?;
            std::fs::remove_dir_all(build)?;
        }
        Ok(program)
    }
}
