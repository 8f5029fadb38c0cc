//! A silent cut under every combination of conditions: how long until the server has noticed it, and
//! until the relay has.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use lampfield_tests::afar::measures::{self, Phones};
use lampfield_tests::afar::{Centre, Site, Way};
use lampfield_tests::asterisk::Release;
use lampfield_tests::chance::Chance;
use lampfield_tests::line::Quality;
use lampfield_tests::server::{Config, Server};
use tokio::time::sleep;

use crate::block_on;

/// Within this time a cut must be noticed: what the manual promises.
const NOTICED: Duration = Duration::from_secs(12);
/// Most of it is waiting.
const AT_ONCE: usize = 3;
const SHORT: Duration = Duration::from_secs(4);
/// Between the end of a short cut and the one that lasts.
const BETWEEN: Duration = Duration::from_millis(1_500);
/// What a login on a perfect line has taught TCP is forgotten by then.
const FORGOTTEN: Duration = Duration::from_secs(3);
/// Where between two of its own packets an idle line is cut is left to chance: up to so many
/// milliseconds later.
const LATER: usize = 4_000;
const LOOK: Duration = Duration::from_millis(100);

#[derive(Clone, Copy)]
struct Conditions {
    way: Way,
    is_busy: bool,
    round_trip: u64,
    loss: f64,
    after_a_short_one: bool,
    later: Duration,
}

/// When each end knew; `None` where it did not, or lost the connection by itself before.
struct Noticed {
    server: Option<Duration>,
    relay: Option<Duration>,
}

/// Prints a row for each; whether all were noticed in time.
pub fn all() -> bool {
    println!("way   | phones | round trip, ms | lost, % | before | server, s | relay, s");
    let left = Mutex::new(conditions().into_iter());
    let is_right = Mutex::new(true);
    let work = || {
        while let Some(one) = { left.lock().expect("not poisoned").next() } {
            // On a thread of its own: one that panics is one that is wrong.
            let noticed =
                std::thread::scope(|scope| scope.spawn(|| block_on(noticed(one))).join().ok());
            println!("{} | {}", one.shown(), shown(one.way, noticed.as_ref()));
            let is_in_time = noticed.is_some_and(|noticed| noticed.is_in_time(one.way));
            *is_right.lock().expect("not poisoned") &= is_in_time;
        }
    };
    std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    is_right.into_inner().expect("not poisoned")
}

fn conditions() -> Vec<Conditions> {
    let mut chance = Chance::from_environment();
    let mut all = Vec::new();
    for way in [Way::Relay, Way::Clear, Way::Tls] {
        for is_busy in [false, true] {
            for round_trip in [1, 200, 300] {
                for loss in [0.0, 0.02] {
                    for after_a_short_one in [false, true] {
                        let later = Duration::from_millis(chance.below(LATER) as u64);
                        all.push(Conditions {
                            way,
                            is_busy,
                            round_trip,
                            loss,
                            after_a_short_one,
                            later,
                        });
                    }
                }
            }
        }
    }
    all
}

impl Conditions {
    fn phones(self) -> Phones {
        Phones { devices: 20, changes_per_second: if self.is_busy { 10 } else { 0 } }
    }

    fn shown(self) -> String {
        let Self { way, round_trip, loss, .. } = self;
        let way = format!("{way:?}").to_lowercase();
        let phones = if self.is_busy { "busy" } else { "idle" };
        let before = if self.after_a_short_one { "a cut" } else { "none" };
        format!("{way:5} | {phones} | {round_trip:3} | {:.0} | {before}", loss * 100.0)
    }
}

impl Noticed {
    fn is_in_time(&self, way: Way) -> bool {
        let in_time = |time: Option<Duration>| time.is_some_and(|time| time <= NOTICED);
        in_time(self.server) && (way != Way::Relay || in_time(self.relay))
    }
}

fn shown(way: Way, noticed: Option<&Noticed>) -> String {
    let Some(noticed) = noticed else { return "failed, see above".to_owned() };
    let time = |time: Option<Duration>| match time {
        Some(time) if time > NOTICED => format!("{:.1} TOO LATE", time.as_secs_f64()),
        Some(time) => format!("{:.1}", time.as_secs_f64()),
        None => "NEVER".to_owned(),
    };
    let relay = if way == Way::Relay { time(noticed.relay) } else { "-".to_owned() };
    format!("{} | {relay}", time(noticed.server))
}

async fn noticed(conditions: Conditions) -> Noticed {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let round_trip = Duration::from_millis(conditions.round_trip);
    let quality = Quality::round_trip(round_trip).loss(conditions.loss);
    let mut site = centre.site(Release::V22, conditions.way, quality).await;
    measures::settle(&mut site, conditions.phones(), quality).await;
    let cut = async {
        sleep(FORGOTTEN + conditions.later).await;
        if conditions.after_a_short_one {
            site.line.cut();
            sleep(SHORT).await;
            site.line.heal();
            sleep(BETWEEN).await;
        }
        cut(&centre.server, &site).await
    };
    match conditions.phones().changes_per_second {
        0 => cut.await,
        _ => conditions.phones().busy(&site.asterisk, cut).await,
    }
}

async fn cut(server: &Server, site: &Site) -> Noticed {
    assert!(server.is_connected("server1"), "it has lost its connection before the cut");
    let lost_before = lines_lost(site);
    site.line.cut();
    let began = Instant::now();
    let mut noticed = Noticed { server: None, relay: None };
    while began.elapsed() < 2 * NOTICED {
        if noticed.server.is_none() && !server.is_connected("server1") {
            noticed.server = Some(began.elapsed());
        }
        if noticed.relay.is_none() && lines_lost(site) > lost_before {
            noticed.relay = Some(began.elapsed());
        }
        if noticed.server.is_some() && (site.relay.is_none() || noticed.relay.is_some()) {
            break;
        }
        sleep(LOOK).await;
    }
    noticed
}

/// How often the relay says that it has lost the server.
fn lines_lost(site: &Site) -> usize {
    let relay = site.relay.as_ref();
    relay.map_or(0, |relay| relay.log().matches("code=\"line-lost\"").count())
}
