//! `lampfield relay`, beside an Asterisk.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use crate::eventually::{SOON, eventually};
use crate::namespace::Namespace;
use crate::process::Process;
use crate::server::{binary, listen};

/// Where Asterisk finds it.
pub const LISTEN: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 5_222);

/// A running relay, killed when dropped.
pub struct Relay {
    process: Process,
    said: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    /// Starts one on this machine and waits until it is ready.
    pub async fn start(machine: &Namespace, server: SocketAddrV4, fingerprint: &str) -> Self {
        let mut process = Process::start_in(Some(machine), &binary(), |command| {
            command.args(["relay", "--listen", &LISTEN.to_string()]);
            command.args(["--to", &server.to_string(), "--fingerprint", fingerprint]);
            command.stdout(Stdio::null()).stderr(Stdio::piped());
        });
        let said = Arc::new(Mutex::new(Vec::new()));
        listen(process.stderr(), said.clone());
        let relay = Self { process, said };
        eventually(SOON, || async {
            let log = relay.log();
            let ready = log.lines().any(|line| line.starts_with("lampfield relay ready"));
            if ready { Ok(()) } else { Err(format!("no relay: {log}")) }
        })
        .await;
        relay
    }

    /// What it has written to standard error.
    pub fn log(&self) -> String {
        self.said.lock().expect("not poisoned").join("\n")
    }

    /// The program, to be killed, frozen and stopped.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}
