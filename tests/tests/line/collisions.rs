//! Several threads of Asterisk write at one moment: by a relay nothing comes of it. Over its own TLS
//! it loses its connection and some counts, as `cargo xtask bench-line tls` shows.

use std::time::Duration;

use lampfield_tests::afar::collisions::{self, Counts};
use lampfield_tests::afar::measures::Phones;
use lampfield_tests::afar::{Centre, Site, Way};
use lampfield_tests::asterisk::Release;
use lampfield_tests::line::Quality;
use lampfield_tests::server::Config;

use crate::afterwards::noticed_nothing;

const COUNTS: u32 = 40;
const OTHERS: u8 = 5;
/// So often each of them logs in.
const TIMES: usize = 4;
/// What it says then.
const PHONES: Phones = Phones { devices: 20, changes_per_second: 0 };

#[tokio::test]
async fn counts_of_asterisk_22_while_a_channel_changes_are_heard() {
    counts_are_heard(Release::V22).await;
}

#[tokio::test]
async fn counts_of_asterisk_16_while_a_channel_changes_are_heard() {
    counts_are_heard(Release::V16).await;
}

async fn counts_are_heard(release: Release) {
    let (centre, mut site) = scene(Config::plain().servers(), release).await;
    let seen = collisions::counts(&centre.server, &mut site.asterisk, COUNTS).await;
    assert_eq!(seen, Counts { lost: 0, crashes: 0 });
    noticed_nothing(&mut site.asterisk);
}

/// With capabilities in presence, so that each of them asks while others publish.
#[tokio::test]
async fn peers_that_log_in_drop_nobody() {
    let config = Config::plain().servers().domain("show_caps = true");
    let (_centre, mut site) = scene(config, Release::V22).await;
    let mut others = collisions::company(&site, OTHERS, Release::V22).await;
    let mut peers: Vec<_> = others.iter_mut().chain([&mut site.asterisk]).collect();
    for peer in &peers {
        PHONES.appear(peer).await;
    }
    let crashes = collisions::logins(&mut peers, TIMES).await;
    assert_eq!(crashes, 0);
    for peer in peers {
        noticed_nothing(peer);
    }
}

async fn scene(config: Config, release: Release) -> (Centre, Site) {
    let mut centre = Centre::start(config).await;
    let mut site = centre.site(release, Way::Relay, Quality::round_trip(Duration::ZERO)).await;
    site.connect().await;
    (centre, site)
}
