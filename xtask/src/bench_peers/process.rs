//! A server that is measured: started in a group of its own, found by its port or by what it says,
//! stopped with its whole group when dropped.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::run;

/// How long a server may take until it listens.
const START: Duration = Duration::from_secs(120);

/// How long it may take to stop in good order, with what it has to store.
const STOP: Duration = Duration::from_secs(10);

/// A running server, which is killed with its group when this is dropped.
pub struct Process {
    child: Child,
    /// The process that does the work: the one itself, or what its script has started.
    pid: u32,
    line: String,
    started: Instant,
    ready_after: Duration,
}

impl Process {
    /// Starts it and waits until it listens; `works` is the name of the process that is measured.
    pub fn start(command: &mut Command, address: SocketAddr, works: &str) -> Result<Self> {
        if TcpStream::connect(address).is_ok() {
            bail!("somebody listens on {address} already");
        }
        let mut server = Self::spawn(command.stderr(Stdio::null()))?;
        server.wait(Duration::from_millis(50), || TcpStream::connect(address).is_ok())?;
        server.pid = member(server.child.id(), works).unwrap_or(server.child.id());
        Ok(server)
    }

    /// Starts it and waits until a line that begins so stands in `said`, where its standard error
    /// goes: good to a millisecond.
    pub fn until_said(command: &mut Command, ready: &str, said: &Path) -> Result<Self> {
        let mut server = Self::spawn(command.stderr(File::create(said)?))?;
        let is_ready = || {
            let text = fs::read_to_string(said).unwrap_or_default();
            text.lines().any(|line| line.starts_with(ready))
        };
        match server.wait(Duration::from_millis(1), is_ready) {
            Ok(()) => Ok(server),
            Err(error) => Err(error.context(fs::read_to_string(said)?)),
        }
    }

    fn spawn(command: &mut Command) -> Result<Self> {
        let line = run::shown(command);
        let started = Instant::now();
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().with_context(|| format!("cannot run `{line}`"))?;
        Ok(Self { pid: child.id(), child, line, started, ready_after: Duration::ZERO })
    }

    /// Looks this often whether it is ready.
    fn wait(&mut self, look: Duration, is_ready: impl Fn() -> bool) -> Result<()> {
        while !is_ready() {
            if let Some(status) = self.child.try_wait()? {
                bail!("`{}` ended at once: {status}", self.line);
            }
            if self.started.elapsed() > START {
                bail!("`{}` is not ready after {START:?}", self.line);
            }
            sleep(look);
        }
        self.ready_after = self.started.elapsed();
        Ok(())
    }

    /// How long it took from its start until it was ready.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// The process to measure.
    pub fn pid(&self) -> u32 {
        self.pid
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(group) = Pid::from_raw(self.child.id() as i32) else { return };
        // It may be gone already; then there is nothing to end.
        let _ = kill_process_group(group, Signal::TERM);
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed() < STOP {
            sleep(Duration::from_millis(5));
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// The process of the group whose program has this name: starters are scripts.
fn member(group: u32, name: &str) -> Option<u32> {
    fs::read_dir("/proc")
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .find(|pid: &u32| {
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
            // proc(5): the name in parentheses, then state, parent, group.
            let Some((head, rest)) = stat.rsplit_once(')') else { return false };
            let in_group = rest.split_whitespace().nth(2) == Some(&group.to_string());
            in_group && head.split_once('(').is_some_and(|(_, comm)| comm == name)
        })
}

/// A thread of its own that has nothing else to do.
#[allow(clippy::disallowed_methods)]
fn sleep(time: Duration) {
    std::thread::sleep(time);
}
