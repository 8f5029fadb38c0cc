//! A line that is cut silently is noticed in time by the server, whatever was on its way; a line that
//! only loses packets, or is cut for a moment, is not taken for one.

use std::time::{Duration, Instant};

use lampfield_tests::afar::measures::{self, Phones};
use lampfield_tests::afar::{Centre, Site, Way};
use lampfield_tests::asterisk::{Drops, Release};
use lampfield_tests::line::Quality;
use lampfield_tests::server::{Config, Server};
use tokio::time::sleep;

/// Within this time a cut must be noticed: what the manual promises.
const NOTICED: Duration = Duration::from_secs(12);
const IDLE: Phones = Phones { devices: 5, changes_per_second: 0 };
const BUSY: Phones = Phones { devices: 20, changes_per_second: 10 };
const SHORT: Duration = Duration::from_secs(4);
/// The longest that is none where the kernel bounds the pauses of TCP.
const LONG: Duration = Duration::from_secs(8);

fn near() -> Quality {
    Quality::round_trip(Duration::from_millis(1))
}

fn far() -> Quality {
    Quality::round_trip(Duration::from_millis(300)).loss(0.02)
}

async fn site(centre: &mut Centre, phones: Phones, quality: Quality) -> Site {
    let mut site = centre.site(Release::V22, Way::Clear, quality).await;
    measures::settle(&mut site, phones, quality).await;
    // What a login on a perfect line has taught TCP is forgotten by then.
    sleep(Duration::from_secs(3)).await;
    site
}

/// Cuts the line and measures until the server knows.
async fn noticed(server: &Server, site: &Site) -> Duration {
    site.line.cut();
    let began = Instant::now();
    while server.is_connected("server1") {
        assert!(began.elapsed() < 2 * NOTICED, "not noticed");
        sleep(Duration::from_millis(100)).await;
    }
    began.elapsed()
}

/// One combination; a short cut just before is one that nobody may take for more.
async fn is_noticed(phones: Phones, quality: Quality, after_a_short_one: bool) {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let site = site(&mut centre, phones, quality).await;
    let server = &centre.server;
    let cut = async {
        if after_a_short_one {
            site.line.cut();
            sleep(SHORT).await;
            site.line.heal();
            sleep(Duration::from_millis(1_500)).await;
        }
        noticed(server, &site).await
    };
    let took = match phones.changes_per_second {
        0 => cut.await,
        _ => phones.busy(&site.asterisk, cut).await,
    };
    println!("noticed after {took:?}");
    assert!(took < NOTICED, "{took:?}");
}

#[tokio::test]
async fn idle_and_near() {
    is_noticed(IDLE, near(), false).await;
}

#[tokio::test]
async fn idle_and_far_after_a_short_cut() {
    is_noticed(IDLE, far(), true).await;
}

#[tokio::test]
async fn busy_and_near_after_a_short_cut() {
    is_noticed(BUSY, near(), true).await;
}

#[tokio::test]
async fn busy_and_far() {
    is_noticed(BUSY, far(), false).await;
}

#[tokio::test]
async fn short_cuts_and_losses_drop_nobody() {
    drop_nobody(BUSY, SHORT).await;
}

#[tokio::test]
async fn longer_cuts_of_an_idle_line_drop_nobody() {
    drop_nobody(IDLE, LONG).await;
}

#[tokio::test]
async fn longer_cuts_of_a_busy_line_drop_nobody() {
    if bounds_pauses() {
        drop_nobody(BUSY, LONG).await;
    }
}

/// Whether the kernel has `TCP_RTO_MAX_MS`: since Linux 6.15.
fn bounds_pauses() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("Linux says it");
    let mut numbers = release.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next(), numbers.next()) >= (Some(6), Some(15))
}

async fn drop_nobody(phones: Phones, length: Duration) {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let site = site(&mut centre, phones, far()).await;
    let cuts = async {
        for _ in 0..4 {
            site.line.cut();
            sleep(length).await;
            site.line.heal();
            sleep(Duration::from_secs(6)).await;
        }
    };
    match phones.changes_per_second {
        0 => cuts.await,
        _ => phones.busy(&site.asterisk, cuts).await,
    }
    assert!(centre.server.is_connected("server1"));
    assert_eq!(site.asterisk.drops(), Drops::default());
}
