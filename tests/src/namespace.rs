//! Machines, as far as the network goes: Linux network namespaces, each with interfaces, addresses
//! and TCP settings of its own. A [`crate::line::Line`] joins two of them; nothing else does.

use std::fs::{self, File};
use std::io;
use std::net::{SocketAddrV4, TcpStream};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// What every name begins with; the id of the test program follows.
const PREFIX: &str = "lampfield_test_";

/// Where `ip netns` keeps them.
const FOLDER: &str = "/run/netns";

/// A machine of its own, gone when dropped.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes one; it has its loopback network, and no other.
    pub fn make() -> Arc<Self> {
        remove_orphans();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}_{number}", std::process::id());
        ip(&["netns", "add", &name]);
        let namespace = Self { name };
        ip(&["-n", &namespace.name, "link", "set", "lo", "up"]);
        Arc::new(namespace)
    }

    /// The command that starts another one in here.
    pub fn nsenter(&self) -> Vec<String> {
        vec!["nsenter".to_owned(), format!("--net={}", self.file()), "--".to_owned()]
    }

    /// Moves the calling thread into it, for the rest of its life.
    pub fn enter(&self) {
        let file = File::open(self.file()).expect("the namespace exists");
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
            .expect("root may enter a namespace");
    }

    /// Does something in it. A socket that is made there stays there, whoever uses it.
    pub fn within<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let inside = || {
            self.enter();
            work()
        };
        std::thread::scope(|scope| scope.spawn(inside).join()).expect("it did not panic")
    }

    /// Sets one of its `net.` settings, as `sysctl` does.
    pub fn set(&self, key: &str, value: &str) {
        let file = format!("/proc/sys/{}", key.replace('.', "/"));
        self.within(|| fs::write(&file, value)).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    fn file(&self) -> String {
        format!("{FOLDER}/{}", self.name)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        ip(&["netns", "delete", &self.name]);
    }
}

/// Connects on the machine given, or on ours.
pub fn connect(namespace: Option<&Namespace>, to: SocketAddrV4) -> io::Result<TcpStream> {
    match namespace {
        Some(namespace) => namespace.within(|| TcpStream::connect(to)),
        None => TcpStream::connect(to),
    }
}

fn ip(arguments: &[&str]) {
    let status = Command::new("ip").args(arguments).status().expect("ip runs");
    assert!(status.success() || std::thread::panicking(), "ip refused {arguments:?}");
}

/// Removes those of test programs that were killed before they could.
fn remove_orphans() {
    for entry in fs::read_dir(FOLDER).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split('_').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Another test program may be at the same.
            let _ = Command::new("ip").args(["netns", "delete", &name]).output();
        }
    }
}
