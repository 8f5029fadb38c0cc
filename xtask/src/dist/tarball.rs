//! Tarballs: the program with what belongs to it, for systems without a package, and its debug symbols.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::program::Program;
use super::stage::Stage;
use super::{VERSION, empty};
use crate::run;

/// What else is in it, of this folder.
const BESIDE: [&str; 5] =
    ["LICENSE", "README.md", "CHANGELOG.md", "packaging/lampfield.toml", "packaging/systemd"];

/// The program, its man pages, completions, units and the manual.
pub fn of_program(stage: &Stage, into: &Path) -> Result<()> {
    let name = format!("lampfield-{VERSION}-{}-linux", std::env::consts::ARCH);
    let folder = stage.target().join("tarball").join(&name);
    empty(&folder)?;
    let mut copy = Command::new("cp");
    copy.args(["-r", "lampfield", "man", "completions", "doc"]).arg(&folder);
    run::must(copy.current_dir(stage.folder()))?;
    let mut copy = Command::new("cp");
    run::must(copy.arg("-r").args(BESIDE).arg(&folder).current_dir(run::workspace()))?;
    pack(&folder, &into.join(format!("{name}.tar.gz")))
}

/// The debug symbols: beside the program, debuggers find them by its name.
pub fn of_symbols(program: &Program, into: &Path) -> Result<()> {
    let name = format!("lampfield-{VERSION}-{}-linux-debug", std::env::consts::ARCH);
    let folder = into.join(&name);
    empty(&folder)?;
    fs::copy(program.symbols(), folder.join("lampfield.debug"))?;
    pack(&folder, &into.join(format!("{name}.tar.gz")))?;
    Ok(fs::remove_dir_all(folder)?)
}

/// The same bytes for the same content: no owner, no order and no time of this machine.
pub fn pack(folder: &Path, tarball: &Path) -> Result<()> {
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"]);
    tar.args(["--use-compress-program", "gzip -9n", "--create", "--file"]).arg(tarball);
    if let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) {
        tar.arg("--directory").arg(parent).arg(name);
    }
    run::must(&mut tar)
}
