//! The folder of one Asterisk inside its Debian: configuration, database, logs. Removed when
//! dropped; what killed test programs left behind is removed by the next one.

use std::fs;
use std::net::SocketAddrV4;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use super::config::{Release, Setup};
use super::inside;
use crate::process::Process;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Where one Asterisk keeps everything it writes.
pub struct Folder {
    /// The Debian that it runs in.
    root: PathBuf,
    /// The folder's path as Asterisk sees it.
    inside: String,
}

impl Folder {
    /// Makes the folder and writes its configuration.
    pub fn make(setup: &Setup, ami: SocketAddrV4) -> Self {
        let root = root(setup.release);
        static SWEEP: Once = Once::new();
        SWEEP.call_once(|| {
            [Release::V22, Release::V16].map(root_of_orphans).iter().for_each(|r| sweep(r))
        });
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let inside = format!("/tmp/lampfield-{}-{number}", std::process::id());
        let folder = Self { root, inside };
        for part in ["etc", "var", "spool", "run", "log"] {
            fs::create_dir_all(folder.outside().join(part)).expect("a folder for Asterisk");
        }
        folder.write(setup, ami);
        folder
    }

    /// Writes the configuration files.
    pub fn write(&self, setup: &Setup, ami: SocketAddrV4) {
        for (name, text) in setup.files(&self.inside, ami) {
            fs::write(self.outside().join("etc").join(name), text).expect("a configuration file");
        }
    }

    /// Starts the server in the foreground.
    pub fn start(&self) -> Process {
        let console = self.outside().join("log/console");
        let console = fs::OpenOptions::new().create(true).append(true).open(console);
        let console = console.expect("the console's output");
        Process::start("chroot", |command| {
            command.arg(&self.root).args(["asterisk", "-f", "-C", &self.conf()]).env("LC_ALL", "C");
            command.stdout(console.try_clone().expect("a second handle")).stderr(console);
        })
    }

    /// `asterisk` with this folder's configuration; the caller adds what it should do.
    pub fn asterisk(&self) -> Command {
        let mut command = inside(&self.root);
        command.args(["asterisk", "-C", &self.conf()]).stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Removes the database.
    pub fn forget(&self) {
        let var = self.outside().join("var");
        fs::remove_dir_all(&var).and_then(|()| fs::create_dir(&var)).expect("an empty folder");
    }

    /// The end of the logs.
    pub fn log(&self) -> String {
        let read = |name| fs::read(self.outside().join("log").join(name)).unwrap_or_default();
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

    fn conf(&self) -> String {
        format!("{}/etc/asterisk.conf", self.inside)
    }

    fn outside(&self) -> PathBuf {
        self.root.join(self.inside.trim_start_matches('/'))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Its Asterisk is gone by now: the process is dropped before its folder.
        let _ = fs::remove_dir_all(self.outside());
    }
}

/// The Debian of a release, as `cargo xtask peers` makes it.
fn root(release: Release) -> PathBuf {
    let root = root_of_orphans(release);
    let ready = root.join(".lampfield-ready").is_file();
    assert!(ready, "no Asterisk in {}: run `cargo xtask peers` first", root.display());
    root
}

fn root_of_orphans(release: Release) -> PathBuf {
    let name = match release {
        Release::V22 => "asterisk-22",
        Release::V16 => "asterisk-16",
    };
    peers().join(name)
}

/// The same folder that `cargo xtask peers` uses.
fn peers() -> PathBuf {
    if let Some(given) = std::env::var_os("LAMPFIELD_PEERS") {
        return given.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        Path::new(&std::env::var_os("HOME").expect("HOME is set")).join(".cache")
    });
    cache.join("lampfield/peers")
}

fn sweep(root: &Path) {
    let Ok(entries) = fs::read_dir(root.join("tmp")) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix("lampfield-").and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
