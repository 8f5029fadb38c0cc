//! A client that publishes as fast as it can slows itself, not the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lampfield_tests::pace::{Pair, quantile};
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};

#[tokio::test]
async fn others_are_served_during_a_flood() {
    let server = Server::start(&Config::plain().servers()).await;
    let from = ScriptedPbx::login(server.address(), "server1", 1).await;
    let to = ScriptedPbx::login(server.address(), "server2", 2).await;
    let mut pair = Pair::new(from, to).await;
    let calm = quantile(&pair.measure(200).await, 0.5);

    let stop = Arc::new(AtomicBool::new(false));
    let flood = {
        let (stop, address) = (stop.clone(), server.address());
        std::thread::spawn(move || flood(address, &stop))
    };
    let flooded = pair.measure(200).await;
    stop.store(true, Ordering::Relaxed);
    let published = flood.join().unwrap();
    let (p50, p99) = (quantile(&flooded, 0.5), quantile(&flooded, 0.99));
    println!("calm {calm:?}, beside {published} publishes p50 {p50:?}, p99 {p99:?}");
    assert!(published > 1_000, "no flood: the test is too weak");
    assert!(p50 < calm * 20 + Duration::from_millis(100), "starved: {p50:?}");
}

/// Publishes without a pause on a thread of its own; how much was acknowledged.
#[tokio::main(flavor = "current_thread")]
async fn flood(server: std::net::SocketAddrV4, stop: &AtomicBool) -> usize {
    let mut pbx = ScriptedPbx::login(server, "server3", 3).await;
    let mut published = 0;
    while !stop.load(Ordering::Relaxed) {
        published +=
            pbx.publish_many(100, if published % 200 == 0 { "INUSE" } else { "BUSY" }).await;
    }
    published
}
