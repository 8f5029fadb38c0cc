//! Running other programs: what is run is always shown, and a failure names the command. Nothing
//! here decides what to run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The top of the workspace.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or_else(|| here.to_path_buf(), Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    workspace().join(target)
}

/// `cargo` with these arguments, at the top of the workspace; the same cargo that started us.
pub fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(workspace());
    command
}

/// The command as a person would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    command.get_args().fold(name, |line, argument| line + " " + &argument.to_string_lossy())
}

/// Runs to the end with the terminal's input and output; true on success.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    let line = shown(command);
    eprintln!("\n$ {line}");
    let started = Instant::now();
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    eprintln!(
        "  {} after {:.0?}",
        if status.success() { "ok" } else { "FAILED" },
        started.elapsed()
    );
    Ok(status.success())
}

/// As [`succeeds`], with the failure as an error.
pub fn must(command: &mut Command) -> Result<()> {
    if succeeds(command)? { Ok(()) } else { bail!("`{}` failed", shown(command)) }
}

/// Whether a program of this name is in the search path.
pub fn installed(program: &str) -> bool {
    let sbin = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain(sbin).any(|folder| folder.join(program).is_file())
}
