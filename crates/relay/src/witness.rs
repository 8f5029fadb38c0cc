//! Whether the PBX's process is gone, or has only closed its stream: `module reload res_xmpp.so`
//! does that, and its lamps should stay.
//!
//! The process is found once, when it connects: by the socket it holds, if we may look at its
//! descriptors, or else as the only program of its owner that is called `asterisk` and is no console.

use std::net::SocketAddr;
use std::time::Duration;

use procfs::process::{FDTarget, Process, all_processes};
use tokio::time::{Instant, sleep};

/// How long after the end of its stream a process may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
/// How often it is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(50);
/// `PF_EXITING` of linux/sched.h: it has begun to close its descriptors.
const EXITING: u32 = 4;

/// The process behind a connection from this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witness {
    pid: i32,
    /// Process numbers are used again, not with the same time.
    started: u64,
}

// === impl Witness ===

impl Witness {
    /// The process that has connected from `peer` to `local`; none if it is on another machine, or
    /// cannot be told.
    pub fn of(peer: SocketAddr, local: SocketAddr) -> Option<Self> {
        let (inode, owner) = socket(peer, local)?;
        let theirs = || {
            all_processes()
                .into_iter()
                .flatten()
                .flatten()
                .filter(move |process| process.uid().is_ok_and(|uid| uid == owner))
        };
        let holder = theirs().find(|process| holds(process, inode));
        let process = holder.or_else(|| {
            let mut named = theirs().filter(is_server);
            let first = named.next()?;
            named.next().is_none().then_some(first)
        })?;
        let stat = process.stat().ok()?;
        Some(Self { pid: stat.pid, started: stat.starttime })
    }

    /// Whether it is the process that asks.
    pub fn is_this_process(self) -> bool {
        u32::try_from(self.pid).is_ok_and(|pid| pid == std::process::id())
    }

    /// Waits for the process to end, if its stream has just ended with it; says whether it did.
    pub async fn ends(self) -> bool {
        let began = Instant::now();
        while began.elapsed() < ENDS_WITHIN {
            if self.has_ended() {
                return true;
            }
            sleep(LOOK).await;
        }
        false
    }

    fn has_ended(self) -> bool {
        let stat = Process::new(self.pid).and_then(|process| process.stat());
        stat.map_or(true, |stat| {
            stat.starttime != self.started
                || stat.flags & EXITING != 0
                || matches!(stat.state, 'Z' | 'X')
        })
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

fn holds(process: &Process, inode: u64) -> bool {
    let descriptors = process.fd().into_iter().flatten().flatten();
    descriptors.into_iter().any(|fd| matches!(fd.target, FDTarget::Socket(held) if held == inode))
}

fn is_server(process: &Process) -> bool {
    process.stat().is_ok_and(|stat| stat.comm == "asterisk")
        && process.cmdline().is_ok_and(|arguments| !is_console(&arguments))
}

/// Whether these arguments make `asterisk` connect to another one, which has often some consoles:
/// `-r`, `-R` and `-x`, also among other letters.
fn is_console(arguments: &[String]) -> bool {
    let is_short = |argument: &&String| argument.starts_with('-') && !argument.starts_with("--");
    let mut options = arguments.iter().filter(is_short);
    options.any(|option| option.contains(['r', 'R', 'x']))
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn the_process_behind_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, peer) = listener.accept().await.unwrap();
        let witness = Witness::of(peer, server.local_addr().unwrap()).unwrap();
        assert!(witness.is_this_process());
        assert!(!witness.has_ended());
        drop(client);
        let another = Witness { started: witness.started + 1, ..witness };
        assert!(another.ends().await);
    }

    #[test]
    fn consoles_are_no_servers() {
        let is = |line: &str| is_console(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for server in ["asterisk", "/usr/sbin/asterisk -g -f -p -U asterisk", "asterisk -C /x/r"] {
            assert!(!is(server), "{server}");
        }
        for console in
            ["asterisk -r", "rasterisk -rvvv", "asterisk -vvvR", "asterisk -C x -rx stop"]
        {
            assert!(is(console), "{console}");
        }
    }
}
