//! `lampfield relay`, beside an Asterisk, running or between two runs.

use std::net::{Ipv4Addr, SocketAddrV4};
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
    said: Arc<Mutex<Vec<String>>>,
    machine: Arc<Namespace>,
    server: SocketAddrV4,
    fingerprint: String,
}

impl Relay {
    /// Starts one on this machine, to this server, and waits until it is ready.
    pub async fn start(machine: Arc<Namespace>, server: SocketAddrV4, fingerprint: String) -> Self {
        let mut relay = Self { process: None, said: Arc::default(), machine, server, fingerprint };
        relay.run().await;
        relay
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`].
    pub async fn run(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let mut process = Process::start_in(Some(&self.machine), &binary(), |command| {
            command.args(["relay", "--listen", &LISTEN.to_string()]);
            command.args(["--to", &self.server.to_string(), "--fingerprint", &self.fingerprint]);
            command.stdout(Stdio::null()).stderr(Stdio::piped());
        });
        self.said = Arc::default();
        listen(process.stderr(), self.said.clone());
        self.process = Some(process);
        eventually(SOON, || async {
            let log = self.log();
            let ready = log.lines().any(|line| line.starts_with("lampfield relay ready"));
            if ready { Ok(()) } else { Err(format!("the relay is not ready: {log}")) }
        })
        .await;
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// Stops it in good order; `None` if it does not stop.
    pub async fn stop(&mut self) -> Option<ExitStatus> {
        self.process.take().expect("it runs").terminate(SOON).await
    }

    /// The running program.
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("it runs")
    }

    /// What it has written to standard error in this run.
    pub fn log(&self) -> String {
        self.said.lock().expect("not poisoned").join("\n")
    }
}
