//! A new login on the same full JID takes the old one's place, and nothing goes out.

use lampfield_tests::eventually::SOON;
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::stanzas::{DEVICES, DeviceEvent, subscribe};
use lampfield_tests::xmpp::Client;
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
    let end = old.end().await.to_string();
    assert!(end.contains("conflict"), "{end}");
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

/// Who is told on its return what has ended goes by the address, in whatever spelling it was asked
/// for.
#[tokio::test]
async fn another_spelling_of_a_resource_is_the_same_server() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut here = Vec::new();
    for (user, spelling, address) in
        [("server1", "asterisk\u{ad}", "asterisk"), ("server2", "\u{24d0}\u{24d1}", "ab")]
    {
        let mut old = listener(&server, user, spelling).await;
        assert_eq!(old.jid(), format!("{user}@{DOMAIN}/{address}"));
        let new = listener(&server, user, address).await;
        assert_eq!(old.ending().await.0.as_deref(), Some("conflict"));
        assert_eq!(new.jid(), old.jid());
        here.push(new);
    }
    eventually::eventually(SOON, || async {
        let list = server.ask_json(&["user", "list"]);
        let users = list["users"].as_array().cloned().unwrap_or_default();
        match users.iter().find(|user| user["away"] != serde_json::json!([])) {
            None => Ok(()),
            Some(user) => Err(format!("it is waited for: {user}")),
        }
    })
    .await;
}

async fn listener(server: &Server, user: &str, resource: &str) -> Client {
    let jid = format!("{user}@{DOMAIN}/{resource}");
    let mut client = Client::login(server.address(), &jid, &Config::password(user)).await;
    let bare = client.bare().to_owned();
    client.send(&subscribe("s", &bare, DEVICES)).await;
    client.until(|stanza| stanza.attr("id") == Some("s")).await;
    client
}
