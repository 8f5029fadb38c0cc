//! The C compiler and linker that know the C library of any age: zig, by way of cargo-zigbuild. Both are
//! packages of Python's registry, which bring finished programs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::cache;
use crate::run;

/// What is installed. A changed line is installed anew.
const PACKAGES: [&str; 2] = ["ziglang==0.15.2", "cargo-zigbuild==0.24.1"];

/// A cargo that builds with a target folder of its own: what it has
/// built of the crates below ours is used again by the next clone, if it is for the same C library.
pub fn build() -> Result<Command> {
    let tools = tools()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = [tools.join("bin")].into_iter().chain(std::env::split_paths(&path));
    let cache = cache()?;
    let mut command = Command::new(tools.join("bin/cargo-zigbuild"));
    command.arg("zigbuild").env("PATH", std::env::join_paths(path)?);
    command.env("CARGO_TARGET_DIR", cache.join("target"));
    command.env("CARGO_ZIGBUILD_CACHE_DIR", cache.join("zigbuild"));
    command.env("ZIG_GLOBAL_CACHE_DIR", cache.join("zig"));
    Ok(command)
}

/// The triple of this machine, as rustc has it.
pub fn target() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

fn tools() -> Result<PathBuf> {
    let tools = cache()?.with_file_name("zig");
    let (stamp, wanted) = (tools.join("lampfield-ready"), PACKAGES.join(" "));
    if fs::read_to_string(&stamp).is_ok_and(|ready| ready == wanted) {
        return Ok(tools);
    }
    if tools.exists() {
        fs::remove_dir_all(&tools)?;
    }
    if !has_venv() {
        let mut install = Command::new("apt-get");
        install.args(["-q", "-y", "install", "--no-install-recommends", "python3-venv"]);
        run::must(install.env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    run::must(Command::new("python3").args(["-m", "venv"]).arg(&tools))?;
    run::must(Command::new(tools.join("bin/pip")).args(["install", "-q"]).args(PACKAGES))?;
    fs::write(stamp, wanted)?;
    Ok(tools)
}

/// Debian has the two modules in a package of their own.
fn has_venv() -> bool {
    let probe = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
    probe.is_ok_and(|probe| probe.status.success())
}
