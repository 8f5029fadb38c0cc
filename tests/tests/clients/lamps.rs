//! The lamps as an ordinary user's client reads them while PBXs change them.

use lampfield_tests::scene;
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};
use serde_json::json;

use super::script::{Script, play, server, server_for_others_too};

/// Seen last; the client then reads everything once more.
const ENOUGH: &str = "Custom:enough";

fn config() -> Config {
    Config::plain().servers().account("anna", "role = \"user\"").lease("1s", "75s")
}

async fn with_servers() -> Server {
    server(config()).await
}

#[tokio::test]
async fn of_two_servers_add_up() {
    let server = with_servers().await;
    let mut a = ScriptedPbx::login(server.address(), "server1", 1).await;
    let mut b = ScriptedPbx::login(server.address(), "server2", 2).await;
    a.publish("PJSIP/earlier & <before>", "ONHOLD").await;
    let mut script = Script::start(&server, "lamps.watch");
    script.hears(json!({"PJSIP/earlier & <before>": "ONHOLD"})).await;
    a.publish("PJSIP/100", "RINGING").await;
    script.hears(json!({"PJSIP/100": "RINGING"})).await;
    b.publish("PJSIP/100", "ONHOLD").await;
    script.hears(json!({"PJSIP/100": "RINGINUSE"})).await;
    // What changes no lamp is not heard.
    b.publish("PJSIP/100", "INUSE").await;
    a.publish("PJSIP/100", "NOT_INUSE").await;
    script.hears(json!({"PJSIP/100": "INUSE"})).await;
    for (new, old) in [(2, 1), (3, 1)] {
        a.publish_mailbox("1000@default", new, old).await;
        script.hears(json!({"1000@default": [new, old]})).await;
    }
    b.publish(ENOUGH, "INUSE").await;
    script.hears(json!({ENOUGH: "INUSE"})).await;
    let all = json!({
        "PJSIP/earlier & <before>": "ONHOLD",
        "PJSIP/100": "INUSE",
        "1000@default": [3, 1],
        ENOUGH: "INUSE",
    });
    script.hears(json!({"all": all})).await;
    script.passes().await;
}

/// The lamp of a PBX that is gone is retracted, its mailbox is not.
#[tokio::test]
async fn of_a_dead_server_are_retracted() {
    let server = with_servers().await;
    let mut a = ScriptedPbx::login(server.address(), "server1", 1).await;
    let mut b = ScriptedPbx::login(server.address(), "server2", 2).await;
    let mut script = Script::start(&server, "lamps.watch");
    a.publish("PJSIP/100", "INUSE").await;
    script.hears(json!({"PJSIP/100": "INUSE"})).await;
    a.publish_mailbox("1000@default", 3, 1).await;
    script.hears(json!({"1000@default": [3, 1]})).await;
    drop(a);
    script.hears(json!({"PJSIP/100": null})).await;
    b.publish(ENOUGH, "INUSE").await;
    script.hears(json!({ENOUGH: "INUSE"})).await;
    script.hears(json!({"all": {"1000@default": [3, 1], ENOUGH: "INUSE"}})).await;
    script.passes().await;
}

#[tokio::test]
async fn by_pages() {
    let server = with_servers().await;
    let mut a = ScriptedPbx::login(server.address(), "server1", 1).await;
    a.publish_many(250, "INUSE").await;
    play(&server, "lamps.pages").await;
}

#[tokio::test]
async fn one_by_one() {
    let server = with_servers().await;
    let mut a = ScriptedPbx::login(server.address(), "server1", 1).await;
    a.publish_many(9, "INUSE").await;
    play(&server, "lamps.one_lamp").await;
}

#[tokio::test]
async fn for_oneself() {
    play(&with_servers().await, "lamps.for_oneself").await;
}

#[tokio::test]
async fn only_reading() {
    play(&with_servers().await, "lamps.only_reading").await;
}

#[tokio::test]
async fn on_two_streams() {
    let server = with_servers().await;
    let mut a = ScriptedPbx::login(server.address(), "server1", 1).await;
    a.publish_many(1, "INUSE").await;
    let mut script = Script::start(&server, "lamps.two_streams");
    script.says(&json!({"next": true})).await;
    a.publish_many(1, "RINGING").await;
    script.passes().await;
}

/// A real Asterisk speaks, somebody else's client reads.
#[tokio::test]
async fn of_a_real_asterisk() {
    // COMPAT(asterisk<=22): it breaks its own TLS links now and then (docs/tls.md) and does not
    // repeat the mailboxes that it said into one, so it speaks in clear text here.
    let mut server = server_for_others_too(config().with_optional_tls()).await;
    let asterisk = scene::asterisk(&mut server, 1).await;
    let mut script = Script::start(&server, "lamps.watch");
    for state in ["RINGING", "INUSE", "ONHOLD", "NOT_INUSE"] {
        asterisk.set_state("Custom:lamp", state).await;
        script.says(&json!({"Custom:lamp": state})).await;
    }
    asterisk.set_mailbox("1000@default", 2, 5).await;
    script.says(&json!({"1000@default": [2, 5]})).await;
    asterisk.set_state(ENOUGH, "INUSE").await;
    script.passes().await;
}
