//! What a relay in the way costs: the delay of a change against a pair that goes directly over TLS and
//! one that goes through stunnel, in turns; the relay's own processor time for a change by itself and
//! for one in a burst; its memory. Run by `cargo xtask bench-relay` on an idle machine.

mod stunnel;

use std::net::SocketAddrV4;
use std::time::{Duration, Instant};

use lampfield_tests::afar::{Relay, Trust};
use lampfield_tests::net::Net;
use lampfield_tests::pace::{Pair, quantile};
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};
use stunnel::Stunnel;
use tokio::time::sleep;

const ROUNDS: usize = 20;
const CHANGES: usize = 50;
/// Between two changes of their own, so that whatever works waits for the next.
const PAUSE: Duration = Duration::from_millis(20);
const BURST: u16 = 1_000;
const BURSTS: u32 = 20;
const DEVICES: u16 = 500;
/// How often its memory is looked at, and how many times.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 100;
/// What it is to use at most, but for a moment.
const PROMISED_KIB: u64 = 8 * 1024;

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
    behind: SocketAddrV4,
    /// Where the server's streams begin with TLS.
    begins_with_tls: SocketAddrV4,
    _net: Net,
}

impl Scene {
    async fn start() -> Self {
        let net = Net::claim();
        let begins_with_tls = net.socket(2, 5_223);
        let config = Config::plain().with_tls().servers();
        let config = config.xmpp(&format!("listen_tls = [\"{begins_with_tls}\"]"));
        let server = Server::start(&config).await;
        let behind = net.socket(1, 5_222);
        let trust = Trust::Fingerprint(server.fingerprint());
        let relay = Relay::start_here(behind, &[server.address()], trust).await;
        Self { server, relay, behind, begins_with_tls, _net: net }
    }

    async fn by_relay(&self, user: &str, number: u16) -> ScriptedPbx {
        ScriptedPbx::login(self.behind, user, number).await
    }
}

/// One way from a PBX to a server, with what has been seen of it.
struct Course {
    name: &'static str,
    pair: Pair,
    times: Vec<Duration>,
    used: Duration,
}

impl Course {
    async fn new(name: &'static str, from: SocketAddrV4, scene: &Scene) -> Self {
        let to = (scene.server.address(), "server2");
        let pair = Pair::log_in((from, "server1"), to).await;
        Self { name, pair, times: Vec::new(), used: Duration::ZERO }
    }

    /// Some changes more, and the processor time of what is in the way.
    async fn run(&mut self, pause: Duration, processor_time: impl Fn() -> Duration) {
        let before = processor_time();
        self.times.extend(paced(&mut self.pair, pause).await);
        self.used += processor_time() - before;
    }

    /// What was seen; begins anew.
    fn finish(&mut self, direct: &[Duration]) -> Vec<Duration> {
        let mut times = std::mem::take(&mut self.times);
        times.sort();
        let used = std::mem::take(&mut self.used) / times.len() as u32;
        let more = |share| {
            let direct = if direct.is_empty() { &times } else { direct };
            (quantile(&times, share).as_secs_f64() - quantile(direct, share).as_secs_f64()) * 1e6
        };
        println!(
            "    {:<8} p50 {:>5.0?} ({:+.0} us; p90 {:+.0} us), processor time {used:.1?}",
            self.name,
            quantile(&times, 0.5),
            more(0.5),
            more(0.9),
        );
        times
    }
}

async fn delay() {
    // A server each, so that no pair hears another one's changes.
    let (scene, other, third) = (Scene::start().await, Scene::start().await, Scene::start().await);
    let mut direct = Course::new("direct", other.server.address(), &other).await;
    let mut relayed = Course::new("relay", scene.behind, &scene).await;
    let net = Net::claim();
    let stunnel = Stunnel::start(net.socket(1, 5_222), third.begins_with_tls).await;
    let mut wrapped = Course::new("stunnel", net.socket(1, 5_222), &third).await;
    for (name, pause) in [("one after the other", Duration::ZERO), ("with pauses", PAUSE)] {
        for _ in 0..ROUNDS {
            // In turns, so that all see the same machine.
            direct.run(pause, || Duration::ZERO).await;
            relayed.run(pause, || scene.relay.process().processor_time()).await;
            wrapped.run(pause, || stunnel.processor_time()).await;
        }
        println!("a change, {name}:");
        let base = direct.finish(&[]);
        relayed.finish(&base);
        wrapped.finish(&base);
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
    let began = Instant::now();
    let (mut most, mut last, mut above) = (kib(), kib(), Duration::ZERO);
    for look in 0..LOOKS {
        if look % 10 == 0 {
            pbx.publish("PJSIP/1-0", if look % 20 == 0 { "BUSY" } else { "INUSE" }).await;
        }
        sleep(LOOK).await;
        last = kib();
        most = (most.0.max(last.0), most.1.max(last.1));
        if last.0 > PROMISED_KIB {
            above = began.elapsed();
        }
    }
    println!(
        "memory (VmRSS, RssAnon in KiB): at the start {start:?}, with {DEVICES} devices {most:?} at \
         the most, above {PROMISED_KIB} for {above:.1?}, {last:?} after {:.0?}",
        LOOK * LOOKS
    );
}
