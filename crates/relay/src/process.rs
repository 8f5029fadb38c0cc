//! What the kernel tells of the processes behind a connection from this machine (proc(5)). All of it
//! blocks, and all but [`Process::is_gone`] may take long on a machine with many processes.

use std::collections::HashSet;
use std::net::SocketAddr;

use procfs::ProcError;
use procfs::process::{self, FDTarget, Stat, all_processes};

/// `PF_EXITING` of linux/sched.h: it has begun to close its descriptors.
const EXITING: u32 = 4;
/// The name of the program, and its options that take a value (`getopt_settings` of main/asterisk.c).
const PROGRAM: &str = "asterisk";
const WITH_VALUE: [char; 8] = ['C', 'e', 'G', 'L', 'M', 's', 'U', 'x'];

/// One process, also when its number is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Process {
    pid: i32,
    /// Since the machine's start, in ticks of its clock.
    started: u64,
}

// === impl Process ===

impl Process {
    /// The one that has this number now.
    #[cfg(test)]
    pub fn numbered(number: u32) -> Option<Self> {
        let process = process::Process::new(number.try_into().ok()?).ok()?;
        process.stat().ok().as_ref().map(Into::into)
    }

    /// One that there need not be.
    #[cfg(test)]
    pub fn made_up(pid: i32) -> Self {
        Self { pid, started: 0 }
    }

    /// Those that may have connected from `peer` to `local`: the one that holds the socket, if we may look
    /// at its descriptors, or else each Asterisk of the socket's owner. None if it is on another machine.
    pub fn behind(peer: SocketAddr, local: SocketAddr) -> Vec<Self> {
        let Some((inode, owner)) = socket(peer, local) else { return Vec::new() };
        let all = all_processes().into_iter().flatten().flatten();
        let theirs = all.filter(|process| process.uid().is_ok_and(|uid| uid == owner));
        let theirs: Vec<_> =
            theirs.filter_map(|process| Some((process.stat().ok()?, process))).collect();
        match theirs.iter().find(|(_, process)| holds(process, inode)) {
            Some((stat, _)) => vec![stat.into()],
            None => servers(&theirs),
        }
    }

    /// Whether it has ended, or is about to.
    pub fn is_gone(self) -> bool {
        match process::Process::new(self.pid).and_then(|process| process.stat()) {
            Ok(stat) => stat.starttime != self.started || has_ended(&stat),
            // What else keeps us from looking, such as the want of a descriptor, says nothing of it.
            Err(error) => matches!(error, ProcError::NotFound(_)),
        }
    }
}

impl From<&Stat> for Process {
    fn from(stat: &Stat) -> Self {
        Self { pid: stat.pid, started: stat.starttime }
    }
}

/// The inode and the owner of the other end of a connection.
fn socket(peer: SocketAddr, local: SocketAddr) -> Option<(u64, u32)> {
    let tables = [procfs::net::tcp(), procfs::net::tcp6()];
    let mut entries = tables.into_iter().flatten().flatten();
    let same = |one: SocketAddr, other: SocketAddr| {
        one.port() == other.port() && one.ip().to_canonical() == other.ip().to_canonical()
    };
    entries
        .find(|entry| same(entry.local_address, peer) && same(entry.remote_address, local))
        .map(|entry| (entry.inode, entry.uid))
}

fn holds(process: &process::Process, inode: u64) -> bool {
    let descriptors = process.fd().into_iter().flatten().flatten();
    descriptors.into_iter().any(|fd| matches!(fd.target, FDTarget::Socket(held) if held == inode))
}

/// Those that are Asterisk, and neither a console nor what one has just started, which has its name
/// until it becomes another program.
fn servers(processes: &[(Stat, process::Process)]) -> Vec<Process> {
    let is_server = |(stat, process): &&(Stat, process::Process)| {
        stat.comm == PROGRAM
            && !has_ended(stat)
            && process.cmdline().is_ok_and(|arguments| !is_console(&arguments))
    };
    let servers: Vec<_> = processes.iter().filter(is_server).map(|(stat, _)| stat).collect();
    let numbers: HashSet<_> = servers.iter().map(|stat| stat.pid).collect();
    servers.into_iter().filter(|stat| !numbers.contains(&stat.ppid)).map(Into::into).collect()
}

fn has_ended(stat: &Stat) -> bool {
    stat.flags & EXITING != 0 || matches!(stat.state, 'Z' | 'X')
}

/// Whether these arguments make `asterisk` connect to another one, which has often some consoles:
/// `-r`, `-R` and `-x`, also among other letters.
fn is_console(arguments: &[String]) -> bool {
    let (name, mut rest) = match arguments.split_first() {
        Some((name, rest)) => (name.as_str(), rest.iter()),
        None => return false,
    };
    let mut is_console = name.contains("rasterisk");
    while let Some(argument) = rest.next().filter(|argument| *argument != "--") {
        let letters = argument.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
        let letters = letters.unwrap_or_default();
        // What stands behind it is its value, or the next argument is.
        let (flags, valued) = match letters.find(WITH_VALUE) {
            Some(place) => letters.split_at(place),
            None => (letters, ""),
        };
        is_console |= flags.contains(['r', 'R']) || valued.starts_with('x');
        if valued.len() == 1 {
            rest.next();
        }
    }
    is_console
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consoles_are_no_servers() {
        let is = |line: &str| is_console(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for server in [
            "asterisk",
            "/usr/sbin/asterisk -g -f -p -U asterisk",
            "asterisk -C /x/r",
            "asterisk -fUasterisk -Gr -C/etc/asterisk/x.conf -L 0.9",
            "asterisk -U -r -f",
            "asterisk -- -r",
        ] {
            assert!(!is(server), "{server}");
        }
        for console in [
            "asterisk -r",
            "rasterisk -vvv",
            "asterisk -vvvR",
            "asterisk -C x -rx stop",
            "asterisk -Cx -xstop",
            "asterisk -U root -r",
        ] {
            assert!(is(console), "{console}");
        }
    }

    #[test]
    fn only_who_is_known_to_have_ended_is_gone() {
        let own = Process::numbered(std::process::id()).unwrap();
        assert!(!own.is_gone());
        assert!(Process { started: own.started + 1, ..own }.is_gone());
        // As large as no process number is.
        assert!(Process { pid: i32::MAX, ..own }.is_gone());
    }
}
