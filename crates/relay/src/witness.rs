//! Whether the PBX's process is gone, or has only closed its stream: `module reload res_xmpp.so`
//! does that, and its lamps should stay.
//!
//! A relay that may not see who holds the PBX's socket, as a user of its own may not, suspects each
//! Asterisk of the socket's owner. The one that ends when the stream does was it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use crate::process::Process;

/// How long after the end of its stream a process may take to end, and how long before it may have begun.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
const BEGAN_WITHIN: Duration = Duration::from_secs(1);
/// How often it is looked at meanwhile, and how often several are while the stream goes on.
const LOOK: Duration = Duration::from_millis(50);
const SELDOM: Duration = Duration::from_millis(500);
/// More than so many Asterisks of one user are not told apart.
const MOST: usize = 16;
/// How long it may take to find the process. One that hangs in the kernel can keep whoever looks at it.
const FOUND_WITHIN: Duration = Duration::from_secs(2);
/// One search at a time: whatever comes to the relay at once takes no more than one thread.
static SEARCH: Semaphore = Semaphore::const_new(1);

/// The process behind a connection from this machine, or several of which one is.
#[derive(Debug)]
pub struct Witness(RefCell<Vec<Suspect>>);

#[derive(Debug, Clone, Copy)]
struct Suspect {
    process: Process,
    /// When it was first seen to have ended.
    ended: Option<Instant>,
}

// === impl Witness ===

impl Witness {
    /// The process that has connected from `peer` to `local`; none if it is on another machine, or
    /// cannot be told.
    pub async fn of(peer: SocketAddr, local: SocketAddr) -> Option<Self> {
        let search = async {
            let turn = SEARCH.acquire().await.ok()?;
            let search = move || {
                let found = Process::behind(peer, local);
                drop(turn);
                found
            };
            spawn_blocking(search).await.ok()
        };
        let found = timeout(FOUND_WITHIN, search).await.ok()??;
        (1..=MOST).contains(&found.len()).then(|| Self::among(&found))
    }

    fn among(processes: &[Process]) -> Self {
        let suspect = |process: &Process| Suspect { process: *process, ended: None };
        Self(RefCell::new(processes.iter().map(suspect).collect()))
    }

    /// Sees which of several end while the stream goes on: these were not it.
    pub async fn watch(&self) -> Infallible {
        if self.0.borrow().len() == 1 {
            return pending().await;
        }
        loop {
            sleep(SELDOM).await;
            self.look();
        }
    }

    /// Waits for the process to end, if its stream has just ended with it; says whether it did.
    pub async fn ends(&self) -> bool {
        let began = Instant::now();
        while began.elapsed() < ENDS_WITHIN {
            self.look();
            let with_it = |one: &Suspect| one.ended.is_some_and(|at| at + BEGAN_WITHIN > began);
            if self.0.borrow().iter().any(with_it) {
                return true;
            }
            sleep(LOOK).await;
        }
        false
    }

    /// Whether both may be the same process, and it lives.
    pub fn may_be(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.0.borrow(), other.0.borrow());
        let mut living = ours.iter().filter(|one| one.ended.is_none());
        living.any(|one| theirs.iter().any(|other| other.process == one.process))
    }

    fn look(&self) {
        for one in self.0.borrow_mut().iter_mut().filter(|one| one.ended.is_none()) {
            one.ended = one.process.is_gone().then(Instant::now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::advance;

    use super::*;

    #[tokio::test]
    async fn the_process_behind_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, peer) = listener.accept().await.unwrap();
        let local = server.local_addr().unwrap();
        let witness = Witness::of(peer, local).await.unwrap();
        let this = Witness::among(&[Process::numbered(std::process::id()).unwrap()]);
        assert!(witness.may_be(&this));
        assert!(Witness::of(local, local).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn of_several_the_one_that_ends_with_the_stream_was_it() {
        let (mut one, mut other) = (child(), child());
        let both = || {
            let numbers = [one.id(), other.id()];
            Witness::among(&numbers.map(|number| Process::numbered(number).unwrap()))
        };
        let (first, second) = (both(), both());
        assert!(first.may_be(&second) && !first.ends().await);
        one.kill().unwrap();
        one.wait().unwrap();
        assert!(first.ends().await);
        second.look();
        advance(BEGAN_WITHIN).await;
        assert!(!second.ends().await, "it ended before, and its stream did not");
        let dying = Process::numbered(other.id()).unwrap();
        other.kill().unwrap();
        // The time of this test stands still, and that of the kernel does not.
        while !dying.is_gone() {
            std::thread::yield_now();
        }
        assert!(second.ends().await, "nobody has waited for it yet");
        assert!(!second.may_be(&first));
    }

    fn child() -> Child {
        Command::new("sleep").arg("600").spawn().unwrap()
    }
}
