//! UNKNOWN under the dead PBX's EID is the withdrawal: it never beats a live PBX (but one
//! that says INVALID), alone it reads as unknown, and a PBX that never heard of the device ignores it. On 16 as on 22.

use lampfield_tests::asterisk::{Asterisk, Release, Setup};
use lampfield_tests::scene::{connected, xmpp_conf};
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};
use lampfield_tests::states::{KNOWN, together};

#[tokio::test]
async fn on_asterisk_22() {
    on(Release::V22).await;
}

#[tokio::test]
async fn on_asterisk_16() {
    on(Release::V16).await;
}

async fn on(release: Release) {
    let mut server = Server::start(&Config::plain().servers()).await;
    let mut members = Vec::new();
    for number in 1..=2 {
        let setup = Setup::new(number, xmpp_conf(&mut server, number)).release(release);
        members.push(connected(setup).await);
    }
    let (publisher, listener) = (&members[0], &members[1]);
    let mut dying = ScriptedPbx::login(server.address(), "server3", 3).await;
    dying.publish("Custom:alone", "INUSE").await;
    for state in KNOWN {
        publisher.set_state(&beside(state), state).await;
        dying.publish(&beside(state), "INUSE").await;
    }
    for member in &members {
        member.sees("Custom:alone", "INUSE").await;
        for state in KNOWN {
            member.sees(&beside(state), together(state, "INUSE")).await;
        }
    }
    drop(dying);
    for member in &members {
        member.sees("Custom:alone", "UNKNOWN").await;
        for state in KNOWN.into_iter().filter(|state| *state != "INVALID") {
            member.sees(&beside(state), state).await;
        }
    }
    // INVALID alone is weaker than UNKNOWN in Asterisk's table. On the PBX whose own device it
    // is, DEVICE_STATE() then asks the driver again.
    publisher.sees(&beside("INVALID"), "INVALID").await;
    listener.sees(&beside("INVALID"), "UNKNOWN").await;
    never_heard_of_it(&mut server, release).await;
    // The listener's own word counts again where the dead PBX had spoken.
    listener.set_state("Custom:alone", "ONHOLD").await;
    publisher.sees("Custom:alone", "ONHOLD").await;
}

/// A newcomer, and one that is told UNKNOWN about a device it never knew.
async fn never_heard_of_it(server: &mut Server, release: Release) {
    let setup = Setup::new(4, xmpp_conf(server, 4)).release(release);
    let newcomer = connected(setup).await;
    newcomer.sees(&beside("BUSY"), "BUSY").await;
    let mut other = ScriptedPbx::login(server.address(), "server5", 5).await;
    other.publish("Custom:never", "UNKNOWN").await;
    other.publish("Custom:last", "INUSE").await;
    newcomer.sees("Custom:last", "INUSE").await;
    shows_nothing(&newcomer, "Custom:alone").await;
    shows_nothing(&newcomer, "Custom:never").await;
}

async fn shows_nothing(asterisk: &Asterisk, device: &str) {
    let states = asterisk.states().await;
    let shown = states.get(device).map(String::as_str);
    assert!(matches!(shown, None | Some("UNKNOWN")), "{device} reads {shown:?}");
    assert_eq!(asterisk.state(device).await, "UNKNOWN");
}

fn beside(state: &str) -> String {
    format!("Custom:beside-{state}")
}
