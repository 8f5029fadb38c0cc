//! `cargo xtask dist`: everything that is handed out, made from this folder into `target/dist`. One
//! program is built, for any glibc from 2.17 on; packages, tarball and image all hold the same one.

mod checksums;
mod image;
mod packages;
mod program;
mod sbom;
mod sources;
mod stage;
mod tarball;
mod tests;
mod zig;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{peers, run};
use stage::Stage;
pub use tests::{Early, programs, test};

/// The version of all crates, hence of what is handed out.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Makes all of it.
pub fn dist() -> Result<()> {
    let out = folder();
    empty(&out)?;
    let program = program::of_this_folder()?;
    let stage = Stage::make(&program, "stage")?;
    packages::debian(&stage, &packages::version(), &out)?;
    packages::rpm(&stage, &out)?;
    tarball::of_program(&stage, &out)?;
    tarball::of_symbols(&program, &out)?;
    sbom::write(&out)?;
    image::context(&stage, &out)?;
    checksums::write(&out)?;
    eprintln!("\nall of it is in {}", out.display());
    Ok(())
}

/// Where what is handed out goes.
fn folder() -> PathBuf {
    run::target().join("dist")
}

/// Where programs and the tools that build them are kept between runs.
fn cache() -> Result<PathBuf> {
    let cache = peers::folder()?.with_file_name("dist");
    fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    Ok(cache)
}

/// A folder with nothing in it.
fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
