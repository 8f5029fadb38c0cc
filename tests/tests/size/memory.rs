//! What the server needs: little when idle, little for ten thousand states.

use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};

#[tokio::test]
async fn idle_and_with_ten_thousand_states() {
    let server = Server::start(&Config::plain().servers()).await;
    let idle = server.resident_kib();
    assert!(idle < 10 * 1024, "idle: {idle} KiB");
    let mut pbx = ScriptedPbx::login(server.address(), "server1", 1).await;
    pbx.publish_many(10_000, "INUSE").await;
    let full = server.resident_kib();
    println!("idle {idle} KiB, with 10,000 states {full} KiB");
    assert!(full < 20 * 1024, "with 10,000 states: {full} KiB");
}
