//! Links that go silent: packets vanish, no socket closes, nobody is told.

use std::time::Duration;

use lampfield_tests::asterisk::{Asterisk, Setup};
use lampfield_tests::cut::Cut;
use lampfield_tests::scene::{self, connected, xmpp_conf};
use lampfield_tests::server::{Config, Server};

/// A silent cut is noticed within 12 s, then the grace runs; the rest is a slow machine's.
const CUT_AND_GRACE: Duration = Duration::from_secs(15 + 2 + 8);

#[tokio::test]
async fn a_cut_server_goes_out_and_comes_back() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let conf = xmpp_conf(&mut server, 1);
    let link = conf.server;
    let a = connected(Setup::new(1, conf)).await;
    let b = scene::asterisk(&mut server, 2).await;
    a.set_state("Custom:x", "INUSE").await;
    b.sees("Custom:x", "INUSE").await;

    let cut = Cut::of(link);
    b.sees_within(CUT_AND_GRACE, "Custom:x", "UNKNOWN").await;
    cut.heal();
    wake(&a).await;
    b.sees_within(Duration::from_secs(60), "Custom:x", "INUSE").await;
}

/// B keeps its cache through the cut; only the remembered withdrawal can put its lamp out.
#[tokio::test]
async fn a_server_that_was_cut_off_learns_of_a_death_it_missed() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let mut a = scene::asterisk(&mut server, 1).await;
    let conf = xmpp_conf(&mut server, 2);
    let link = conf.server;
    let b = connected(Setup::new(2, conf)).await;
    let c = scene::asterisk(&mut server, 3).await;
    a.set_state("Custom:x", "INUSE").await;
    c.set_state("Custom:y", "INUSE").await;
    b.sees("Custom:x", "INUSE").await;
    b.sees("Custom:y", "INUSE").await;

    let cut = Cut::of(link);
    a.kill();
    c.set_state("Custom:y", "ONHOLD").await;
    c.sees_within(CUT_AND_GRACE, "Custom:x", "UNKNOWN").await;
    // The link must really be lost, or B would simply be given what waits in its socket.
    eventually_absent(&server, "server2").await;
    assert_eq!(b.state("Custom:x").await, "INUSE");
    cut.heal();
    wake(&b).await;
    b.sees_within(Duration::from_secs(60), "Custom:x", "UNKNOWN").await;
    b.sees("Custom:y", "ONHOLD").await;
}

/// Its TCP lives, so it is not lost; but somebody should look.
#[tokio::test]
async fn a_frozen_server_is_reported_as_stalled() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let mut a = scene::asterisk(&mut server, 1).await;
    let b = scene::asterisk(&mut server, 2).await;
    a.set_state("Custom:x", "INUSE").await;
    b.sees("Custom:x", "INUSE").await;
    a.freeze();
    lampfield_tests::eventually::eventually(Duration::from_secs(90), || async {
        let attention = server.attention();
        match attention.contains("stalled") && attention.contains("server1") {
            true => Ok(()),
            false => Err(format!("nothing about a stalled server1 in {attention}")),
        }
    })
    .await;
    assert_eq!(b.state("Custom:x").await, "INUSE");
    assert!(!server.attention().contains("server2"));
    a.thaw();
    lampfield_tests::eventually::eventually(Duration::from_secs(10), || async {
        let attention = server.attention();
        if attention == "[]" { Ok(()) } else { Err(attention) }
    })
    .await;
}

/// A PBX that has nothing to say and nothing to hear stays connected.
#[tokio::test]
async fn an_idle_server_is_not_taken_for_a_dead_one() {
    let config = Config::plain().servers();
    let mut server = Server::start(&config).await;
    let a = scene::asterisk(&mut server, 1).await;
    let b = scene::asterisk(&mut server, 2).await;
    a.set_state("Custom:x", "INUSE").await;
    b.sees("Custom:x", "INUSE").await;
    let mark = b.ami().mark();
    tokio::time::sleep(Duration::from_secs(25)).await;
    assert_eq!(b.state("Custom:x").await, "INUSE");
    assert_eq!(b.other_states(mark, "Custom:x", "INUSE"), [""; 0]);
}

/// Asterisk notices a lost connection only when it has something to say.
async fn wake(asterisk: &Asterisk) {
    asterisk.set_state("Custom:awake", "INUSE").await;
    asterisk.set_state("Custom:awake", "NOT_INUSE").await;
}

async fn eventually_absent(server: &Server, user: &str) {
    lampfield_tests::eventually::eventually(CUT_AND_GRACE, || async {
        match server.is_connected(user) {
            true => Err(format!("{user} still counts as connected")),
            false => Ok(()),
        }
    })
    .await;
}
