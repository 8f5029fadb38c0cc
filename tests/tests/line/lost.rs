//! A long line, lost and found again, with `lampfield relay` on it: Asterisk notices nothing, and
//! nothing is lost.

use std::time::{Duration, Instant};

use lampfield_tests::afar::measures::{self, Phones, device};
use lampfield_tests::afar::{Centre, Site, Way};
use lampfield_tests::asterisk::Release;
use lampfield_tests::eventually::eventually;
use lampfield_tests::line::Quality;
use lampfield_tests::server::Config;
use tokio::time::sleep;

use crate::afterwards::{agree, noticed_nothing};

const MANY: Phones = Phones { devices: 560, changes_per_second: 10 };
const FEW: Phones = Phones { devices: 40, changes_per_second: 10 };

/// A round trip of 200 ms and a loss of 1 % each way.
fn bad() -> Quality {
    Quality::round_trip(Duration::from_millis(200)).loss(0.01)
}

fn short() -> Quality {
    Quality::round_trip(Duration::ZERO)
}

#[tokio::test]
async fn a_long_list_is_in_over_a_bad_line_while_it_changes() {
    const WITHIN: Duration = Duration::from_secs(6);
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut site = centre.site(Release::V22, Way::Relay, bad()).await;
    let took = measures::login(&mut site, MANY, WITHIN).await.expect("it is in");
    let last = device(MANY.devices - 1);
    let all = eventually(WITHIN.saturating_sub(took), || async {
        let known = centre.server.why(&last).facts().len();
        if known == 1 { Ok(()) } else { Err(format!("{known} facts about {last}")) }
    });
    MANY.busy(&site.asterisk, all).await;
    noticed_nothing(&mut site.asterisk);
}

#[tokio::test]
async fn outages_of_the_server_are_not_noticed_and_a_count_is_heard() {
    let patience = Duration::from_secs(3);
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut site = centre.site(Release::V22, Way::Relay, bad()).await;
    measures::settle(&mut site, FEW, bad()).await;
    let outages = measures::outages(&mut centre, &site, 3, Duration::from_secs(3), patience).await;
    assert!(outages.iter().all(|outage| outage.back.is_some()), "{outages:?}");
    assert!(outages.iter().all(|outage| outage.count_heard), "{outages:?}");
    noticed_nothing(&mut site.asterisk);
}

/// The server still has the former stream each time, and knows that it is the same one.
#[tokio::test]
async fn resets_that_the_server_does_not_see_are_not_noticed() {
    const RESETS: usize = 4;
    let patience = Duration::from_secs(3);
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut site = centre.site(Release::V22, Way::Relay, bad()).await;
    measures::settle(&mut site, FEW, bad()).await;
    let pause = Duration::from_secs(1);
    let resets = measures::resets(&centre.server, &site, RESETS, pause, patience);
    let back = FEW.busy(&site.asterisk, resets).await;
    assert!(back.iter().all(Option::is_some), "{back:?}");
    noticed_nothing(&mut site.asterisk);
}

/// The server withdraws what was said behind the line in the meantime, and what was said by one that
/// dies in the meantime: the former stands again after it, the latter does not.
#[tokio::test]
async fn everything_is_right_after_a_silent_cut_in_which_a_third_server_died() {
    const CUT: Duration = Duration::from_secs(15);
    const RIGHT_WITHIN: Duration = Duration::from_secs(8);
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut far = centre.site(Release::V22, Way::Relay, bad()).await;
    let mut near = centre.site(Release::V16, Way::Clear, short()).await;
    let mut dying = centre.site(Release::V22, Way::Clear, short()).await;
    measures::settle(&mut far, FEW, bad()).await;
    for site in [&mut near, &mut dying] {
        site.connect().await;
    }
    dying.asterisk.set_state("Custom:dying", "INUSE").await;
    far.asterisk.set_state("Custom:constant", "BUSY").await;
    far.asterisk.sees("Custom:dying", "INUSE").await;
    near.asterisk.sees("Custom:constant", "BUSY").await;
    let mark = near.asterisk.ami().mark();

    far.line.cut();
    let cut = Instant::now();
    let changes = async {
        sleep(CUT / 5).await;
        dying.asterisk.kill();
        far.asterisk.set_mailbox("1000@default", 7, 2).await;
        for number in 0..FEW.devices {
            near.asterisk.set_state(&format!("Custom:near{number}"), "ONHOLD").await;
        }
        // Long enough for the server to notice, and for the grace.
        near.asterisk.sees("Custom:constant", "UNKNOWN").await;
        sleep(CUT.saturating_sub(cut.elapsed())).await;
    };
    FEW.busy(&far.asterisk, changes).await;
    far.line.heal();

    agree(RIGHT_WITHIN, &far.asterisk, &near.asterisk).await;
    assert_eq!(near.asterisk.state("Custom:constant").await, "BUSY");
    assert_eq!(far.asterisk.state("Custom:near0").await, "ONHOLD");
    for site in [&far, &near] {
        assert_eq!(site.asterisk.state("Custom:dying").await, "UNKNOWN");
    }
    near.asterisk.sees_mailbox(mark, "1000@default", 7, 2).await;
    noticed_nothing(&mut far.asterisk);
}

#[tokio::test]
async fn a_line_that_flaps_is_not_noticed() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut far = centre.site(Release::V16, Way::Relay, bad()).await;
    let mut near = centre.site(Release::V22, Way::Clear, short()).await;
    measures::settle(&mut far, FEW, bad()).await;
    near.connect().await;
    FEW.busy(&far.asterisk, flap(&far)).await;
    agree(Duration::from_secs(8), &far.asterisk, &near.asterisk).await;
    noticed_nothing(&mut far.asterisk);
}

/// Flapping, and killed and frozen while the line is there for a moment.
#[tokio::test]
async fn a_server_that_restarts_and_stands_still_on_a_flapping_line_is_not_noticed() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut far = centre.site(Release::V22, Way::Relay, bad()).await;
    let mut near = centre.site(Release::V16, Way::Relay, short()).await;
    measures::settle(&mut far, FEW, bad()).await;
    near.connect().await;
    let changes = async {
        centre.server.kill();
        flap(&far).await;
        centre.server.run().await;
        flap(&far).await;
        centre.server.process().freeze();
        flap(&far).await;
        centre.server.process().thaw();
    };
    FEW.busy(&far.asterisk, changes).await;
    agree(Duration::from_secs(8), &far.asterisk, &near.asterisk).await;
    for site in [&mut far, &mut near] {
        noticed_nothing(&mut site.asterisk);
    }
}

async fn flap(site: &Site) {
    for _ in 0..3 {
        site.line.cut();
        sleep(Duration::from_secs(1)).await;
        site.line.heal();
        sleep(Duration::from_secs(1)).await;
    }
}
