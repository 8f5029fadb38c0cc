//! The program that is handed out: built once for each state of the sources and kept in the cache
//! folder, without its debug symbols and with these beside it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use super::{cache, empty, sources, zig};
use crate::{packages, run};

/// The oldest C library on which our program runs: that of CentOS 7.
const GLIBC: &str = "2.17";

/// How many programs are kept, some 30 MB each; the oldest goes.
const KEPT: usize = 6;

/// A program that is ready.
pub struct Program {
    /// Where it is, as `lampfield` and `lampfield.debug`.
    folder: PathBuf,
}

// === impl Program ===

impl Program {
    /// The program without debug symbols. It names the file that has them.
    pub fn stripped(&self) -> PathBuf {
        self.folder.join("lampfield")
    }

    /// The debug symbols, in a file of their own.
    pub fn symbols(&self) -> PathBuf {
        self.folder.join("lampfield.debug")
    }
}

/// The program of this folder as it is.
pub fn of_this_folder() -> Result<Program> {
    ready(&sources::number()?, &run::workspace())
}

/// The program of a commit of this repository, with these files as they are today.
pub fn of_commit(commit: &str, files_of_today: &[&str]) -> Result<Program> {
    let name = format!("commit-{commit}");
    if let Some(program) = kept(&name)? {
        return Ok(program);
    }
    let folder = cache()?.join("checkout");
    empty(&folder)?;
    let archive = folder.join("sources.tar");
    let mut git = Command::new("git");
    git.args(["archive", "--output"]).arg(&archive).arg(commit).current_dir(run::workspace());
    run::must(&mut git).context("the history of this repository is needed")?;
    run::must(Command::new("tar").arg("xf").arg(&archive).current_dir(&folder))?;
    for file in files_of_today {
        fs::copy(run::workspace().join(file), folder.join(file))
            .with_context(|| format!("no {file}"))?;
    }
    let program = ready(&name, &folder);
    fs::remove_dir_all(&folder)?;
    program
}

fn kept(name: &str) -> Result<Option<Program>> {
    let program = Program { folder: cache()?.join("programs").join(name) };
    Ok(program.folder.is_dir().then_some(program))
}

/// The program of this name, built from `folder` now if it is not kept.
fn ready(name: &str, folder: &Path) -> Result<Program> {
    let lock = File::create(cache()?.join("lock"))?;
    lock.lock().context("cannot lock the folder of programs")?;
    if let Some(program) = kept(name)? {
        return Ok(program);
    }
    let built = build(folder)?;
    let programs = cache()?.join("programs");
    let part = programs.join("part");
    empty(&part)?;
    split(&built, &part)?;
    let program = Program { folder: programs.join(name) };
    fs::rename(&part, &program.folder)?;
    forget_the_oldest(&programs)?;
    Ok(program)
}

fn build(folder: &Path) -> Result<PathBuf> {
    if !run::installed("cc") || !run::installed("objcopy") {
        packages::ensure()?;
    }
    let target = zig::target();
    // What was built of our own crates before is of another folder, and would be kept for ever.
    let ours = cache()?.join("target").join(&target).join("release/deps");
    forget_ours(&ours)?;
    let mut zigbuild = zig::build()?;
    zigbuild.args(["--release", "--locked", "--package", "lampfield", "--bin", "lampfield"]);
    zigbuild.args(["--target", &format!("{target}.{GLIBC}")]).current_dir(folder);
    run::must(&mut zigbuild)?;
    Ok(cache()?.join("target").join(target).join("release/lampfield"))
}

fn forget_ours(deps: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(deps) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.trim_start_matches("lib").starts_with("lampfield") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Takes program and debug symbols apart.
fn split(built: &Path, into: &Path) -> Result<()> {
    let (stripped, symbols) = (into.join("lampfield"), into.join("lampfield.debug"));
    let objcopy = |arguments: &[&str]| {
        let mut command = Command::new("objcopy");
        command.args(arguments).current_dir(into);
        command
    };
    run::must(objcopy(&["--only-keep-debug"]).arg(built).arg(&symbols))?;
    run::must(objcopy(&["--strip-all"]).arg(built).arg(&stripped))?;
    run::must(objcopy(&["--add-gnu-debuglink=lampfield.debug"]).arg(&stripped))?;
    if fs::metadata(&symbols)?.len() == 0 {
        bail!("no debug symbols in {}", built.display());
    }
    Ok(())
}

fn forget_the_oldest(programs: &Path) -> Result<()> {
    let age = |path: &PathBuf| {
        fs::metadata(path).and_then(|about| about.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let entries = fs::read_dir(programs)?.map(|entry| Ok(entry?.path()));
    let mut all = entries.collect::<Result<Vec<_>>>()?;
    // Those of a commit are needed again and again.
    all.retain(|path| {
        !path.file_name().unwrap_or_default().to_string_lossy().starts_with("commit-")
    });
    all.sort_by_key(age);
    let surplus = all.len().saturating_sub(KEPT);
    all.iter().take(surplus).try_for_each(|path| Ok(fs::remove_dir_all(path)?))
}
