//! A new login on the same full JID takes the old one's place, and nothing goes out.

use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};
use lampfield_tests::stanzas::{DEVICES, DeviceEvent, subscribe};
use lampfield_tests::{eventually, scene};
use std::time::Duration;

#[tokio::test]
async fn the_newer_stream_wins_and_no_lease_runs() {
    let server = Server::start(&Config::plain().servers().lease("1s", "75s")).await;
    let mut listener = scene::client(&server, "server2").await;
    let bare = listener.bare().to_owned();
    listener.send(&subscribe("s", &bare, DEVICES)).await;
    let mut old = ScriptedPbx::login(server.address(), "server1", 1).await;
    old.publish("PJSIP/100", "INUSE").await;
    let mut new = ScriptedPbx::login(server.address(), "server1", 1).await;
    assert_eq!(old.client().ending().await.0.as_deref(), Some("conflict"));
    new.publish("PJSIP/100", "INUSE").await;

    // Longer than the grace: what the old stream said must not be withdrawn with it.
    eventually::throughout(Duration::from_millis(2_500), || async {
        match server.why("PJSIP/100").value().as_str() {
            "INUSE" => Ok(()),
            other => Err(format!("it reads {other}")),
        }
    })
    .await;
    let heard = listener.all_until_now().await;
    let states = heard.iter().filter_map(|stanza| DeviceEvent::read(&stanza.element));
    assert!(states.map(|event| event.state).all(|state| state == "INUSE"));
}
