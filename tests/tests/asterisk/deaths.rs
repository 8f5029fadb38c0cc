//! Asterisks that die, stop, and come back: what they said goes out, no earlier than it
//! should, and what is still true never flickers.

use std::time::{Duration, Instant};

use lampfield_tests::asterisk::{Asterisk, Setup};
use lampfield_tests::eventually::eventually;
use lampfield_tests::scene::{connected, pair, xmpp_conf};
use lampfield_tests::server::{Config, Server};

#[tokio::test]
async fn a_killed_server_lights_no_lamp() {
    let (server, mut a, b) = pair(&Config::plain().servers().lease("3s", "75s")).await;
    a.set_state("Custom:x", "INUSE").await;
    a.set_state("Custom:both", "RINGING").await;
    b.set_state("Custom:both", "ONHOLD").await;
    b.sees("Custom:x", "INUSE").await;
    b.sees("Custom:both", "RINGINUSE").await;

    let killed = Instant::now();
    a.kill();
    b.sees("Custom:x", "UNKNOWN").await;
    assert!(killed.elapsed() > Duration::from_secs(2), "its lease was cut short");
    b.sees("Custom:both", "ONHOLD").await;
    assert_eq!(server.why("Custom:x").value(), "UNKNOWN");
}

#[tokio::test]
async fn a_server_that_stops_in_good_order_lights_no_lamp() {
    let (_server, mut a, b) = pair(&Config::plain().servers()).await;
    a.set_state("Custom:x", "INUSE").await;
    b.sees("Custom:x", "INUSE").await;
    a.stop().await;
    b.sees("Custom:x", "UNKNOWN").await;
    // Stock Asterisk remembers its Custom: states and says them again.
    a.run().await;
    b.sees("Custom:x", "INUSE").await;
}

#[tokio::test]
async fn a_return_within_the_grace_is_not_seen() {
    let (_server, mut a, b) = pair(&Config::plain().servers().lease("20s", "75s")).await;
    a.set_state("Custom:x", "INUSE").await;
    b.sees("Custom:x", "INUSE").await;
    let mark = b.ami().mark();
    a.stop().await;
    a.run().await;
    a.connected().await;
    a.set_state("Custom:after", "INUSE").await;
    b.sees("Custom:after", "INUSE").await;
    assert_eq!(b.other_states(mark, "Custom:x", "INUSE"), [""; 0], "the lamp flickered");
}

#[tokio::test]
async fn a_crash_with_fewer_calls_afterwards() {
    let (server, mut a, b) = pair(&Config::plain().servers().lease("6s", "75s")).await;
    a.set_state("Custom:goes-on", "INUSE").await;
    a.set_state("Custom:ended", "INUSE").await;
    b.sees("Custom:ended", "INUSE").await;
    let mark = b.ami().mark();
    crash_and_return(&mut a).await;
    a.set_state("Custom:goes-on", "INUSE").await;

    b.sees("Custom:ended", "UNKNOWN").await;
    assert_eq!(
        b.other_states(mark, "Custom:goes-on", "INUSE"),
        [""; 0],
        "a call that goes on flickered"
    );
    assert_eq!(server.why("Custom:goes-on").facts().len(), 1);
}

#[tokio::test]
async fn a_server_that_returns_with_a_new_eid() {
    let (server, mut a, b) = pair(&Config::plain().servers().lease("4s", "75s")).await;
    a.set_state("Custom:x", "INUSE").await;
    a.set_state("Custom:gone", "BUSY").await;
    b.sees("Custom:gone", "BUSY").await;
    a.kill();
    a.forget();
    a.change_eid("02:00:00:00:00:11");
    a.run().await;
    a.connected().await;
    a.set_state("Custom:x", "NOT_INUSE").await;

    b.sees("Custom:x", "NOT_INUSE").await;
    b.sees("Custom:gone", "UNKNOWN").await;
    let facts = server.why("Custom:x").facts();
    let eids: Vec<_> = facts.iter().map(|fact| fact.eid.as_str()).collect();
    assert_eq!(eids, ["02:00:00:00:00:11"]);
}

/// `kill -9`, a new process that remembers nothing, connected again.
async fn crash_and_return(asterisk: &mut Asterisk) {
    asterisk.kill();
    asterisk.forget();
    asterisk.run().await;
    asterisk.connected().await;
}

/// A cloned machine: each would take the other's states for its own echo.
#[tokio::test]
async fn one_eid_on_two_servers_is_reported() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let conf = xmpp_conf(&mut server, 1);
    let a = connected(Setup::new(7, conf)).await;
    let conf = xmpp_conf(&mut server, 2);
    let b = connected(Setup::new(7, conf)).await;
    a.set_state("Custom:a", "INUSE").await;
    b.set_state("Custom:b", "INUSE").await;
    eventually(Duration::from_secs(10), || async {
        let status = server.status().to_string();
        let named = ["02:00:00:00:00:07", "server1", "server2"];
        match named.iter().all(|word| status.contains(word)) {
            true => Ok(()),
            false => Err(format!("nothing about the EID in {status}")),
        }
    })
    .await;
    server.logs("02:00:00:00:00:07").await;
}

/// A copied xmpp.conf: they would throw each other out for ever.
#[tokio::test]
async fn two_servers_with_one_account_both_stay() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let conf = xmpp_conf(&mut server, 1);
    let a = Asterisk::start(Setup::new(1, &conf)).await;
    let b = Asterisk::start(Setup::new(2, &conf)).await;
    let c = connected(Setup::new(3, xmpp_conf(&mut server, 3))).await;
    eventually(Duration::from_secs(60), || async {
        a.set_state("Custom:a", "INUSE").await;
        b.set_state("Custom:b", "INUSE").await;
        let states = c.states().await;
        let both = ["Custom:a", "Custom:b"].map(|name| states.get(name).map(String::as_str));
        if both == [Some("INUSE"); 2] { Ok(()) } else { Err(format!("{both:?}")) }
    })
    .await;
    a.connected().await;
    b.connected().await;
    a.set_state("Custom:a", "BUSY").await;
    b.sees("Custom:a", "BUSY").await;
    b.set_state("Custom:b", "BUSY").await;
    a.sees("Custom:b", "BUSY").await;
    let attention = server.attention();
    assert!(attention.contains("server1"), "{attention}");
}
