//! Stock Asterisk at the end of a long line: how soon it is in, how soon it is back, and what it
//! says of its connection meanwhile. Words for ways and measures (see below) measure less than all; `16`
//! takes the old release instead of 22.
//! Run by `cargo xtask bench-line`.

mod near;

use std::time::Duration;

use lampfield_tests::afar::measures::{self, Outage, Phones};
use lampfield_tests::afar::{Centre, Way};
use lampfield_tests::asterisk::{Asterisk, Release};
use lampfield_tests::line::Quality;
use lampfield_tests::server::Config;

const WAYS: [(&str, Way); 3] = [("clear", Way::Clear), ("tls", Way::Tls), ("relay", Way::Relay)];
const MEASURES: [&str; 10] =
    ["login", "many", "buffer", "early", "outages", "resets", "cut", "counts", "peers", "caps"];

/// A send buffer that holds all of a long list, for Asterisk's machine.
const TCP_WMEM: &str = "4096 4194304 8388608";

const ROUND_TRIP: Duration = Duration::from_millis(200);
const LOSS: f64 = 0.01;
const MANY: Phones = Phones { devices: 560, changes_per_second: 10 };
const VERY_MANY: Phones = Phones { devices: 2_000, changes_per_second: 20 };
/// So few that its list fits into any buffer.
const FEW: Phones = Phones { devices: 20, changes_per_second: 2 };
const LOGIN_PATIENCE: Duration = Duration::from_secs(40);
/// Longer than stock Asterisk waits for a first answer.
const EARLY: Duration = Duration::from_secs(70);
const OUTAGES: u32 = 6;
const RESETS: usize = 6;
const OUTAGE: Duration = Duration::from_secs(3);
const CUT: Duration = Duration::from_secs(60);
const BACK_PATIENCE: Duration = Duration::from_secs(150);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str, all: &[&str]| {
        wanted.iter().any(|one| one == name) || !wanted.iter().any(|one| all.contains(&&**one))
    };
    let release = if wanted.iter().any(|one| one == "16") { Release::V16 } else { Release::V22 };
    println!("way   | measure | seconds, or how many | lost | refused | crashed");
    for (way_name, way) in WAYS {
        for measure in MEASURES {
            if is_wanted(way_name, &WAYS.map(|(name, _)| name)) && is_wanted(measure, &MEASURES) {
                let row = match measure {
                    "counts" => near::counts(release, way).await,
                    "peers" => near::peers(release, way, false).await,
                    "caps" => near::peers(release, way, true).await,
                    _ => afar(measure, release, way).await,
                };
                println!("{way_name:5} | {measure:7} | {row}");
            }
        }
    }
}

async fn afar(measure: &str, release: Release, way: Way) -> String {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let quality = Quality::round_trip(ROUND_TRIP).loss(LOSS);
    let mut site = centre.site(release, way, quality).await;
    let seen = match measure {
        "login" => shown(measures::login(&mut site, MANY, LOGIN_PATIENCE).await),
        "many" => shown(measures::login(&mut site, VERY_MANY, LOGIN_PATIENCE).await),
        "buffer" => {
            site.machine.set("net.ipv4.tcp_wmem", TCP_WMEM);
            shown(measures::login(&mut site, MANY, LOGIN_PATIENCE).await)
        }
        "early" => {
            FEW.appear(&site.asterisk).await;
            shown(measures::early(&mut centre, &mut site, EARLY, BACK_PATIENCE).await)
        }
        "outages" => {
            measures::settle(&mut site, FEW, quality).await;
            let outages = measures::outages(&mut centre, &site, OUTAGES, OUTAGE, BACK_PATIENCE);
            outages.await.into_iter().map(shown_outage).collect::<Vec<_>>().join(" ")
        }
        "resets" => {
            measures::settle(&mut site, FEW, quality).await;
            let resets = measures::resets(&centre.server, &site, RESETS, OUTAGE, BACK_PATIENCE);
            resets.await.into_iter().map(shown).collect::<Vec<_>>().join(" ")
        }
        _ => {
            measures::settle(&mut site, MANY, quality).await;
            shown(measures::cut(&centre.server, &site, MANY, CUT, BACK_PATIENCE).await)
        }
    };
    let crashes = usize::from(site.asterisk.crashed().is_some());
    ended(&seen, &[&site.asterisk], crashes)
}

/// The rest of a row, from the logs of these.
fn ended(seen: &str, asterisks: &[&Asterisk], crashes: usize) -> String {
    let drops: Vec<_> = asterisks.iter().map(|asterisk| asterisk.drops()).collect();
    let lost: usize = drops.iter().map(|drops| drops.lost).sum();
    let refused: usize = drops.iter().map(|drops| drops.refused).sum();
    format!("{seen} | {lost} | {refused} | {crashes}")
}

fn shown(time: Option<Duration>) -> String {
    time.map_or("never".to_owned(), |time| format!("{:.1}", time.as_secs_f64()))
}

fn shown_outage(outage: Outage) -> String {
    let count = if outage.count_heard { "" } else { " (count lost)" };
    shown(outage.back) + count
}
