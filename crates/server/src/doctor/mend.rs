//! What `--fix` can do. Each is one command of a shell as well, which is what is shown; nothing here opens a
//! port, ends a process or removes anything.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lampfield_operations::operation::Reload;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::machine::Machine;
use crate::control::client::Client;
use crate::failure::Failure;
use crate::shell;

/// Where kernel settings are kept for the next start of the machine.
const SYSCTL: &str = "/etc/sysctl.d/90-lampfield.conf";

/// How long a server may take to read its configuration again.
const RELOAD: Duration = Duration::from_secs(10);

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// Takes rights from a file or folder.
    Mode {
        /// The file or folder that others may do too much with.
        path: PathBuf,
        /// The rights that it has afterwards.
        mode: u32,
    },
    /// Gives files back to their owner.
    Owner {
        /// The files in the data folder that belong to somebody else.
        paths: Vec<PathBuf>,
        /// User and group.
        owner: (u32, u32),
    },
    /// Sets a key of the kernel, now and for the next start of the machine.
    Kernel {
        /// `net.core.somaxconn`
        key: &'static str,
        /// The value that it is given.
        value: u64,
    },
    /// Lets a process open more files, until it ends.
    OpenFiles {
        /// The number of the process.
        pid: u32,
        /// So many files it may open then.
        most: u64,
    },
    /// Has the server read its configuration again.
    Reload {
        /// Where it takes commands.
        socket: PathBuf,
    },
}

// === impl Mend ===

impl Mend {
    /// The same as it is typed.
    pub fn command(&self) -> String {
        match self {
            Self::Mode { path, mode } => format!("chmod {mode:o} {}", word(path)),
            Self::Owner { paths, owner: (user, group) } => {
                let paths: Vec<_> = paths.iter().map(|path| word(path)).collect();
                format!("chown {user}:{group} {}", paths.join(" "))
            }
            Self::Kernel { key, value } => {
                format!("echo {key} = {value} >> {SYSCTL} && sysctl -p {SYSCTL}")
            }
            Self::OpenFiles { pid, most } => format!("prlimit --pid {pid} --nofile={most}:{most}"),
            Self::Reload { .. } => "lampfield reload".to_owned(),
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// What the system or the server says.
    pub fn apply(&self, machine: &Machine) -> Result<(), Failure> {
        let done = match self {
            Self::Mode { path, mode } => fs::set_permissions(path, Permissions::from_mode(*mode)),
            Self::Owner { paths, owner: (user, group) } => {
                paths.iter().try_for_each(|path| chown(path, Some(*user), Some(*group)))
            }
            Self::Kernel { key, value } => set_kernel(machine, key, *value),
            Self::OpenFiles { pid, most } => set_open_files(*pid, *most),
            Self::Reload { socket } => {
                return Client::connect(socket, RELOAD)?.ask(&Reload {}).map(drop);
            }
        };
        done.map_err(|error| {
            let message = format!("{}: {error}", self.command());
            Failure::new(crate::failure::Exit::NotAllowed, "not-fixed", message)
                .line("note", "most of this needs root: sudo")
        })
    }
}

fn word(path: &Path) -> String {
    shell::word(&path.display().to_string()).into_owned()
}

/// Now first: a file for the next start is of no use where the kernel refuses the value.
fn set_kernel(machine: &Machine, key: &str, value: u64) -> io::Result<()> {
    let file = format!("/proc/sys/{}", key.replace('.', "/"));
    fs::write(machine.at(file), format!("{value}\n"))?;
    let mut kept = fs::OpenOptions::new();
    let kept = kept.append(true).create(true).mode(0o644).open(machine.at(SYSCTL));
    writeln!(kept?, "{key} = {value}")
}

fn set_open_files(pid: u32, most: u64) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
    let limit = Rlimit { current: Some(most), maximum: Some(most) };
    prlimit(Some(pid), Resource::Nofile, limit)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::testing::Stage;

    #[test]
    fn a_key_of_the_kernel_is_set_now_and_for_the_next_start() {
        let stage = Stage::new();
        stage.file("proc/sys/net/core/somaxconn", "128\n");
        stage.file("etc/sysctl.d/90-lampfield.conf", "a = 1\n");
        let mend = Mend::Kernel { key: "net.core.somaxconn", value: 1_024 };
        mend.apply(&stage.scene().machine).expect("set");
        assert_eq!(stage.read("proc/sys/net/core/somaxconn"), "1024\n");
        let kept = stage.read("etc/sysctl.d/90-lampfield.conf");
        assert_eq!(kept, "a = 1\nnet.core.somaxconn = 1024\n");
    }

    #[test]
    fn what_is_shown_is_what_is_typed() {
        let path = PathBuf::from("/var/lib/it's here");
        let mode = Mend::Mode { path, mode: 0o600 };
        assert_eq!(mode.command(), "chmod 600 '/var/lib/it'\\''s here'");
        let open = Mend::OpenFiles { pid: 42, most: 12_064 };
        assert_eq!(open.command(), "prlimit --pid 42 --nofile=12064:12064");
    }
}
