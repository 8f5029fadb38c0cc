//! `lampfield relay` itself: stopped, killed, frozen, started too early, and used by two.

use std::io::Write as _;
use std::time::Duration;

use lampfield_tests::afar::measures::Phones;
use lampfield_tests::afar::{Centre, Relay, Site, Trust, Way};
use lampfield_tests::asterisk::{Drops, Release};
use lampfield_tests::eventually::{eventually, throughout};
use lampfield_tests::line::Quality;
use lampfield_tests::net::Net;
use lampfield_tests::server::Config;
use lampfield_tests::stanzas::publish;
use tokio::time::sleep;

use crate::afterwards::{agree, noticed_nothing};

const PHONES: Phones = Phones { devices: 300, changes_per_second: 0 };
/// Together more than the relay and the usual buffers between it and Asterisk hold.
const CHANGES: usize = 20_000;

#[tokio::test]
async fn a_frozen_relay_loses_nothing_and_asterisk_does_not_notice() {
    let (_centre, mut far, near) = pair().await;
    PHONES.appear(&far.asterisk).await;
    far.relay().process().freeze();
    let thaw = sleep(Duration::from_secs(3));
    PHONES.burst(&far.asterisk, CHANGES).await;
    thaw.await;
    far.relay().process().thaw();
    agree(Duration::from_secs(8), &far.asterisk, &near.asterisk).await;
    noticed_nothing(&mut far.asterisk);
}

/// Or threads of Asterisk mix their words: all of [`CHANGES`] fit what is between it and the relay.
#[tokio::test]
async fn a_frozen_relay_does_not_keep_asterisk_from_writing() {
    let net = Net::claim();
    let (listen, nobody) = (net.socket(1, 5_222), net.socket(2, 5_222));
    let relay = Relay::start_here(listen, &[nobody], Trust::Fingerprint("00".repeat(32))).await;
    let mut asterisk = std::net::TcpStream::connect(listen).unwrap();
    asterisk.set_nonblocking(true).unwrap();
    relay.process().freeze();
    let change = publish("aaaaa", "02:00:00:00:00:01", "Custom:phone123", "INUSE");
    for number in 0..CHANGES {
        let written = asterisk.write(change.as_bytes());
        assert_eq!(written.ok(), Some(change.len()), "after {number} changes");
        if number % 10 == 0 {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

#[tokio::test]
async fn a_killed_relay_is_a_lost_connection_and_no_more() {
    let (_centre, mut far, near) = pair().await;
    far.asterisk.set_state("Custom:x", "INUSE").await;
    near.asterisk.sees("Custom:x", "INUSE").await;
    far.relay().kill();
    far.asterisk.set_state("Custom:x", "RINGING").await;
    far.relay().run().await;
    near.asterisk.sees_within(Duration::from_secs(8), "Custom:x", "RINGING").await;
    assert_eq!(far.asterisk.drops(), Drops { lost: 1, refused: 0 });
    far.asterisk.assert_alive();
}

#[tokio::test]
async fn a_relay_stops_in_good_order_and_has_said_once_that_it_was_ready() {
    let (_centre, mut far, _near) = pair().await;
    let log = far.relay().log();
    let ready = log.lines().filter(|line| line.starts_with("lampfield relay ready"));
    assert_eq!(ready.count(), 1, "{log}");
    let status = far.relay().stop().await;
    assert!(status.is_some_and(|status| status.success()), "{status:?}");
}

#[tokio::test]
async fn two_asterisk_share_a_relay() {
    let (_centre, mut far, near) = pair().await;
    let mut other = far.another(7, Release::V16).await;
    other.join().await;
    other.connected().await;
    far.asterisk.set_state("Custom:x", "INUSE").await;
    other.sees("Custom:x", "INUSE").await;
    other.set_state("Custom:y", "BUSY").await;
    far.asterisk.sees("Custom:y", "BUSY").await;
    near.asterisk.sees("Custom:y", "BUSY").await;
    other.kill();
    near.asterisk.sees_within(Duration::from_secs(1), "Custom:y", "UNKNOWN").await;
    assert_eq!(near.asterisk.state("Custom:x").await, "INUSE");
    noticed_nothing(&mut far.asterisk);
}

#[tokio::test]
async fn a_relay_without_a_server_holds_asterisk_until_it_is_there() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    centre.server.kill();
    let quality = Quality::round_trip(Duration::from_millis(100));
    let mut site = centre.site(Release::V22, Way::Relay, quality).await;
    site.asterisk.set_state("Custom:x", "INUSE").await;
    site.asterisk.join().await;
    throughout(Duration::from_secs(4), || async {
        if site.asterisk.is_connected() { Err("connected to nobody".to_owned()) } else { Ok(()) }
    })
    .await;
    centre.server.run().await;
    let shown = || centre.server.why("Custom:x").value();
    eventually(Duration::from_secs(3), || async {
        if shown() == "INUSE" { Ok(()) } else { Err(shown()) }
    })
    .await;
    noticed_nothing(&mut site.asterisk);
}

/// One behind a relay, and one that sees it. What goes out does not because of a grace.
async fn pair() -> (Centre, Site, Site) {
    let mut centre = Centre::start(Config::plain().servers().lease("40s", "75s")).await;
    let quality = Quality::round_trip(Duration::from_millis(50));
    let mut far = centre.site(Release::V22, Way::Relay, quality).await;
    let mut near = centre.site(Release::V22, Way::Clear, quality).await;
    far.connect().await;
    near.connect().await;
    (centre, far, near)
}
