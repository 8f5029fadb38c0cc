//! What Asterisk itself says of its connection over a line, and what becomes of it, is counted
//! right: each way, on each release.

use std::process::Command;
use std::time::Duration;

use lampfield_tests::afar::{Centre, Site, Way};
use lampfield_tests::asterisk::{Drops, Release};
use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::line::Quality;
use lampfield_tests::server::Config;

const ROUND_TRIP: Duration = Duration::from_millis(200);

#[tokio::test]
async fn three_servers_hear_each_other_over_three_lines() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let a = connected(&mut centre, Release::V22, Way::Clear).await;
    let b = connected(&mut centre, Release::V16, Way::Clear).await;
    let c = connected(&mut centre, Release::V22, Way::Tls).await;
    for (from, to, device) in [(&a, &b, "Custom:a"), (&b, &c, "Custom:b"), (&c, &a, "Custom:c")] {
        let mark = to.asterisk.ami().mark();
        from.asterisk.set_state(device, "INUSE").await;
        let said = from.asterisk.ami().event(0, |event| event.says(device, "INUSE")).await;
        let heard = to.asterisk.ami().event(mark, |event| event.says(device, "INUSE")).await;
        // Up the one line and down the other: a whole round trip.
        let took = heard.time() - said.time();
        assert!((200_000..1_000_000).contains(&took), "{device} took {took} us");
    }
    a.asterisk.set_mailbox("1000@default", 2, 0).await;
    eventually(SOON, || async {
        let shown = centre.server.why("1000@default").new_messages();
        if shown == Some(2) { Ok(()) } else { Err(format!("{shown:?}")) }
    })
    .await;
}

#[tokio::test]
async fn two_servers_share_a_line() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let site = connected(&mut centre, Release::V22, Way::Clear).await;
    let mut other = site.another(2, Release::V22).await;
    other.join().await;
    other.connected().await;
    site.asterisk.set_state("Custom:x", "INUSE").await;
    other.sees("Custom:x", "INUSE").await;
}

#[tokio::test]
async fn lost_connections_are_counted_on_both_releases() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let old = connected(&mut centre, Release::V16, Way::Clear).await;
    let new = connected(&mut centre, Release::V22, Way::Tls).await;
    assert_eq!([&old, &new].map(|site| site.asterisk.drops()), [Drops::default(); 2]);
    centre.server.kill();
    for site in [&old, &new] {
        eventually(SOON, || async {
            let drops = site.asterisk.drops();
            let counted = drops.lost == 1 && drops.refused >= 1;
            if counted { Ok(()) } else { Err(format!("{drops:?}")) }
        })
        .await;
    }
}

#[tokio::test]
async fn a_crash_is_noticed_and_a_stop_is_none() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut site = connected(&mut centre, Release::V22, Way::Clear).await;
    assert_eq!(site.asterisk.crashed(), None);
    site.asterisk.stop().await;
    assert_eq!(site.asterisk.crashed(), None);
    site.asterisk.run().await;
    let pid = site.asterisk.pid().to_string();
    Command::new("kill").args(["-SEGV", &pid]).status().unwrap();
    // A core of it may be written first.
    let mut left = 2_000;
    while site.asterisk.crashed().is_none() {
        left -= 1;
        assert!(left > 0, "it still runs");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn connected(centre: &mut Centre, release: Release, way: Way) -> Site {
    let mut site = centre.site(release, way, Quality::round_trip(ROUND_TRIP)).await;
    site.asterisk.join().await;
    site.asterisk.connected().await;
    site
}
