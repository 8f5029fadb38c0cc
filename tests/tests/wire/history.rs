//! What is told of the past is the same before and after the server has been away.

use std::time::Duration;

use lampfield_tests::eventually::eventually;
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};
use serde_json::Value;

/// A batch of the history is written each second.
const WRITTEN: Duration = Duration::from_millis(2_500);

/// What happened to a lamp, and what decided it after each of its changes.
fn told(server: &Server, name: &str) -> (Value, Vec<Value>) {
    let events = server.ask_json(&["history", name])["events"].clone();
    let moments = events.as_array().expect("a list").iter();
    let reasons = moments.map(|event| {
        let at = event["at"].as_str().expect("a moment");
        server.ask_json(&["why", name, "--at", at])
    });
    let reasons = reasons.collect();
    (events, reasons)
}

#[tokio::test]
async fn the_past_is_told_alike_after_a_stop_and_after_a_kill() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let mut one = ScriptedPbx::login(server.address(), "server1", 1).await;
    let mut two = ScriptedPbx::login(server.address(), "server2", 2).await;
    for (first, second) in [("RINGING", "NOT_INUSE"), ("INUSE", "RINGING"), ("NOT_INUSE", "BUSY")] {
        one.publish("PJSIP/100", first).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        two.publish("PJSIP/100", second).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let before = told(&server, "PJSIP/100");
    assert_eq!(before.0.as_array().map(Vec::len), Some(6));
    assert_eq!(before.1[2]["aggregate"], "RINGINUSE", "{:#?}", before.1);
    tokio::time::sleep(WRITTEN).await;
    server.kill();
    server.run().await;
    assert_eq!(told(&server, "PJSIP/100"), before, "after a kill");

    let mut one = ScriptedPbx::login(server.address(), "server1", 1).await;
    one.publish("PJSIP/100", "ONHOLD").await;
    let before = told(&server, "PJSIP/100");
    server.stop().await;
    server.run().await;
    assert_eq!(told(&server, "PJSIP/100"), before, "after a stop, without a wait");
    let links = server.ask_json(&["history", "PJSIP/100"])["links"].to_string();
    assert!(links.contains("lost") && links.contains("returned"), "{links}");

    // Switched off it goes, and what memory knows is told until the next start.
    server.stop().await;
    let off = Config::plain().servers().more("[history]\nkeep = '0s'\n");
    server.configure(&off);
    server.run().await;
    let forgotten = server.ask_json(&["history", "PJSIP/100"]);
    assert_eq!(forgotten["events"], Value::Array(Vec::new()));
    let at = before.0[0]["at"].as_str().expect("a moment");
    let refused = server.command(&["why", "PJSIP/100", "--at", at]);
    assert_eq!(refused.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not-remembered"));
}

/// A kill loses the last second of the history, and not of the facts. What was said in it was not said before.
#[tokio::test]
async fn a_change_that_the_history_has_lost_is_not_told_of_an_earlier_moment() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let mut pbx = ScriptedPbx::login(server.address(), "server1", 1).await;
    pbx.publish("PJSIP/7", "INUSE").await;
    tokio::time::sleep(WRITTEN).await;
    let events = server.ask_json(&["history", "PJSIP/7"])["events"].clone();
    let at = events[0]["at"].as_str().expect("a moment").to_owned();
    pbx.publish("PJSIP/7", "BUSY").await;
    pbx.publish("PJSIP/8", "BUSY").await;
    server.kill();
    server.run().await;
    assert_eq!(server.why("PJSIP/7").value(), "BUSY");
    assert_eq!(server.ask_json(&["why", "PJSIP/7", "--at", &at])["aggregate"], "INUSE");
    let then = server.command(&["why", "PJSIP/8", "--at", &at, "--json"]);
    let then = String::from_utf8_lossy(&then.stdout).into_owned();
    assert!(!then.contains("\"BUSY\""), "{then}");
}

#[tokio::test]
async fn a_masked_name_is_not_in_the_data_folder_when_its_lamp_is_gone() {
    let plain = Config::plain().servers();
    let mut server = Server::start(&plain).await;
    let mut pbx = ScriptedPbx::login(server.address(), "server1", 1).await;
    pbx.publish("PJSIP/1747", "INUSE").await;
    pbx.publish("PJSIP/1747", "RINGING").await;
    server.stop().await;
    let has = |server: &Server, name: &str| {
        let file = std::fs::read(server.data().join("lampfield.db")).expect("the store");
        file.windows(name.len()).any(|bytes| bytes == name.as_bytes())
    };
    assert!(has(&server, "PJSIP/1747"));

    server.configure(&Config::plain().servers().more("[history]\nmask = ['PJSIP/1*']\n"));
    server.run().await;
    let refused = server.command(&["history", "PJSIP/1747"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("PJSIP/***"), "{refused:?}");
    assert_eq!(server.why("PJSIP/1747").value(), "RINGING");
    let events = server.ask_json(&["history", "PJSIP/***"])["events"].clone();
    assert_eq!(events.as_array().map(Vec::len), Some(2), "{events}");
    // The lamp goes with its PBX, and then nothing of the name is left.
    server.stop().await;
    let gone = Config::plain().more("[history]\nmask = ['PJSIP/1*']\n");
    server.configure(&gone);
    server.run().await;
    eventually(Duration::from_secs(20), || async {
        match server.command(&["why", "PJSIP/1747"]).status.code() {
            Some(5) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    server.stop().await;
    assert!(has(&server, "PJSIP/***") && !has(&server, "PJSIP/1747"));
}
