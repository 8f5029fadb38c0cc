//! The folder of one Asterisk inside its Debian: configuration, database, logs.

use std::fs;
use std::net::SocketAddrV4;
use std::process::{Command, Stdio};

use super::config::{Release, Setup};
use super::inside;
use crate::debian::Scratch;
use crate::namespace::Namespace;
use crate::process::Process;

/// Where one Asterisk keeps everything it writes.
pub struct Folder {
    scratch: Scratch,
}

impl Folder {
    /// Makes the folder and writes its configuration.
    pub fn make(setup: &Setup, ami: SocketAddrV4) -> Self {
        let folder = Self { scratch: Scratch::make(debian(setup.release)) };
        for part in ["etc", "var", "spool", "run", "log"] {
            fs::create_dir(folder.scratch.outside().join(part)).expect("a folder for Asterisk");
        }
        folder.write(setup, ami);
        folder
    }

    /// Writes the configuration files.
    pub fn write(&self, setup: &Setup, ami: SocketAddrV4) {
        for (name, text) in setup.files(self.scratch.inside(), ami) {
            let file = self.scratch.outside().join("etc").join(name);
            fs::write(file, text).expect("a configuration file");
        }
    }

    /// Starts the server in the foreground.
    pub fn start(&self, namespace: Option<&Namespace>) -> Process {
        let console = self.scratch.outside().join("log/console");
        let console = fs::OpenOptions::new().create(true).append(true).open(console);
        let console = console.expect("the console's output");
        Process::start_in(namespace, "chroot", |command| {
            command.arg(self.scratch.root()).args(["asterisk", "-f", "-C", &self.conf()]);
            command.env("LC_ALL", "C");
            command.stdout(console.try_clone().expect("a second handle")).stderr(console);
        })
    }

    /// `asterisk` with this folder's configuration; the caller adds what it should do.
    pub fn asterisk(&self) -> Command {
        let mut command = inside(self.scratch.root());
        command.args(["asterisk", "-C", &self.conf()]).stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Removes its database, so that the next start knows nothing.
    pub fn forget(&self) {
        let var = self.scratch.outside().join("var");
        fs::remove_dir_all(&var).and_then(|()| fs::create_dir(&var)).expect("an empty folder");
    }

    /// What it logged of errors, warnings and notices since the folder was made.
    pub fn full_log(&self) -> String {
        let text = fs::read(self.scratch.outside().join("log/full")).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The end of the logs.
    pub fn log(&self) -> String {
        let folder = self.scratch.outside().join("log");
        let read = |name| fs::read(folder.join(name)).unwrap_or_default();
        let text = [read("console"), read("full")].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        // What it says about configuration files that it does not have is always the same.
        let usual = |line: &str| {
            ["xmldoc", "load config file", " using defaults", "ccss.c", "indications", "minivm"]
                .iter()
                .any(|word| line.contains(word))
        };
        let lines: Vec<_> = text.lines().filter(|line| !usual(line)).collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    /// One of its log files.
    pub fn file(&self, name: &str) -> String {
        let bytes = fs::read(self.scratch.outside().join("log").join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn conf(&self) -> String {
        format!("{}/etc/asterisk.conf", self.scratch.inside())
    }
}

/// The Debian of a release, as `cargo xtask peers` names it.
fn debian(release: Release) -> &'static str {
    match release {
        Release::V22 => "asterisk-22",
        Release::V16 => "asterisk-16",
    }
}
