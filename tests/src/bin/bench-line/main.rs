//! Stock Asterisk at the end of a long line: how soon it is in, how soon it is back, and what it
//! says of its connection meanwhile. `[clear|tls|relay] [login|many|buffer|early|outages|resets|cut]` measures
//! less than all.
//! Run by `cargo xtask bench-line`.

use std::time::Duration;

use lampfield_tests::afar::measures::{self, Outage, Phones};
use lampfield_tests::afar::{Centre, Way};
use lampfield_tests::asterisk::Release;
use lampfield_tests::line::Quality;
use lampfield_tests::server::Config;

const WAYS: [(&str, Way); 3] = [("clear", Way::Clear), ("tls", Way::Tls), ("relay", Way::Relay)];
const MEASURES: [&str; 7] = ["login", "many", "buffer", "early", "outages", "resets", "cut"];

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
    println!("way   | measure | seconds | lost | refused | crashed");
    for (way_name, way) in WAYS {
        for measure in MEASURES {
            if is_wanted(way_name, &WAYS.map(|(name, _)| name)) && is_wanted(measure, &MEASURES) {
                println!("{way_name:5} | {measure:7} | {}", row(measure, way).await);
            }
        }
    }
}

async fn row(measure: &str, way: Way) -> String {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let quality = Quality::round_trip(ROUND_TRIP).loss(LOSS);
    let mut site = centre.site(Release::V22, way, quality).await;
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
    let drops = site.asterisk.drops();
    let crashed = site.asterisk.crashed().map_or("no".to_owned(), |status| status.to_string());
    format!("{seen} | {} | {} | {crashed}", drops.lost, drops.refused)
}

fn shown(time: Option<Duration>) -> String {
    time.map_or("never".to_owned(), |time| format!("{:.1}", time.as_secs_f64()))
}

fn shown_outage(outage: Outage) -> String {
    let count = if outage.count_heard { "" } else { " (count lost)" };
    shown(outage.back) + count
}
