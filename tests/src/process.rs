//! A started program that cannot outlive its test: killed with its whole group when dropped, and by
//! the kernel when the test program itself is killed.

use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::time::{Instant, sleep};

use crate::namespace::Namespace;

/// A running program and everything it starts.
pub struct Process {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts `program` with what `prepare` adds: arguments, environment, standard files.
    ///
    /// The kernel's signal on the parent's death goes by the parent *thread*: call this on the
    /// test's own thread, which lives as long as the test.
    pub fn start(program: &str, prepare: impl FnOnce(&mut Command)) -> Self {
        Self::start_in(None, program, prepare)
    }

    /// As [`Self::start`], on this machine of the test.
    pub fn start_in(
        namespace: Option<&Namespace>,
        program: &str,
        prepare: impl FnOnce(&mut Command),
    ) -> Self {
        use std::os::unix::process::CommandExt;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).stdin(Stdio::null()).process_group(0);
        // Like setpriv it becomes the program: the process id is the program's own.
        command.args(namespace.map(Namespace::nsenter).unwrap_or_default()).arg(program);
        prepare(&mut command);
        let child =
            command.spawn().unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        Self { child, ended: None }
    }

    /// The number of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its standard output, once.
    pub fn stdout(&mut self) -> std::process::ChildStdout {
        self.child.stdout.take().expect("standard output is piped and not taken yet")
    }

    /// Its standard error, once.
    pub fn stderr(&mut self) -> std::process::ChildStderr {
        self.child.stderr.take().expect("standard error is piped and not taken yet")
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("our own child");
        }
        self.ended
    }

    /// Whether it still runs: who has ended and was not asked for yet is a zombie.
    pub fn is_alive(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        // The name of the program comes before, in parentheses, and may contain some.
        let state = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next());
        state.is_some_and(|state| state != "Z")
    }

    /// `kill -9` to the group, and waits until it is gone.
    pub fn kill(&mut self) {
        if self.ended.is_none() {
            self.signal(Signal::KILL);
            self.ended = self.child.wait().ok();
        }
    }

    /// Stops it where it is (`SIGSTOP`): its sockets live, it does nothing.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`Self::freeze`].
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Asks it to read its configuration again (`SIGHUP`).
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.memory_kib("VmRSS:")
    }

    /// Of these, what is its own and no mapped file.
    pub fn anonymous_kib(&self) -> u64 {
        self.memory_kib("RssAnon:")
    }

    fn memory_kib(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("proc(5)");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// The processor time that its threads have used so far, user and system.
    pub fn processor_time(&self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid())).expect("it runs");
        let nanos = threads.flatten().filter_map(|thread| {
            let used = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            used.split_whitespace().next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanos.sum())
    }

    /// Asks it to stop and waits; `None` if it still runs at the end of the time.
    pub async fn terminate(&mut self, within: Duration) -> Option<ExitStatus> {
        self.signal(Signal::TERM);
        let deadline = Instant::now() + within;
        while self.ended().is_none() && Instant::now() < deadline {
            sleep(Duration::from_millis(5)).await;
        }
        self.ended()
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // Already gone is fine: that is what we wanted.
        let _ = kill_process_group(pid.expect("a process id"), signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
