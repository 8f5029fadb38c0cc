//! Whether the PBX's process is gone, or has only closed its stream: `module reload res_xmpp.so`
//! does that, and its lamps should stay.
//!
//! A relay that may not see who holds the PBX's socket, as a user of its own may not, suspects each
//! Asterisk of the socket's owner. The one that ends when the stream does was it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use crate::deaths::{BEGAN_WITHIN, Deaths, ENDS_WITHIN, StreamId};
use crate::process::Process;

/// How often a process is looked at whose stream has ended, and how often several are while it goes on.
const LOOK: Duration = Duration::from_millis(50);
const SELDOM: Duration = Duration::from_millis(500);
/// More than so many Asterisks of one user are not told apart.
const MOST: usize = 16;
/// How long it may take to find the process. One that hangs in the kernel can keep whoever looks at it.
const FOUND_WITHIN: Duration = Duration::from_secs(2);
/// Threads that search, those included that have hung for longer than anybody waits for them.
const THREADS: usize = 8;

/// The processes behind the streams of a relay.
#[derive(Debug)]
pub struct Witnesses {
    deaths: RefCell<Deaths>,
    /// One search at a time: whatever comes to the relay at once takes no more than one thread.
    turn: Semaphore,
    threads: Arc<Semaphore>,
}

/// The process behind a connection from this machine, or several of which one is.
#[derive(Debug)]
pub struct Witness {
    all: Rc<Witnesses>,
    stream: StreamId,
    suspects: Vec<Process>,
}

// === impl Witnesses ===

impl Default for Witnesses {
    fn default() -> Self {
        let threads = Arc::new(Semaphore::new(THREADS));
        Self { deaths: RefCell::default(), turn: Semaphore::new(1), threads }
    }
}

impl Witnesses {
    /// The process that has connected from `peer` to `local`; none if it is on another machine, or
    /// cannot be told.
    pub async fn find(self: &Rc<Self>, peer: SocketAddr, local: SocketAddr) -> Option<Witness> {
        let found = self.search(move || Process::behind(peer, local)).await?;
        (1..=MOST).contains(&found.len()).then(|| self.among(found))
    }

    /// What this finds in time. It has a turn only as long: one that hangs keeps a thread, and no others.
    async fn search<T: Send + 'static>(
        &self,
        search: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let search = async {
            let _turn = self.turn.acquire().await.ok()?;
            let thread = Arc::clone(&self.threads).try_acquire_owned().ok()?;
            let search = move || {
                let found = search();
                drop(thread);
                found
            };
            spawn_blocking(search).await.ok()
        };
        timeout(FOUND_WITHIN, search).await.ok()?
    }

    fn among(self: &Rc<Self>, suspects: Vec<Process>) -> Witness {
        let stream = self.deaths.borrow_mut().begin(suspects.clone());
        Witness { all: Rc::clone(self), stream, suspects }
    }
}

// === impl Witness ===

impl Witness {
    /// Sees which of several end while the stream goes on.
    pub async fn watch(&self) -> Infallible {
        if self.suspects.len() == 1 {
            return pending().await;
        }
        loop {
            sleep(SELDOM).await;
            self.look();
        }
    }

    /// The stream has ended, for whatever reason.
    pub fn stream_ended(&self) {
        self.all.deaths.borrow_mut().end(self.stream, Instant::now());
    }

    /// Waits for the process to end, whose stream has just ended; says whether it did so with it.
    pub async fn ends(&self) -> bool {
        let began = Instant::now();
        while began.elapsed() < ENDS_WITHIN + BEGAN_WITHIN {
            self.look();
            if self.all.deaths.borrow().took(self.stream) {
                return true;
            }
            sleep(LOOK).await;
        }
        false
    }

    /// Whether both may be the same process, and it lives.
    pub fn may_be(&self, other: &Self) -> bool {
        let deaths = self.all.deaths.borrow();
        let mut living = self.suspects.iter().filter(|one| !deaths.is_dead(**one));
        living.any(|one| other.suspects.contains(one))
    }

    fn look(&self) {
        self.all.deaths.borrow_mut().look(self.stream, Instant::now(), Process::is_gone);
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};
    use std::sync::mpsc;

    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[tokio::test]
    async fn the_process_behind_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, peer) = listener.accept().await.unwrap();
        let local = server.local_addr().unwrap();
        let witnesses = Rc::new(Witnesses::default());
        let witness = witnesses.find(peer, local).await.unwrap();
        let this = witnesses.among(vec![Process::numbered(std::process::id()).unwrap()]);
        assert!(witness.may_be(&this));
        assert!(witnesses.find(local, local).await.is_none());
    }

    #[tokio::test]
    async fn a_search_that_hangs_keeps_no_other_one_waiting_for_good() {
        let witnesses = Witnesses::default();
        let (_hangs, hung) = mpsc::channel::<()>();
        assert_eq!(witnesses.search(move || hung.recv()).await, None);
        assert_eq!(witnesses.search(|| "found").await, Some("found"));
        let _others_hang = witnesses.threads.try_acquire_many(THREADS as u32 - 1).unwrap();
        assert_eq!(witnesses.search(|| "found").await, None, "no more threads than that");
    }

    #[tokio::test(start_paused = true)]
    async fn of_several_the_one_that_ends_with_the_stream_was_it() {
        let (mut one, mut other) = (child(), child());
        let witnesses = Rc::new(Witnesses::default());
        let both = [one.id(), other.id()].map(|number| Process::numbered(number).unwrap());
        let [first, second] = [(); 2].map(|()| witnesses.among(both.into()));
        assert!(first.may_be(&second));
        kill(&mut one, both[0]);
        first.stream_ended();
        assert!(first.ends().await);
        kill(&mut other, both[1]);
        second.stream_ended();
        assert!(second.ends().await, "nobody has waited for it yet");
        assert!(!second.may_be(&first));
    }

    fn child() -> Child {
        Command::new("sleep").arg("600").spawn().unwrap()
    }

    /// The time of this test stands still, and that of the kernel does not.
    fn kill(child: &mut Child, process: Process) {
        child.kill().unwrap();
        while !process.is_gone() {
            std::thread::yield_now();
        }
    }
}
