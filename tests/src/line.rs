//! A long line between two machines of a test: a tun device in each, and a thread that carries
//! packets from one to the other, later, and not all of them. Many kernels have no netem; every one
//! has tun. Packets of one direction never overtake each other.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_tun::Tun;

use crate::chance::Chance;
use crate::namespace::Namespace;

/// What a packet can hold.
const MTU: usize = 1500;

/// How many packets can be on the way in one direction; one more is lost. At 100 ms of delay these
/// are 100 MB/s of full packets.
const ON_THE_WAY: usize = 7_000;

/// What decides which packets get lost: the same ones of a direction, each time.
const SEED: u64 = 1;

/// What a line does to packets, in each direction.
#[derive(Clone, Copy, Debug)]
pub struct Quality {
    /// How long one is on the way: half of the round trip.
    pub delay: Duration,
    /// The share of 1 that gets lost.
    pub loss: f64,
    /// Its width; as wide as can be if there is none.
    pub width: Option<Width>,
}

/// How much passes, and what happens to the rest.
#[derive(Clone, Copy, Debug)]
pub struct Width {
    /// So much passes, headers included.
    pub bytes_per_second: u32,
    /// A packet that would have to wait longer than this for its turn is lost.
    pub queue: Duration,
}

impl Quality {
    /// This round trip, no loss, wide.
    pub fn round_trip(time: Duration) -> Self {
        Self { delay: time / 2, loss: 0.0, width: None }
    }

    /// The same with this share of loss in each direction.
    pub fn loss(self, loss: f64) -> Self {
        Self { loss, ..self }
    }

    /// The same with this width.
    pub fn width(self, width: Width) -> Self {
        Self { width: Some(width), ..self }
    }
}

/// What can be changed while packets are on the way.
struct LineState {
    quality: Mutex<Quality>,
    is_cut: AtomicBool,
}

impl LineState {
    fn quality(&self) -> Quality {
        *self.quality.lock().expect("not poisoned")
    }

    fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed)
    }
}

/// One line, there until dropped.
pub struct Line {
    near: Ipv4Addr,
    far: Ipv4Addr,
    state: Arc<LineState>,
    thread: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Line {
    /// Joins two machines by the network with this number, which must be the only one of its number
    /// in both.
    pub fn between(
        near: &Arc<Namespace>,
        far: &Arc<Namespace>,
        number: u8,
        quality: Quality,
    ) -> Self {
        let (near_address, far_address) = (address(number, 1), address(number, 2));
        let state = LineState { quality: Mutex::new(quality), is_cut: AtomicBool::new(false) };
        let state = Arc::new(state);
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let ends = [(near.clone(), near_address), (far.clone(), far_address)];
        let shared = state.clone();
        // A thread of its own: those of tests are held up by what they call.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let [near, far] =
                    ends.map(|(namespace, address)| open(&namespace, number, address));
                ready.send(()).expect("it is waited for");
                tokio::select! {
                    () = direction(&near, &far, &shared, Chance::seeded(SEED)) => {}
                    () = direction(&far, &near, &shared, Chance::seeded(!SEED)) => {}
                    _ = stopped => {}
                }
            });
        });
        is_ready.recv().expect("both ends open");
        Self { near: near_address, far: far_address, state, thread: Some((stop, thread)) }
    }

    /// The near machine's address on it.
    pub fn near(&self) -> Ipv4Addr {
        self.near
    }

    /// The far machine's address on it.
    pub fn far(&self) -> Ipv4Addr {
        self.far
    }

    /// Loses every packet from now on, also those on the way; nobody is told.
    pub fn cut(&self) {
        self.state.is_cut.store(true, Ordering::Relaxed);
    }

    /// Carries packets again, after a cut.
    pub fn heal(&self) {
        self.state.is_cut.store(false, Ordering::Relaxed);
    }

    /// Becomes another one for what is sent from now on.
    pub fn turn_into(&self, quality: Quality) {
        *self.state.quality.lock().expect("not poisoned") = quality;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.thread.take() {
            // If it is gone already, its panic has been printed.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

fn address(number: u8, host: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, number, host)
}

/// Makes the end of a line on a machine; the calling thread stays there.
fn open(namespace: &Namespace, number: u8, address: Ipv4Addr) -> Tun {
    namespace.enter();
    let tun = Tun::builder().name(&format!("line{number}")).mtu(MTU as i32).address(address);
    let opened = tun.netmask(Ipv4Addr::new(255, 255, 255, 0)).up().build();
    let mut queues = opened.expect("root may make a tun device; is there a /dev/net/tun?");
    queues.pop().expect("one queue")
}

/// Carries packets one way, for ever.
async fn direction(from: &Tun, to: &Tun, state: &LineState, chance: Chance) {
    let (sender, receiver) = mpsc::channel(ON_THE_WAY);
    tokio::join!(take(from, state, chance, sender), deliver(to, state, receiver));
}

struct Packet {
    due: Instant,
    bytes: Vec<u8>,
}

async fn take(from: &Tun, state: &LineState, mut chance: Chance, onward: mpsc::Sender<Packet>) {
    let mut buffer = [0; MTU];
    let mut free = Instant::now();
    loop {
        let length = from.recv(&mut buffer).await.expect("the device is there");
        let quality = state.quality();
        if state.is_cut() || chance.happens(quality.loss) {
            continue;
        }
        let now = Instant::now();
        free = free.max(now);
        if let Some(width) = quality.width {
            if free - now > width.queue {
                continue;
            }
            free += Duration::from_secs(1) * length as u32 / width.bytes_per_second;
        }
        let packet = Packet { due: free + quality.delay, bytes: buffer[..length].to_vec() };
        // A full line loses what comes next.
        let _ = onward.try_send(packet);
    }
}

async fn deliver(to: &Tun, state: &LineState, mut packets: mpsc::Receiver<Packet>) {
    while let Some(Packet { due, bytes }) = packets.recv().await {
        sleep_until(due).await;
        if !state.is_cut() {
            // What the other machine cannot take is lost, as everywhere.
            let _ = to.send(&bytes).await;
        }
    }
}
