//! A line that is cut silently is noticed in time by the server and by the relay, whatever was on its way;
//! a line that only loses packets, or is cut for a moment, is not taken for one.

use std::time::Duration;

use lampfield_tests::afar::measures::{self, Phones};
use lampfield_tests::afar::notice::{self, Conditions, FORGOTTEN, SHORT};
use lampfield_tests::afar::{Centre, Way};
use lampfield_tests::asterisk::{Drops, Release};
use lampfield_tests::line::Quality;
use lampfield_tests::server::Config;
use tokio::time::sleep;

const IDLE: Phones = Phones { devices: 5, changes_per_second: 0 };
const BUSY: Phones = Phones { devices: 20, changes_per_second: 10 };
/// The longest that is none where the kernel bounds the pauses of TCP.
const LONG: Duration = Duration::from_secs(8);

fn near() -> Quality {
    Quality::round_trip(Duration::from_millis(1))
}

fn far() -> Quality {
    Quality::round_trip(Duration::from_millis(300)).loss(0.02)
}

/// One near and one far, both at once; a short cut just before one of them is one that nobody may take
/// for more.
async fn are_noticed(way: Way, phones: Phones) {
    let is_busy = phones.changes_per_second > 0;
    let conditions = |quality, after_a_short_one| {
        let later = Duration::ZERO;
        Conditions { way, phones, quality, after_a_short_one, later }
    };
    let (one, other) = (conditions(near(), is_busy), conditions(far(), !is_busy));
    let (near, far) = tokio::join!(notice::noticed(one), notice::noticed(other));
    println!("near: {near:?}, far: {far:?}");
    assert!(near.is_in_time(way), "near: {near:?}");
    assert!(far.is_in_time(way), "far: {far:?}");
}

#[tokio::test]
async fn idle() {
    are_noticed(Way::Clear, IDLE).await;
}

#[tokio::test]
async fn busy() {
    are_noticed(Way::Clear, BUSY).await;
}

#[tokio::test]
async fn idle_over_tls() {
    are_noticed(Way::Tls, IDLE).await;
}

#[tokio::test]
async fn busy_over_tls() {
    are_noticed(Way::Tls, BUSY).await;
}

#[tokio::test]
async fn idle_by_relay() {
    are_noticed(Way::Relay, IDLE).await;
}

#[tokio::test]
async fn busy_by_relay() {
    are_noticed(Way::Relay, BUSY).await;
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
    let mut site = centre.site(Release::V22, Way::Clear, far()).await;
    measures::settle(&mut site, phones, far()).await;
    sleep(FORGOTTEN).await;
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
