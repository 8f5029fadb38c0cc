//! What the server expects of servers that come and go, and what it keeps of what it acknowledged.

use std::collections::BTreeSet;
use std::time::Duration;

use lampfield_tests::scene;
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};
use lampfield_tests::stanzas::{DEVICES, DeviceEvent, subscribe};

/// Asterisk waits twice as long after each drop; the prediction is shown when it exceeds the grace.
#[tokio::test]
async fn a_server_that_drops_often_is_expected_to_stay_away_longer() {
    let server = Server::start(&Config::plain().servers().lease("2s", "75s")).await;
    drop_like_asterisk(&server).await;
    let (wait, grace) = server.predicted_wait_and_grace("server1");
    assert!(wait > grace, "after three drops it is expected back after {wait} s");
    assert!(server.attention().contains("server1"), "{}", server.attention());
}

#[tokio::test]
async fn an_automatic_grace_follows_the_prediction() {
    let server = Server::start(&Config::plain().servers().lease("auto", "75s")).await;
    drop_like_asterisk(&server).await;
    let (wait, grace) = server.predicted_wait_and_grace("server1");
    assert!(grace >= wait, "grace {grace} s, but expected back after {wait} s");
}

/// Three drops, each with the pause that one process of Asterisk makes. A return before its time
/// would be taken, rightly, for a new process.
async fn drop_like_asterisk(server: &Server) {
    for pause in [1, 2, 4] {
        let mut pbx = ScriptedPbx::login(server.address(), "server1", 1).await;
        pbx.publish("PJSIP/1", "INUSE").await;
        drop(pbx);
        tokio::time::sleep(Duration::from_secs(pause)).await;
    }
    ScriptedPbx::login(server.address(), "server1", 1).await.publish("PJSIP/1", "INUSE").await;
}

/// Whatever had a result before `kill -9` is there afterwards.
#[tokio::test]
async fn every_acknowledged_state_survives_kill_9() {
    let mut server = Server::start(&Config::plain().servers()).await;
    for round in 0..3 {
        let mut pbx = ScriptedPbx::login(server.address(), "server1", round).await;
        let mut acknowledged = BTreeSet::new();
        for index in 0..150 {
            let device = pbx.device(index);
            pbx.publish(&device, "INUSE").await;
            acknowledged.insert(device);
        }
        server.kill();
        server.run().await;
        let mut reader = scene::client(&server, "server2").await;
        let bare = reader.bare().to_owned();
        reader.send(&subscribe("s", &bare, DEVICES)).await;
        while !acknowledged.is_empty() {
            let event = DeviceEvent::read(&reader.next().await.element);
            if let Some(event) = event.filter(|event| event.state == "INUSE") {
                acknowledged.remove(&event.device);
            }
        }
    }
}
