//! One small Debian with one program in a folder: debootstrap, then the package. The output of the
//! tools goes to a log beside the folder; the screen shows the step, its time and the last word.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::mounts;
use super::recipe::{MIRRORS, Peer};
use crate::run;

/// Makes the whole folder; the caller stamps it.
pub fn build(peer: &Peer, folder: &Path) -> Result<()> {
    let log = folder.with_extension("log");
    File::create(&log)?;
    base(peer, folder, &log)?;
    // No service may start inside: the tests start each program themselves.
    let policy = folder.join("usr/sbin/policy-rc.d");
    fs::write(&policy, "#!/bin/sh\nexit 101\n")?;
    fs::set_permissions(&policy, fs::Permissions::from_mode(0o755))?;
    // A mirror of an unstable suite may lag behind the end of its index's validity.
    let patience = folder.join("etc/apt/apt.conf.d/99lampfield");
    fs::write(patience, "Acquire::Check-Valid-Until \"false\";\nAcquire::Retries \"3\";\n")?;

    let proc = mounts::Proc::mount(folder)?;
    step(peer, "package lists", inside(folder, "apt-get").arg("update"), &log)?;
    let mut install = inside(folder, "apt-get");
    install.args(["install", "-y", "--no-install-recommends"]).args(peer.packages);
    step(peer, &peer.packages.join(" "), &mut install, &log)?;
    step(peer, "tidying", inside(folder, "apt-get").arg("clean"), &log)?;
    drop(proc);

    let version = version(peer, folder)?;
    if !version.starts_with(peer.version) {
        bail!("{} now carries {} {version}, wanted {}x", peer.suite, peer.name, peer.version);
    }
    Ok(())
}

/// The base system from the first mirror that has the suite.
fn base(peer: &Peer, folder: &Path, log: &Path) -> Result<()> {
    let mut refused = None;
    for mirror in MIRRORS {
        let mut debootstrap = Command::new("debootstrap");
        debootstrap.args(["--variant=minbase", peer.suite]).arg(folder).arg(mirror);
        match step(peer, &format!("base system from {mirror}"), &mut debootstrap, log) {
            Ok(()) => return Ok(()),
            Err(error) => refused = Some(error),
        }
        mounts::remove(folder)?;
    }
    Err(refused.context("no mirror is configured")?)
}

/// The version of the program in this folder, as Debian numbers it, without the epoch.
pub fn version(peer: &Peer, folder: &Path) -> Result<String> {
    let package = *peer.packages.first().context("a peer without a package")?;
    let output = inside(folder, "dpkg-query").args(["-W", "-f=${Version}", package]).output()?;
    if !output.status.success() {
        bail!("{package} is not installed in {}", folder.display());
    }
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(version.split_once(':').map_or(version.clone(), |(_, version)| version.to_owned()))
}

fn inside(folder: &Path, program: &str) -> Command {
    let mut command = Command::new("chroot");
    command.arg(folder).arg(program).env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C");
    command
}

/// Runs one step with its output in the log; every 15 seconds the log's last line is shown.
fn step(peer: &Peer, what: &str, command: &mut Command, log: &Path) -> Result<()> {
    eprintln!("{}: {what} ...", peer.name);
    let output = OpenOptions::new().append(true).open(log)?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let started = Instant::now();
    let mut child = command.spawn().with_context(|| run::shown(command))?;
    let mut shown = started;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        wait_a_moment();
        if shown.elapsed() > Duration::from_secs(15) {
            shown = Instant::now();
            eprintln!("{}:   {:.0?}: {}", peer.name, started.elapsed(), last_line(log));
        }
    };
    if !status.success() {
        let log = keep(log)?;
        bail!("{what}: {status}; last line: {}; all of it: {}", last_line(&log), log.display());
    }
    eprintln!("{}: {what}, done in {:.0?}", peer.name, started.elapsed());
    Ok(())
}

/// A thread of its own that has nothing else to do.
#[allow(clippy::disallowed_methods)]
fn wait_a_moment() {
    std::thread::sleep(Duration::from_millis(100));
}

fn keep(log: &Path) -> Result<PathBuf> {
    let kept = log.with_extension("failed.log");
    fs::copy(log, &kept)?;
    Ok(kept)
}

fn last_line(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    String::from_utf8_lossy(&text).trim_end().lines().last().unwrap_or_default().to_owned()
}
