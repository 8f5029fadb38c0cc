//! Size: two hundred PBXs with five hundred devices each come back at once; a pair that never went
//! away goes on as before.

mod memory;

use std::time::{Duration, Instant};

use lampfield_tests::pace::{Pair, quantile};
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};
use tokio::task::JoinSet;

const PBXS: u16 = 200;
const DEVICES_EACH: u16 = 500;

/// Far more than needed; a machine may be slow.
const PATIENCE: Duration = Duration::from_secs(240);

#[tokio::test]
async fn two_hundred_pbxs_return_at_once() {
    let mut config = Config::plain().servers().lease("10m", "10m");
    for number in 0..PBXS {
        config = config.account(&user(number), "");
    }
    let server = Server::start(&config).await;
    // First they fill the board; nobody has subscribed, so this is quick.
    let address = server.address();
    let fill = std::thread::spawn(move || fill(address));
    fill.join().unwrap();
    println!("{} KiB with {} states", server.process().resident_kib(), state_count());

    let mut pair = Pair::log_in((address, "server1"), (address, "server2")).await;
    let calm = quantile(&pair.measure(200).await, 0.5);
    let storm = std::thread::spawn(move || storm(address));
    let mut stormy = Vec::new();
    while !storm.is_finished() {
        stormy.extend(pair.measure(20).await);
    }
    let took = storm.join().unwrap();
    stormy.sort();
    let (p50, p99) = (quantile(&stormy, 0.5), quantile(&stormy, 0.99));
    println!(
        "all back after {took:?}; a pair that stayed: calm p50 {calm:?}, meanwhile p50 {p50:?}, \
         p99 {p99:?} over {} changes; {} KiB",
        stormy.len(),
        server.process().resident_kib()
    );
    // The same two processors run two hundred clients: only starvation is a failure.
    assert!(p50 < Duration::from_millis(250), "starved: {p50:?}");
}

#[tokio::main(flavor = "current_thread")]
async fn fill(server: std::net::SocketAddrV4) {
    let mut all = JoinSet::new();
    for number in 0..PBXS {
        all.spawn(async move {
            let mut pbx = ScriptedPbx::login(server, &user(number), number).await;
            pbx.publish_many(DEVICES_EACH, "INUSE").await;
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}

/// Everybody logs in, repeats all it has to say, subscribes, and is given what the others say.
#[tokio::main(flavor = "current_thread")]
async fn storm(server: std::net::SocketAddrV4) -> Duration {
    let start = Instant::now();
    let others = state_count() - usize::from(DEVICES_EACH);
    let mut all = JoinSet::new();
    for number in 0..PBXS {
        all.spawn(async move {
            let mut pbx = ScriptedPbx::login(server, &user(number), number).await;
            pbx.announce(DEVICES_EACH, "INUSE").await;
            let heard = pbx.hear(others, PATIENCE).await;
            heard.unwrap_or_else(|got| panic!("PBX {number} heard {got} of {others}"));
        });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
    start.elapsed()
}

fn state_count() -> usize {
    usize::from(PBXS) * usize::from(DEVICES_EACH)
}

fn user(number: u16) -> String {
    format!("pbx{number}")
}
