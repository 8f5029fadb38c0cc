//! A machine that tests make: its files below a folder, its programs as scripts, its DNS as a table, and a
//! server that says of itself what it should.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, Permissions};
use std::net::IpAddr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use lampfield_relay::Service;
use tempfile::TempDir;

use super::check::Findings;
use super::machine::{Machine, Network};
use super::scene::Scene;
use crate::document::status::{Server, StatusDocument, Store};
use crate::failure::{Exit, Failure};
use crate::place::Place;

/// What stands for the machine.
pub struct Stage {
    folder: TempDir,
    dns: Arc<Mutex<Dns>>,
}

/// What stands for the DNS.
#[derive(Default, Clone)]
pub struct Dns {
    pub services: Vec<Service>,
    pub hosts: HashMap<String, Vec<IpAddr>>,
    pub own: Vec<IpAddr>,
    pub is_silent: bool,
}

struct Fake(Arc<Mutex<Dns>>);

/// The sentences of what was found.
pub fn texts(answer: Findings) -> Vec<String> {
    answer.expect("an answer").into_iter().map(|finding| finding.text).collect()
}

// === impl Stage ===

impl Stage {
    /// A machine on which nothing is wrong, as far as anything is there.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stage = Self { folder, dns: Arc::default() };
        for folder in ["data", "proc", "bin"] {
            fs::create_dir(stage.root().join(folder)).expect("a folder");
        }
        stage.mode("data", 0o700);
        stage.configure("");
        stage
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.root().join("data")
    }

    /// Writes a file below the root.
    pub fn file(&self, name: &str, text: &str) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.root().join(name)).expect("a file")
    }

    pub fn link(&self, name: &str, to: &str) {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        symlink(to, path).expect("a link");
    }

    pub fn mode(&self, name: &str, mode: u32) {
        let path = self.root().join(name);
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("chmod");
    }

    pub fn mode_of_data(&self, mode: u32) {
        self.mode("data", mode);
    }

    /// A file and the folders above it, so that every user can read it.
    pub fn open_to_all(&self, name: &str) {
        self.mode("", 0o755);
        self.mode(name, 0o644);
    }

    /// A file in the data folder.
    pub fn data_file(&self, name: &str, mode: u32) -> PathBuf {
        self.file(&format!("data/{name}"), "");
        self.mode(&format!("data/{name}"), mode);
        self.data().join(name)
    }

    /// Writes the configuration file of the stage.
    pub fn configure(&self, text: &str) {
        self.file("lampfield.toml", text);
        self.mode("lampfield.toml", 0o600);
    }

    /// A program that is a script of the shell.
    pub fn program(&self, name: &str, script: &str) {
        self.file(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
        self.mode(&format!("bin/{name}"), 0o755);
    }

    pub fn dns(&self, change: impl FnOnce(&mut Dns)) {
        change(&mut self.dns.lock().expect("nobody panicked"));
    }

    /// With a server, process 42, that listens on 127.0.0.1:5222.
    pub fn scene(&self) -> Scene {
        Scene { status: Ok(self.status()), ..self.without_server() }
    }

    /// The same machine before its first start.
    pub fn without_server(&self) -> Scene {
        let file = self.root().join("lampfield.toml");
        let machine = Machine {
            root: self.root().to_owned(),
            programs: vec![self.root().join("bin")],
            network: Box::new(Fake(Arc::clone(&self.dns))),
            ..Machine::real()
        };
        let nobody = Failure::new(Exit::NotReached, "not-reached", "no server answers here");
        Scene {
            machine,
            place: Place::find(Some(&file), Some(&self.data())),
            socket: Some(self.data().join("control.sock")),
            status: Err(nobody),
            servers: Vec::new(),
        }
    }

    fn status(&self) -> StatusDocument {
        StatusDocument {
            schema: "status/1".to_owned(),
            healthy: true,
            as_of: String::new(),
            server: Server {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                pid: 42,
                uptime_seconds: 1.0,
                data_dir: self.data().display().to_string(),
                config: None,
                domains: vec!["localhost".to_owned()],
                listeners: vec!["127.0.0.1:5222".to_owned()],
                memory_bytes: 0,
            },
            attention: Vec::new(),
            certificates: Vec::new(),
            boards: Vec::new(),
            doors: Vec::new(),
            origins: Vec::new(),
            silent: Vec::new(),
            refused_logins: Vec::new(),
            counters: BTreeMap::new(),
            limits: BTreeMap::new(),
            store: Store { state: "ok".to_owned(), waiting: 0, since: None, reason: None },
        }
    }
}

// === impl Fake ===

impl Fake {
    fn said(&self) -> Result<Dns, String> {
        let dns = self.0.lock().expect("nobody panicked").clone();
        if dns.is_silent { Err("the DNS did not answer".to_owned()) } else { Ok(dns) }
    }
}

impl Network for Fake {
    fn services(&self, _: &str) -> Result<Vec<Service>, String> {
        Ok(self.said()?.services)
    }

    fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        Ok(self.said()?.hosts.get(host).cloned().unwrap_or_default())
    }

    fn own(&self) -> Vec<IpAddr> {
        self.said().map(|dns| dns.own).unwrap_or_default()
    }
}
