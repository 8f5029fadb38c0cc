//! Sites with the same numbers: two PBXs call different phones alike, or the same phone differently, and
//! every lamp is right on all of them.

use lampfield_tests::asterisk::{Asterisk, Release, Setup};
use lampfield_tests::pjsip::{PJSIP, endpoint, transport};
use lampfield_tests::scene::{connected, xmpp_conf};
use lampfield_tests::server::{Config, Server};

/// `PJSIP/100` and `Custom:ext-100` of Berlin and of Paris are four lamps; Rome has no rule.
const MAP: &str = "
[[map]]
site = 'berlin'
here = 'Custom:ext-*'
board = 'Custom:berlin-ext-*'
[[map]]
site = 'berlin'
here = 'PJSIP/*'
board = 'Custom:berlin-*'
[[map]]
site = 'paris'
here = 'Custom:ext-*'
board = 'Custom:paris-ext-*'
[[map]]
site = 'paris'
here = 'PJSIP/*'
board = 'Custom:paris-*'
[[map]]
site = 'rome'
kind = 'mailbox'
here = '*@rome'
board = '*@default'
";

/// Somewhere a phone is, as far as its PBX can tell.
const CONTACT: &str = "contact=sip:phone@127.0.0.1:9\n";

fn config(hear_of_milan: &str) -> Config {
    Config::plain()
        .account("server1", "site = 'berlin'")
        .account("server2", "site = 'paris'")
        .account("server3", "site = 'rome'")
        .account("server4", &format!("hear = {hear_of_milan}"))
        .more(MAP)
}

async fn berlin_and_paris(server: &mut Server, release: Release) -> (Asterisk, Asterisk) {
    let setup = Setup::new(1, xmpp_conf(server, 1)).release(release).modules(PJSIP);
    let setup = setup.file("pjsip.conf", transport() + &endpoint("100", CONTACT));
    let berlin = connected(setup.hint("8200", "Custom:paris-ext-100")).await;
    let setup = Setup::new(2, xmpp_conf(server, 2)).release(release).modules(PJSIP);
    let setup = setup.file("pjsip.conf", transport() + &endpoint("100", ""));
    let setup = setup.hint("8100", "Custom:berlin-ext-100").hint("100", "Custom:ext-100");
    (berlin, connected(setup).await)
}

#[tokio::test]
async fn two_phones_of_one_number_are_two_lamps_on_asterisk_22() {
    two_phones_of_one_number_are_two_lamps(Release::V22).await;
}

#[tokio::test]
async fn two_phones_of_one_number_are_two_lamps_on_asterisk_16() {
    two_phones_of_one_number_are_two_lamps(Release::V16).await;
}

async fn two_phones_of_one_number_are_two_lamps(release: Release) {
    let mut server = Server::start(&config("['*']")).await;
    let (mut berlin, paris) = berlin_and_paris(&mut server, release).await;
    let rome = connected(Setup::new(3, xmpp_conf(&mut server, 3))).await;

    berlin.set_state("Custom:ext-100", "INUSE").await;
    paris.set_state("Custom:ext-100", "RINGING").await;
    paris.hint_shows("8100", "InUse").await;
    paris.hint_shows("100", "Ringing").await;
    berlin.hint_shows("8200", "Ringing").await;
    for (device, state) in [("Custom:berlin-ext-100", "INUSE"), ("Custom:paris-ext-100", "RINGING")]
    {
        rome.sees(device, state).await;
        assert_eq!(server.why(device).value(), state);
    }
    berlin.sees("Custom:ext-100", "INUSE").await;
    paris.sees("Custom:ext-100", "RINGING").await;

    // The phones themselves: that of Berlin is there, that of Paris is not.
    rome.sees("Custom:berlin-100", "NOT_INUSE").await;
    rome.sees("Custom:paris-100", "UNAVAILABLE").await;
    paris.sees("Custom:berlin-100", "NOT_INUSE").await;
    paris.sees("PJSIP/100", "UNAVAILABLE").await;
    berlin.sees("PJSIP/100", "NOT_INUSE").await;

    // A lamp of one who has no rule is nobody's own phone, and Berlin's own name for a lamp of its own is none.
    rome.set_state("Custom:ext-100", "ONHOLD").await;
    berlin.set_state("Custom:berlin-ext-100", "BUSY").await;
    berlin.set_state("Custom:ext-101", "BUSY").await;
    paris.sees("Custom:berlin-ext-101", "BUSY").await;
    paris.sees("Custom:berlin-ext-100", "INUSE").await;
    for pbx in [&berlin, &paris] {
        let other = if pbx.eid() == berlin.eid() { "INUSE" } else { "RINGING" };
        pbx.sees("Custom:ext-100", other).await;
    }

    // A mailbox has one name in Rome and another one elsewhere.
    let mark = berlin.ami().mark();
    rome.set_mailbox("100@rome", 2, 1).await;
    berlin.sees_mailbox(mark, "100@default", 2, 1).await;

    berlin.kill();
    paris.hint_shows("8100", "Idle").await;
    rome.sees("Custom:berlin-ext-100", "UNKNOWN").await;
    paris.sees("Custom:ext-100", "RINGING").await;
    berlin.run().await;
    berlin.connected().await;
    berlin.set_state("Custom:ext-100", "BUSY").await;
    paris.hint_shows("8100", "Busy").await;
    paris.sees("Custom:ext-100", "RINGING").await;
}

#[tokio::test]
async fn a_branch_hears_what_it_may_hear() {
    let mut server = Server::start(&config("['Custom:berlin-*']")).await;
    let berlin = connected(Setup::new(1, xmpp_conf(&mut server, 1))).await;
    let paris = connected(Setup::new(2, xmpp_conf(&mut server, 2))).await;
    berlin.set_state("Custom:ext-1", "INUSE").await;
    paris.set_state("Custom:ext-1", "INUSE").await;
    let milan = connected(Setup::new(4, xmpp_conf(&mut server, 4))).await;
    milan.sees("Custom:berlin-ext-1", "INUSE").await;
    paris.set_state("Custom:ext-2", "BUSY").await;
    berlin.sees("Custom:paris-ext-2", "BUSY").await;
    berlin.set_state("Custom:ext-2", "BUSY").await;
    milan.sees("Custom:berlin-ext-2", "BUSY").await;
    let of_paris = |states: std::collections::BTreeMap<String, String>| {
        states.into_keys().filter(|name| name.starts_with("Custom:paris-")).collect::<Vec<_>>()
    };
    assert_eq!(of_paris(milan.states().await), [""; 0]);

    // It may hear Paris now, and no longer Berlin: what it no longer hears of goes out.
    server.reload(&config("['Custom:paris-*']")).await;
    milan.sees("Custom:paris-ext-2", "BUSY").await;
    milan.sees("Custom:berlin-ext-2", "UNKNOWN").await;
    milan.sees("Custom:berlin-ext-1", "UNKNOWN").await;
    berlin.set_state("Custom:ext-1", "RINGING").await;
    paris.set_state("Custom:ext-1", "RINGING").await;
    milan.sees("Custom:paris-ext-1", "RINGING").await;
    milan.sees("Custom:berlin-ext-1", "UNKNOWN").await;
}
