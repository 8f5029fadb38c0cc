//! Clients that mean no good: many at once, each as fast as it can, on a thread of their own.

use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::scripted_pbx::ScriptedPbx;
use crate::server::{Config, DOMAIN};
use crate::stanzas::{DEVICES, subscribe};
use crate::xmpp::Client;

/// Accounts `flood0` to `flood9` carry a flood; each has room for this many resources.
const ACCOUNTS: usize = 10;
/// Requests in one write.
const BATCH: usize = 200;
/// How long a client that was thrown out stays away.
const AWAY: Duration = Duration::from_millis(200);
/// How much a slow reader reads at once, and how long it then waits.
const SIP: (usize, Duration) = (2_048, Duration::from_millis(100));

/// What the clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloodKind {
    /// They ask without a pause and read nothing.
    Requests,
    /// They have subscribed to what one publisher says without a pause, and read slowly.
    SlowReaders,
}

/// A flood that runs until it is dropped.
pub struct Flood {
    stop: Arc<AtomicBool>,
    inside: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Flood {
    /// The accounts that a flood needs, and the room for it.
    pub fn accounts(mut config: Config, role: &str) -> Config {
        for number in 0..ACCOUNTS {
            config = config.account(&account(number), &format!("role = \"{role}\""));
        }
        config.more("[xmpp.limits]\nresources = 100\n")
    }

    /// Begins one with this many clients; returns when all have logged in.
    pub async fn start(kind: FloodKind, clients: usize, server: SocketAddrV4) -> Self {
        let (stop, inside) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let thread = std::thread::spawn({
            let (stop, inside) = (Arc::clone(&stop), Arc::clone(&inside));
            move || run(kind, clients, server, &stop, &inside)
        });
        let flood = Self { stop, inside, thread: Some(thread) };
        while flood.inside.load(Ordering::Relaxed) < clients {
            sleep(Duration::from_millis(10)).await;
        }
        flood
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn run(
    kind: FloodKind,
    clients: usize,
    server: SocketAddrV4,
    stop: &Arc<AtomicBool>,
    inside: &Arc<AtomicUsize>,
) {
    let mut all = JoinSet::new();
    for number in 0..clients {
        let (stop, inside) = (Arc::clone(stop), Arc::clone(inside));
        all.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let client = log_in(number, server).await;
                inside.fetch_add(1, Ordering::Relaxed);
                match kind {
                    FloodKind::Requests => ask(client, &stop).await,
                    FloodKind::SlowReaders => sip(client, &stop).await,
                }
                sleep(AWAY).await;
            }
        });
    }
    if kind == FloodKind::SlowReaders {
        let stop = Arc::clone(stop);
        all.spawn(async move { publish(server, &stop).await });
    }
    while let Some(done) = all.join_next().await {
        done.expect("a flooding client");
    }
}

fn account(number: usize) -> String {
    format!("flood{}", number % ACCOUNTS)
}

async fn log_in(number: usize, server: SocketAddrV4) -> Client {
    let user = account(number);
    let jid = format!("{user}@{DOMAIN}/{number}");
    Client::login_narrow(server, &jid, &Config::password(&user)).await
}

/// Asks until the server throws it out.
async fn ask(mut client: Client, stop: &AtomicBool) {
    let text: String = (0..BATCH)
        .map(|id| {
            format!(
                "<iq type='get' id='{id}' to='{DOMAIN}'>\
                 <query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
            )
        })
        .collect();
    while !stop.load(Ordering::Relaxed) {
        // A write that is kept waiting is given up where it stands; the next one ends the stream,
        // if there is one.
        let sent = timeout(Duration::from_secs(1), client.try_send(text.as_bytes())).await;
        if matches!(sent, Ok(Err(_))) {
            return;
        }
    }
}

/// Reads a little now and then, until the server throws it out.
async fn sip(mut client: Client, stop: &AtomicBool) {
    let bare = client.bare().to_owned();
    client.send(&subscribe("s", &bare, DEVICES)).await;
    while !stop.load(Ordering::Relaxed) {
        let (bytes, pause) = SIP;
        if matches!(timeout(pause, client.sip(bytes)).await, Ok(0)) {
            return;
        }
        sleep(pause).await;
    }
}

async fn publish(server: SocketAddrV4, stop: &AtomicBool) {
    let mut pbx = ScriptedPbx::login(server, "server3", 3).await;
    for state in ["INUSE", "BUSY"].iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        pbx.publish_many(500, state).await;
    }
}
