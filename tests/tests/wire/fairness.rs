//! A client that publishes as fast as it can slows itself, not the others.

use std::net::SocketAddrV4;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use lampfield_tests::flood::{Flood, FloodKind};
use lampfield_tests::pace::{Pair, quantile};
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::xmpp::Client;
use tokio::task::JoinSet;

#[tokio::test]
async fn others_are_served_during_a_flood() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut pair = pair(&server).await;
    let calm = quantile(&pair.measure(200).await, 0.5);

    let stop = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicUsize::new(0));
    let flood = {
        let (stop, count, address) = (stop.clone(), count.clone(), server.address());
        std::thread::spawn(move || flood(address, &stop, &count))
    };
    let mut flooded = Vec::new();
    while count.load(Ordering::Relaxed) < 20_000 {
        flooded.extend(pair.measure(20).await);
    }
    stop.store(true, Ordering::Relaxed);
    flood.join().unwrap();
    flooded.sort();
    let (p50, p99) = (quantile(&flooded, 0.5), quantile(&flooded, 0.99));
    println!("calm {calm:?}, during a flood p50 {p50:?}, p99 {p99:?}");
    assert!(p50 < calm * 20 + Duration::from_millis(100), "starved: {p50:?}");
}

/// A second server beside it tells what the machine alone makes of the same flood.
#[tokio::test]
async fn many_that_ask_and_do_not_read_delay_nobody_and_fill_no_memory() {
    const CLIENTS: usize = 300;
    let config = Flood::accounts(Config::plain().servers(), "user");
    let (server, other) = (Server::start(&config).await, Server::start(&config).await);
    let (mut here, mut there) = (pair(&server).await, pair(&other).await);
    let flood = Flood::start(FloodKind::Requests, CLIENTS, server.address()).await;
    let (mut flooded, mut beside, mut memory) = (Vec::new(), Vec::new(), 0);
    for _ in 0..10 {
        flooded.extend(here.measure(60).await);
        beside.extend(there.measure(60).await);
        memory = memory.max(server.process().resident_kib());
    }
    drop(flood);
    flooded.sort();
    beside.sort();
    let (flooded, beside) = (quantile(&flooded, 0.5), quantile(&beside, 0.5));
    println!("p50 {flooded:?}, beside it {beside:?}, {memory} KiB");
    assert!(flooded < beside * 20 + Duration::from_millis(20), "starved: {flooded:?}");
    // 64 MiB is half of what all may leave unread: then they are not listened to.
    assert!(memory < 160 * 1024, "{memory} KiB are kept for those who do not read");
}

async fn pair(server: &Server) -> Pair {
    Pair::log_in((server.address(), "server1"), (server.address(), "server2")).await
}

/// Deriving keys is slow on purpose; it must not happen where the lamps are served.
#[tokio::test]
async fn others_are_served_while_passwords_are_guessed() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut pair = pair(&server).await;
    let calm = quantile(&pair.measure(200).await, 0.5);
    let address = server.address();
    let guesses = std::thread::spawn(move || guess(address));
    let mut guessed = Vec::new();
    while !guesses.is_finished() {
        guessed.extend(pair.measure(20).await);
    }
    guesses.join().unwrap();
    guessed.sort();
    let p50 = quantile(&guessed, 0.5);
    println!("calm {calm:?}, while passwords are guessed p50 {p50:?}");
    assert!(p50 < calm * 20 + Duration::from_millis(50), "starved: {p50:?}");
}

/// Six hundred wrong passwords, many at the same time.
#[tokio::main(flavor = "current_thread")]
async fn guess(server: SocketAddrV4) {
    let mut all = JoinSet::new();
    for number in 0..200 {
        all.spawn(async move {
            for _ in 0..3 {
                let mut client = Client::connect(server, DOMAIN).await;
                client.open().await;
                let name = format!("server{}", 3 + number % 7);
                assert!(client.authenticate(&name, "a guess").await.is_err());
            }
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}

/// Publishes without a pause on a thread of its own, counting what was acknowledged.
#[tokio::main(flavor = "current_thread")]
async fn flood(server: SocketAddrV4, stop: &AtomicBool, count: &AtomicUsize) {
    let mut pbx = ScriptedPbx::login(server, "server3", 3).await;
    for state in ["INUSE", "BUSY"].iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        count.fetch_add(pbx.publish_many(500, state).await, Ordering::Relaxed);
    }
}
