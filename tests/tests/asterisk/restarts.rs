//! Lampfield itself stops, is killed, and returns: nothing that was acknowledged is lost, and what
//! happened meanwhile is caught up.

use lampfield_tests::scene::{self, pair};
use lampfield_tests::server::Config;

#[tokio::test]
async fn changes_made_while_it_was_away_are_caught_up() {
    let (mut server, a, b) = pair(&Config::plain().servers()).await;
    a.set_state("Custom:x", "INUSE").await;
    b.set_state("Custom:y", "INUSE").await;
    b.sees("Custom:x", "INUSE").await;
    server.stop().await;
    a.set_state("Custom:x", "NOT_INUSE").await;
    a.set_state("Custom:new", "RINGING").await;
    b.set_state("Custom:y", "ONHOLD").await;
    server.run().await;
    b.sees("Custom:x", "NOT_INUSE").await;
    b.sees("Custom:new", "RINGING").await;
    a.sees("Custom:y", "ONHOLD").await;
}

/// Only the store can still know: the PBX that said it died with Lampfield.
#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let (mut server, mut a, b) = pair(&Config::plain().servers()).await;
    let mark = b.ami().mark();
    a.set_mailbox("1000@default", 2, 3).await;
    a.set_state("Custom:x", "INUSE").await;
    a.set_state("Custom:x", "BUSY").await;
    b.sees("Custom:x", "BUSY").await;
    b.sees_mailbox(mark, "1000@default", 2, 3).await;
    // A later publish that is acknowledged proves that the earlier ones were.
    let mut raw = scene::client(&server, "server5").await;
    let content =
        lampfield_tests::stanzas::publish_content("02:00:00:00:00:05", "Custom:r", "INUSE");
    let content = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
    let result = raw.iq("set", "pubsub.asterisk.example", &content).await;
    assert_eq!(result.attr("type"), Some("result"));

    server.kill();
    a.kill();
    server.run().await;
    let late = scene::asterisk(&mut server, 3).await;
    late.sees("Custom:x", "BUSY").await;
    late.sees("Custom:r", "INUSE").await;
    late.sees_mailbox(0, "1000@default", 2, 3).await;
    b.connected().await;
    b.set_state("Custom:after", "INUSE").await;
    late.sees("Custom:after", "INUSE").await;
}

/// Our own downtime is nobody's fault, but it does not excuse for ever.
#[tokio::test]
async fn a_server_that_died_meanwhile_is_withdrawn_after_the_restart_grace() {
    let (mut server, mut a, b) = pair(&Config::plain().servers().lease("1s", "8s")).await;
    a.set_state("Custom:x", "INUSE").await;
    b.sees("Custom:x", "INUSE").await;
    server.settled().await;
    server.kill();
    a.kill();
    server.run().await;
    b.connected().await;
    assert_eq!(server.why("Custom:x").value(), "INUSE", "withdrawn before its grace");
    b.sees("Custom:x", "UNKNOWN").await;
}
