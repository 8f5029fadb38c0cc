//! `lampfield relay`, beside an Asterisk, running or between two runs.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use crate::eventually::{SOON, eventually};
use crate::namespace::Namespace;
use crate::process::Process;
use crate::server::{binary, listen};

/// Where Asterisk finds it.
pub const LISTEN: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 5_222);

/// A relay, killed when dropped.
pub struct Relay {
    process: Option<Process>,
    /// What runs it, with arguments.
    program: Vec<String>,
    said: Arc<Mutex<Vec<String>>>,
    machine: Option<Arc<Namespace>>,
    listen: SocketAddrV4,
    /// What stands behind its `--to`.
    servers: Vec<String>,
    trust: Trust,
}

/// Which server a relay takes for the right one.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Whoever has this key or certificate.
    Fingerprint(String),
    /// Whoever is signed by what is in this file, or in it himself.
    Ca(PathBuf),
    /// Whoever is right by one of the two.
    Either(String, PathBuf),
}

impl Trust {
    fn arguments(&self) -> Vec<&OsStr> {
        let (digits, file) = match self {
            Self::Fingerprint(digits) => (Some(digits), None),
            Self::Ca(file) => (None, Some(file)),
            Self::Either(digits, file) => (Some(digits), Some(file)),
        };
        let digits =
            digits.into_iter().flat_map(|digits| ["--fingerprint".as_ref(), digits.as_ref()]);
        let file = file.into_iter().flat_map(|file| ["--ca".as_ref(), file.as_ref()]);
        digits.chain(file).collect()
    }
}

impl Relay {
    /// Starts one on this machine, to this server, and waits until it is ready.
    pub async fn start(machine: Arc<Namespace>, server: SocketAddrV4, trust: Trust) -> Self {
        let machine = Some(machine);
        Self::start_at(vec![binary()], machine, LISTEN, &[server], trust).await
    }

    /// The same where this program runs, found at this address, to the first of these servers that is
    /// there.
    pub async fn start_here(listen: SocketAddrV4, servers: &[SocketAddrV4], trust: Trust) -> Self {
        Self::start_by(vec![binary()], listen, servers, trust).await
    }

    /// As [`Self::start_here`] by this program and its arguments: one that sets limits, or becomes
    /// another user.
    pub async fn start_by(
        program: Vec<String>,
        listen: SocketAddrV4,
        servers: &[SocketAddrV4],
        trust: Trust,
    ) -> Self {
        Self::start_at(program, None, listen, servers, trust).await
    }

    /// As [`Self::start_here`], to a server that has this name and these addresses.
    pub async fn start_to_name(
        listen: SocketAddrV4,
        name: &str,
        addresses: &[SocketAddrV4],
        trust: Trust,
    ) -> Self {
        let port = addresses.first().expect("an address").port();
        let hosts: String = addresses.iter().map(|one| format!("{} {name}\\n", one.ip())).collect();
        let script = format!(
            "mount -t tmpfs none /mnt && printf '{hosts}' > /mnt/hosts && \
             mount --bind /mnt/hosts /etc/hosts && exec \"$0\" \"$@\""
        );
        let program = ["unshare", "--mount", "sh", "-c", &script, &binary()].map(str::to_owned);
        let to = [format!("{name}:{port}")];
        Self::start_at(program.into(), None, listen, &to, trust).await
    }

    async fn start_at(
        program: Vec<String>,
        machine: Option<Arc<Namespace>>,
        listen: SocketAddrV4,
        servers: &[impl ToString],
        trust: Trust,
    ) -> Self {
        let said = Arc::default();
        let servers = servers.iter().map(ToString::to_string).collect();
        let mut relay = Self { process: None, program, said, machine, listen, servers, trust };
        relay.run().await;
        relay
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`].
    pub async fn run(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        // That of the run before would be taken for its ready line.
        self.said = Arc::default();
        let (program, arguments) = self.program.split_first().expect("a program");
        let mut process = Process::start_in(self.machine.as_deref(), program, |command| {
            command.args(arguments).args(["relay", "--listen", &self.listen.to_string()]);
            for server in &self.servers {
                command.args(["--to", server]);
            }
            command.args(self.trust.arguments());
            command.stdout(Stdio::null()).stderr(Stdio::piped());
        });
        listen(process.stderr(), self.said.clone());
        self.process = Some(process);
        eventually(SOON, || async {
            let log = self.log();
            let ready = log.lines().any(|line| line.starts_with("lampfield relay ready"));
            if ready { Ok(()) } else { Err(format!("the relay is not ready: {log}")) }
        })
        .await;
    }

    /// Where PBXs find it.
    pub fn address(&self) -> SocketAddrV4 {
        self.listen
    }

    /// From its next start on it trusts this one.
    pub fn trust(&mut self, trust: Trust) {
        self.trust = trust;
    }

    /// Kills it without warning, as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// Stops it in good order; `None` if it does not stop.
    pub async fn stop(&mut self) -> Option<ExitStatus> {
        self.process.take().expect("it runs").terminate(SOON).await
    }

    /// How it ends by itself.
    pub async fn ends(&mut self) -> ExitStatus {
        let process = RefCell::new(self.process.as_mut().expect("it runs"));
        let look = || async { process.borrow_mut().ended().ok_or("it runs".to_owned()) };
        eventually(SOON, look).await
    }

    /// Waits until its log contains this.
    pub async fn logs(&self, words: &str) {
        eventually(SOON, || async {
            let log = self.log();
            if log.contains(words) { Ok(()) } else { Err(format!("no {words:?} in:\n{log}")) }
        })
        .await;
    }

    /// The process; the relay must be running.
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("it runs")
    }

    /// What it has written to standard error in this run.
    pub fn log(&self) -> String {
        self.said.lock().expect("not poisoned").join("\n")
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of the relay:\n{}", self.log());
        }
    }
}
