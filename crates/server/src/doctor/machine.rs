//! The machine as checks see it: its files, its programs, its disks and its names. Tests put another one in
//! its place, so that a fault can be made without being root.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use lampfield_relay::Service;
use tokio::net::lookup_host;
use tokio::time::timeout;

/// How long a program may take to answer.
const PROGRAM: Duration = Duration::from_secs(3);
/// How long the DNS may take for one question.
const NAMES: Duration = Duration::from_secs(3);
/// The most that is read of a file or of a program's answer.
const MOST: u64 = 4 << 20;

/// The machine, or what stands for it.
pub struct Machine {
    /// What stands for `/`.
    pub root: PathBuf,
    /// Where programs are looked for.
    pub programs: Vec<PathBuf>,
    /// How much room a file system has.
    pub room: fn(&Path) -> io::Result<Room>,
    /// What the network knows.
    pub network: Box<dyn Network>,
}

/// How much room a file system has.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Bytes that the server could still write.
    pub free: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Files that could still be made, and how many there may be in all.
    pub files: (u64, u64),
    /// Nothing can be written at all.
    pub is_read_only: bool,
}

/// What the network knows of names and of this machine.
pub trait Network: Send + Sync {
    /// The XMPP services of a domain (SRV); none if the DNS knows none.
    fn services(&self, domain: &str) -> Result<Vec<Service>, String>;

    /// The addresses of a host; none if nobody knows it.
    fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String>;

    /// The addresses of this machine.
    fn own(&self) -> Vec<IpAddr>;
}

/// Why a program has not said what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoWord {
    /// It is not on this machine.
    Absent,
    /// It ended badly: its status and what it complained.
    Failed(Option<i32>, String),
}

/// The network of this machine.
struct Real;

// === impl Machine ===

impl Machine {
    /// This one.
    pub fn real() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut programs: Vec<PathBuf> = std::env::split_paths(&path).collect();
        // Where firewalls have their programs, which only root has in the path.
        programs.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
        Self { root: "/".into(), programs, room, network: Box::new(Real) }
    }

    /// A file or folder of it, by its usual path.
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The text of a file.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<String> {
        let mut bytes = Vec::new();
        fs::File::open(self.at(path))?.take(MOST).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The number in a file of `/proc` or `/sys`; none if there is no such file.
    pub fn number(&self, path: &str) -> Option<u64> {
        self.read(path).ok()?.trim().parse().ok()
    }

    /// What a program answers. One that takes too long is ended.
    pub fn ask(&self, program: &str, arguments: &[&str]) -> Result<String, NoWord> {
        let found = self.programs.iter().map(|folder| folder.join(program));
        let path = found.into_iter().find(|path| path.is_file()).ok_or(NoWord::Absent)?;
        run(path.as_os_str(), arguments)
    }
}

fn run(program: &OsStr, arguments: &[&str]) -> Result<String, NoWord> {
    let failed = |error: io::Error| NoWord::Failed(None, error.to_string());
    let mut command = Command::new(program);
    command.args(arguments).env("LC_ALL", "C").stdin(Stdio::null());
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let (tell, told) = channel();
    let pipes = (child.stdout.take(), child.stderr.take());
    thread::spawn(move || {
        let said = (text(pipes.0), text(pipes.1));
        // Who waited has given up.
        let _ = tell.send(said);
    });
    let said = told.recv_timeout(PROGRAM);
    if said.is_err() {
        // It may have ended just now.
        let _ = child.kill();
    }
    let status = child.wait().map_err(failed)?;
    match said {
        Ok((out, _)) if status.success() => Ok(out),
        Ok((_, complaint)) => Err(NoWord::Failed(status.code(), complaint.trim().to_owned())),
        Err(_) => Err(NoWord::Failed(None, "it does not answer".to_owned())),
    }
}

fn text(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What came before it broke is as good.
        let _ = pipe.take(MOST).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn room(path: &Path) -> io::Result<Room> {
    let of = rustix::fs::statvfs(path)?;
    Ok(Room {
        free: of.f_bavail.saturating_mul(of.f_frsize),
        bytes: of.f_blocks.saturating_mul(of.f_frsize),
        files: (of.f_favail, of.f_files),
        is_read_only: of.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
    })
}

// === impl Real ===

impl Network for Real {
    fn services(&self, domain: &str) -> Result<Vec<Service>, String> {
        waiting(async { Ok(lampfield_relay::services(domain).await?.found) })
    }

    fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        waiting(async {
            match lookup_host((host, 0)).await {
                Ok(found) => Ok(found.map(|address| address.ip()).collect()),
                // The system's resolver tells an unknown name by a text only.
                Err(_) => Ok(Vec::new()),
            }
        })
    }

    fn own(&self) -> Vec<IpAddr> {
        let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
        interfaces.into_iter().map(|interface| interface.ip()).collect()
    }
}

/// Waits for an answer on a runtime of its own, and not for ever.
fn waiting<T>(asked: impl Future<Output = io::Result<T>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let answered = runtime.block_on(async { timeout(NAMES, asked).await });
    // A name may still be looked up.
    runtime.shutdown_background();
    let silent = |_| format!("the DNS did not answer within {} s", NAMES.as_secs());
    answered.map_err(silent)?.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_program_answers_complains_or_is_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let machine = Machine { programs: vec![folder.path().into()], ..Machine::real() };
        let program = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a script");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("chmod");
        };
        program("good", "echo $1");
        program("bad", "echo no >&2; exit 3");
        program("silent", "exec sleep 600");
        assert_eq!(machine.ask("good", &["word"]), Ok("word\n".to_owned()));
        assert_eq!(machine.ask("bad", &[]), Err(NoWord::Failed(Some(3), "no".to_owned())));
        assert!(matches!(machine.ask("silent", &[]), Err(NoWord::Failed(None, _))));
        assert_eq!(machine.ask("none", &[]), Err(NoWord::Absent));
    }
}
