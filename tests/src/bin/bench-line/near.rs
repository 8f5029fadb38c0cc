//! What is a matter of Asterisk's own threads, and not of the line: on one that is short and good.

use std::time::Duration;

use lampfield_tests::afar::measures::Phones;
use lampfield_tests::afar::{Centre, Site, Way, collisions};
use lampfield_tests::asterisk::Release;
use lampfield_tests::line::Quality;
use lampfield_tests::server::Config;

use crate::ended;

const COUNTS: u32 = 60;
const OTHERS: u8 = 5;
/// So often each of them logs in.
const TIMES: usize = 20;
/// What it says then.
const PHONES: Phones = Phones { devices: 20, changes_per_second: 0 };

/// Message counts while a channel changes.
pub async fn counts(release: Release, way: Way) -> String {
    let (centre, mut site) = scene(Config::plain().servers(), release, way).await;
    let seen = collisions::counts(&centre.server, &mut site.asterisk, COUNTS).await;
    let shown = format!("{COUNTS}, {} counts lost", seen.lost);
    ended(&shown, &[&site.asterisk], seen.crashes)
}

/// Peers that log in while others are connected, and whether presence tells of capabilities.
pub async fn peers(release: Release, way: Way, show_caps: bool) -> String {
    let config = Config::plain().servers().domain(&format!("show_caps = {show_caps}"));
    let (_centre, mut site) = scene(config, release, way).await;
    let mut others = collisions::company(&site, OTHERS, release).await;
    let mut peers: Vec<_> = others.iter_mut().chain([&mut site.asterisk]).collect();
    for peer in &peers {
        PHONES.appear(peer).await;
    }
    let crashes = collisions::logins(&mut peers, TIMES).await;
    let logins = TIMES * peers.len();
    let peers: Vec<_> = peers.iter().map(|peer| &**peer).collect();
    ended(&logins.to_string(), &peers, crashes)
}

async fn scene(config: Config, release: Release, way: Way) -> (Centre, Site) {
    let mut centre = Centre::start(config).await;
    let mut site = centre.site(release, way, Quality::round_trip(Duration::ZERO)).await;
    site.connect().await;
    (centre, site)
}
