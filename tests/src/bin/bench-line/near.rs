//! What is a matter of Asterisk's own threads, and not of the line: on one that is short and good.

use std::time::Duration;

use lampfield_tests::afar::{Centre, Site, Way, collisions};
use lampfield_tests::asterisk::Release;
use lampfield_tests::line::Quality;
use lampfield_tests::server::Config;

use crate::ended;

const COUNTS: u32 = 60;
/// With three others: 120 connections that hear of one.
const LOGINS: usize = 40;

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
    let mut others = collisions::company(&site, release).await;
    let crashes = collisions::logins(&mut site.asterisk, &mut others, LOGINS).await;
    let exposed = format!("{}", LOGINS * others.len());
    let mut all: Vec<_> = others.iter().collect();
    all.push(&site.asterisk);
    ended(&exposed, &all, crashes)
}

async fn scene(config: Config, release: Release, way: Way) -> (Centre, Site) {
    let mut centre = Centre::start(config).await;
    let mut site = centre.site(release, way, Quality::round_trip(Duration::ZERO)).await;
    site.connect().await;
    (centre, site)
}
