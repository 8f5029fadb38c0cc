//! What a relay in the way costs: the delay of a change against a pair that goes directly over TLS,
//! in turns; the relay's own processor time for a change by itself and for one in a burst; its
//! memory. Run by `cargo xtask bench-relay` on an idle machine.

use std::time::Duration;

use lampfield_tests::afar::{Relay, Trust};
use lampfield_tests::net::Net;
use lampfield_tests::pace::{Pair, quantile};
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};
use tokio::time::sleep;

const ROUNDS: usize = 20;
const CHANGES: usize = 50;
/// Between two changes of their own, so that whatever works waits for the next.
const PAUSE: Duration = Duration::from_millis(20);
const BURST: u16 = 1_000;
const BURSTS: u32 = 20;
const DEVICES: u16 = 500;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    delay().await;
    burst().await;
    memory().await;
}

/// A server of its own, and a relay to it.
struct Scene {
    server: Server,
    relay: Relay,
    behind: std::net::SocketAddrV4,
    _net: Net,
}

impl Scene {
    async fn start() -> Self {
        let server = Server::start(&Config::plain().with_tls().servers()).await;
        let net = Net::claim();
        let behind = net.socket(1, 5_222);
        let trust = Trust::Fingerprint(server.fingerprint());
        let relay = Relay::start_here(behind, &[server.address()], trust).await;
        Self { server, relay, behind, _net: net }
    }

    async fn by_relay(&self, user: &str, number: u16) -> ScriptedPbx {
        ScriptedPbx::login(self.behind, user, number).await
    }

    async fn directly(&self, user: &str, number: u16) -> ScriptedPbx {
        ScriptedPbx::login(self.server.address(), user, number).await
    }
}

async fn delay() {
    // Two servers, so that no pair hears the other's changes.
    let (scene, other) = (Scene::start().await, Scene::start().await);
    let to = scene.directly("server2", 2).await;
    let mut relayed = Pair::new(scene.by_relay("server1", 1).await, to).await;
    let to = other.directly("server2", 2).await;
    let mut direct = Pair::new(other.directly("server1", 1).await, to).await;
    for (name, pause) in [("one after the other", Duration::ZERO), ("with pauses", PAUSE)] {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        let mut used = Duration::ZERO;
        for _ in 0..ROUNDS {
            // In turns, so that both see the same machine.
            let before = scene.relay.process().processor_time();
            with.extend(paced(&mut relayed, pause).await);
            used += scene.relay.process().processor_time() - before;
            without.extend(paced(&mut direct, pause).await);
        }
        with.sort();
        without.sort();
        let added = |share| {
            (quantile(&with, share).as_secs_f64() - quantile(&without, share).as_secs_f64()) * 1e6
        };
        println!(
            "a change, {name}: p50 {:.0?} direct, {:.0?} by relay: {:.0} us more (p90 {:.0} us \
             more); {:.1?} of the relay's processor time",
            quantile(&without, 0.5),
            quantile(&with, 0.5),
            added(0.5),
            added(0.9),
            used / (ROUNDS * CHANGES) as u32,
        );
    }
}

async fn paced(pair: &mut Pair, pause: Duration) -> Vec<Duration> {
    if pause.is_zero() {
        return pair.measure(CHANGES).await;
    }
    let mut times = Vec::new();
    for _ in 0..CHANGES {
        sleep(pause).await;
        times.extend(pair.measure(1).await);
    }
    times
}

async fn burst() {
    let scene = Scene::start().await;
    let mut pbx = scene.by_relay("server1", 1).await;
    pbx.publish_many(BURST, "INUSE").await;
    let before = scene.relay.process().processor_time();
    for round in 0..BURSTS {
        pbx.publish_many(BURST, if round % 2 == 0 { "BUSY" } else { "INUSE" }).await;
    }
    let used = scene.relay.process().processor_time() - before;
    let each = used / (BURSTS * u32::from(BURST));
    println!("in a burst of {BURST}: {each:.1?} of the relay's processor time for each");
}

async fn memory() {
    let scene = Scene::start().await;
    let kib = || (scene.relay.process().resident_kib(), scene.relay.process().anonymous_kib());
    let start = kib();
    let mut pbx = scene.by_relay("server1", 1).await;
    pbx.publish_many(DEVICES, "INUSE").await;
    let (mut most, mut last) = (kib(), kib());
    for second in 0..20 {
        sleep(Duration::from_secs(1)).await;
        pbx.publish("PJSIP/1-0", if second % 2 == 0 { "BUSY" } else { "INUSE" }).await;
        last = kib();
        most = (most.0.max(last.0), most.1.max(last.1));
    }
    println!(
        "memory (VmRSS, RssAnon in KiB): at the start {start:?}, with {DEVICES} devices {most:?} at \
         the most, {last:?} after 20 s"
    );
}
