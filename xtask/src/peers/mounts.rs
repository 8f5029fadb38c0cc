//! What is mounted in a folder. Removing one looks for mounts first: an interrupted debootstrap
//! leaves `proc` and `sys` behind, and deleting through them would reach the running system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Unmounts whatever is mounted below `folder`, then removes it. Nothing there is fine.
pub fn remove(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    eprintln!("removing the unfinished or outdated {}", folder.display());
    for mounted in mounted_below(folder)?.iter().rev() {
        crate::run::must(Command::new("umount").arg(mounted))?;
    }
    if !mounted_below(folder)?.is_empty() {
        bail!("{} still has mounts in it", folder.display());
    }
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
}

/// The kernel's `/proc` inside a folder while this value lives: some packages ask it how they are
/// being installed.
pub struct Proc {
    point: PathBuf,
}

impl Proc {
    /// Mounts `/proc` inside `folder`, until the value is dropped.
    pub fn mount(folder: &Path) -> Result<Self> {
        let point = folder.join("proc");
        crate::run::must(Command::new("mount").args(["-t", "proc", "proc"]).arg(&point))?;
        Ok(Self { point })
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        // One that stays is found by `remove`.
        let _ = crate::run::must(Command::new("umount").arg(&self.point));
    }
}

fn mounted_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let folder = folder.canonicalize()?;
    let table = fs::read_to_string("/proc/self/mountinfo")?;
    let points = table.lines().filter_map(|line| line.split(' ').nth(4)).map(PathBuf::from);
    Ok(points.filter(|point| point.starts_with(&folder)).collect())
}
