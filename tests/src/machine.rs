//! A machine of one test: a clean Debian that its own systemd has started, with processes, network and
//! control groups of its own. What a test does to it is in memory and gone with it. Root is needed, and a
//! kernel with overlays and control groups of the second kind: a machine that cannot start is a failed
//! test, never a skipped one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use crate::debian;
use crate::eventually::eventually;
use crate::process::Process;

const BOOT: &str = include_str!("machine/boot.sh");
const SYSTEMD: &[&str] = &["/lib/systemd/systemd"];
const IDLE: &[&str] = &["/bin/sleep", "infinity"];

/// A start of systemd, or one command in a machine: seconds, with much else going on.
const PATIENCE: Duration = Duration::from_secs(120);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A running machine.
pub struct Machine {
    process: Process,
    group: String,
    /// Of its first process, as this machine counts.
    init: u32,
    _script: tempfile::TempDir,
}

/// How a command in a machine ended.
#[derive(Debug)]
pub struct Ran {
    /// Whether its exit status was 0.
    pub good: bool,
    /// What it wrote to its standard output.
    pub out: String,
    /// What it wrote to its standard error.
    pub err: String,
}

// === impl Machine ===

impl Machine {
    /// A machine with the Debian of this name, when its systemd has started everything. What lies in the
    /// folder `dist` is in `/mnt/dist` there.
    pub async fn boot(debian: &str, dist: &Path) -> Self {
        let machine = Self::start(debian, dist, SYSTEMD).await;
        eventually(PATIENCE, async || {
            let state = machine.run("systemctl is-system-running").await;
            match state.out.trim() {
                "running" | "degraded" => Ok(()),
                _ => Err(format!("systemd of {debian} is not up: {state:?}")),
            }
        })
        .await;
        machine
    }

    /// The same without any service in it, where the Debian has no systemd.
    pub async fn idle(debian: &str, dist: &Path) -> Self {
        Self::start(debian, dist, IDLE).await
    }

    /// One more without any service, on the network of this one: an address of one is an address of both.
    pub async fn beside(&self, debian: &str, dist: &Path) -> Self {
        Self::start_on(Some(self.init), debian, dist, IDLE).await
    }

    async fn start(debian: &str, dist: &Path, init: &[&str]) -> Self {
        Self::start_on(None, debian, dist, init).await
    }

    /// On the network of this process, or on one of its own.
    async fn start_on(network: Option<u32>, debian: &str, dist: &Path, init: &[&str]) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let group = format!("lampfield-test-{}-{number}", std::process::id());
        let script = tempfile::tempdir().expect("a folder");
        let boot = script.path().join("boot.sh");
        fs::write(&boot, BOOT).expect("a script");
        let log = fs::File::create(script.path().join("log")).expect("a log");
        let network = match network {
            Some(process) => format!("nsenter --target {process} --net unshare"),
            None => "unshare --net".to_owned(),
        };
        let mut words = network.split(' ');
        let process = Process::start(words.next().expect("a program"), |command| {
            command.args(words).args(["--mount", "--uts", "--ipc", "--", "sh"]).arg(&boot);
            command.arg(debian::root(debian)).arg(dist).arg(&group).args(init);
            command.stdout(log.try_clone().expect("a log")).stderr(log);
        });
        let mut machine = Self { process, group, init: 0, _script: script };
        let init = init.first().expect("a program");
        let name = Path::new(init).file_name().expect("a name").to_string_lossy().into_owned();
        machine.init = eventually(PATIENCE, async || machine.first_process(&name)).await;
        machine
    }

    /// The process with number 1 in there, if it has become `name`.
    fn first_process(&self, name: &str) -> Result<u32, String> {
        let pid = self.process.pid();
        let said = || fs::read_to_string(self._script.path().join("log")).unwrap_or_default();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
        let children = children.map_err(|error| format!("it has ended: {error}; {}", said()))?;
        let child = children.split_whitespace().next().and_then(|child| child.parse().ok());
        let child: u32 = child.ok_or_else(|| format!("nothing runs in it yet; {}", said()))?;
        match fs::read_to_string(format!("/proc/{child}/comm")) {
            Ok(comm) if comm.trim() == name => Ok(child),
            other => Err(format!("its first process is {other:?}; {}", said())),
        }
    }

    /// Runs a line of shell in it, as root.
    pub async fn run(&self, line: &str) -> Ran {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.init.to_string()]);
        command.args(["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"]);
        command.args(["--", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"]);
        command.args(["DEBIAN_FRONTEND=noninteractive", "bash", "-c", line]);
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(PATIENCE, command.output()).await;
        let output = output.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {line}"));
        let output = output.expect("nsenter runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { good: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// As [`Self::run`], and it must end well; its standard output.
    pub async fn must(&self, line: &str) -> String {
        let ran = self.run(line).await;
        assert!(ran.good, "{line}: {}{}", ran.out, ran.err);
        ran.out
    }

    /// Whether a line of shell prints this; otherwise what it does.
    ///
    /// # Errors
    /// All that it says.
    pub async fn shows(&self, line: &str, text: &str) -> Result<(), String> {
        let ran = self.run(line).await;
        if ran.out.contains(text) { Ok(()) } else { Err(format!("{line}: no {text:?} in {ran:?}")) }
    }

    /// As [`Self::run`], and it must not end well; all that it says.
    pub async fn must_fail(&self, line: &str) -> String {
        let ran = self.run(line).await;
        assert!(!ran.good, "{line} should have failed: {}{}", ran.out, ran.err);
        ran.out + &ran.err
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.process.kill();
        // Its control groups are empty now; they are nobody's until they are removed.
        let remove = "set -e; folder=$(mktemp -d); mount -t cgroup2 cgroup2 \"$folder\"; \
                      for try in 1 2 3 4 5 6 7 8 9; do \
                      find \"$folder/$0\" -depth -type d -exec rmdir {} + && break; sleep 0.2; done; \
                      umount \"$folder\"; rmdir \"$folder\"";
        let mut command = std::process::Command::new("unshare");
        command.args(["--mount", "sh", "-c", remove, &self.group]);
        // What stays takes no room.
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// The folder with what `cargo xtask dist` has made.
pub fn dist() -> PathBuf {
    let dist = std::env::var_os("LAMPFIELD_DIST").map(PathBuf::from);
    dist.expect("LAMPFIELD_DIST names what was made: `cargo xtask test-dist` does so")
}
