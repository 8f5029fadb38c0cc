//! The relay is on the PBX's machine, and sees whether the PBX is gone or only its stream. The grace
//! is too long for a test to wait for: what goes out goes out by a goodbye.

use std::time::Duration;

use lampfield_tests::afar::measures::Phones;
use lampfield_tests::afar::{Centre, Site, Way};
use lampfield_tests::asterisk::Release;
use lampfield_tests::cut::Refusal;
use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::line::Quality;
use lampfield_tests::server::{Config, PORT};
use tokio::time::sleep;

use crate::afterwards::noticed_nothing;

const AT_ONCE: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_killed_asterisk_22_is_gone_at_once_and_comes_back() {
    killed(Release::V22).await;
}

#[tokio::test]
async fn a_killed_asterisk_16_is_gone_at_once_and_comes_back() {
    killed(Release::V16).await;
}

async fn killed(release: Release) {
    let (_centre, mut far, near) = pair(release).await;
    far.asterisk.kill();
    near.asterisk.sees_within(AT_ONCE, "Custom:x", "UNKNOWN").await;
    far.asterisk.run().await;
    far.asterisk.connected().await;
    // What it had said last it may not have written into its own database.
    far.asterisk.set_state("Custom:x", "INUSE").await;
    near.asterisk.sees("Custom:x", "INUSE").await;
    near.asterisk.set_state("Custom:near", "RINGING").await;
    far.asterisk.sees("Custom:near", "RINGING").await;
}

/// A cut that is too short to be noticed takes no goodbye with it, also where the server has something to
/// say as soon as it ends.
#[tokio::test]
async fn who_dies_while_the_line_is_cut_for_a_moment_is_gone_when_it_is_back() {
    let (_centre, mut far, near) = pair(Release::V22).await;
    let phones = Phones { devices: 4, changes_per_second: 4 };
    phones
        .busy(&near.asterisk, async {
            far.line.cut();
            sleep(Duration::from_secs(1)).await;
            far.asterisk.kill();
            sleep(Duration::from_secs(3)).await;
            far.line.heal();
            near.asterisk.sees_within(AT_ONCE * 5, "Custom:x", "UNKNOWN").await;
        })
        .await;
}

#[tokio::test]
async fn a_stop_is_a_goodbye() {
    let (_centre, mut far, near) = pair(Release::V22).await;
    far.asterisk.console("core stop now");
    near.asterisk.sees_within(AT_ONCE * 2, "Custom:x", "UNKNOWN").await;
    let mut looks = 0;
    while far.asterisk.crashed().is_none() {
        looks += 1;
        assert!(looks < 500, "it does not stop");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// It keeps its stream where nothing has changed in `xmpp.conf`.
#[tokio::test]
async fn a_reload_of_the_module_is_none() {
    let (_centre, far, near) = pair(Release::V22).await;
    let mark = near.asterisk.ami().mark();
    far.asterisk.console("module reload res_xmpp.so");
    stays(&far, &near, mark).await;
}

#[tokio::test]
async fn a_module_that_is_loaded_again_is_none() {
    let (_centre, mut far, near) = pair(Release::V22).await;
    let mark = near.asterisk.ami().mark();
    far.asterisk.leave();
    far.relay().logs("code=\"pbx-gone\"").await;
    far.asterisk.join().await;
    stays(&far, &near, mark).await;
}

/// The relay has two streams of one PBX then, and only the new one may go on.
#[tokio::test]
async fn a_module_that_is_loaded_again_while_the_line_is_lost_has_one_stream() {
    let (_centre, mut far, near) = pair(Release::V22).await;
    let mark = near.asterisk.ami().mark();
    let refusal = Refusal::of(far.machine.clone(), PORT);
    // The relay hears of it when it sends something.
    far.asterisk.set_state("Custom:lost", "BUSY").await;
    far.relay().logs("code=\"line-lost\"").await;
    far.asterisk.leave();
    far.asterisk.join().await;
    drop(refusal);
    far.asterisk.connected().await;
    stays(&far, &near, mark).await;
    noticed_nothing(&mut far.asterisk);
}

/// Its lamp has not flickered, and it is there.
async fn stays(far: &Site, near: &Site, mark: usize) {
    eventually(SOON, || async {
        far.asterisk.set_state("Custom:after", "NOT_INUSE").await;
        far.asterisk.set_state("Custom:after", "BUSY").await;
        let seen = near.asterisk.state("Custom:after").await;
        if seen == "BUSY" { Ok(()) } else { Err(format!("it is {seen}")) }
    })
    .await;
    far.asterisk.connected().await;
    assert_eq!(near.asterisk.other_states(mark, "Custom:x", "INUSE"), [""; 0]);
    assert_eq!(near.asterisk.state("Custom:x").await, "INUSE");
}

/// One behind a relay, whose `Custom:x` is in use, and one that sees it.
async fn pair(release: Release) -> (Centre, Site, Site) {
    let config = Config::plain().servers().lease("40s", "75s");
    let mut centre = Centre::start(config).await;
    let quality = Quality::round_trip(Duration::from_millis(100));
    let mut far = centre.site(release, Way::Relay, quality).await;
    let mut near = centre.site(Release::V22, Way::Clear, quality).await;
    far.connect().await;
    near.connect().await;
    far.asterisk.set_state("Custom:x", "INUSE").await;
    near.asterisk.sees("Custom:x", "INUSE").await;
    (centre, far, near)
}
