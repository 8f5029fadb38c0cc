//! What the server needs: little when idle, little for ten thousand states, and after a flood no more
//! than before.

use std::process::Command;
use std::time::Duration;

use lampfield_tests::eventually::eventually;
use lampfield_tests::flood::Flood;
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, DOMAIN, Server, binary};
use lampfield_tests::xmpp::Client;

/// What an idle server may have resident, and how much of it may be its own.
const IDLE_KIB: u64 = 10 * 1024;
const IDLE_ANONYMOUS_KIB: u64 = 2 * 1024;
/// What the program may have as a file, without its debug information.
const STRIPPED_BYTES: u64 = 15_000_000;

#[tokio::test]
async fn idle_and_with_ten_thousand_states() {
    let server = Server::start(&Config::plain().with_optional_tls().servers()).await;
    let (idle, anonymous) = (server.process().resident_kib(), server.process().anonymous_kib());
    assert!(idle < IDLE_KIB, "idle: {idle} KiB");
    assert!(anonymous < IDLE_ANONYMOUS_KIB, "idle: {anonymous} KiB of its own");
    let mut pbx = ScriptedPbx::login(server.address(), "server1", 1).await;
    pbx.publish_many(10_000, "INUSE").await;
    let full = server.process().resident_kib();
    println!("idle {idle} KiB, {anonymous} its own; with 10,000 states {full} KiB");
    assert!(full < 20 * 1024, "with 10,000 states: {full} KiB");
}

#[test]
fn the_program_is_small() {
    let stripped = tempfile::NamedTempFile::new().unwrap();
    let strip = Command::new("strip").arg("-o").arg(stripped.path()).arg(binary()).status();
    assert!(strip.unwrap().success());
    let bytes = stripped.path().metadata().unwrap().len();
    println!("{bytes} bytes");
    assert!(bytes <= STRIPPED_BYTES, "{bytes} bytes");
}

/// Hundreds of clients leave a stanza unfinished and go.
#[tokio::test]
async fn what_a_flood_needed_is_given_back_within_a_minute() {
    let server = Server::start(&Flood::accounts(Config::plain(), "user")).await;
    let mut clients = Vec::new();
    for number in 0..800 {
        let user = format!("flood{}", number % 10);
        let jid = format!("{user}@{DOMAIN}/{number}");
        let mut client = Client::login(server.address(), &jid, &Config::password(&user)).await;
        client.send(&format!("<message><body>{}", "x".repeat(60_000))).await;
        clients.push(client);
    }
    let full = server.process().resident_kib();
    assert!(full > 40_000, "{full} KiB: the test is too weak");
    drop(clients);
    eventually(Duration::from_secs(60), || async {
        let now = server.process().resident_kib();
        if now < IDLE_KIB + 4 * 1024 { Ok(()) } else { Err(format!("{now} KiB of {full}")) }
    })
    .await;
    println!("{full} KiB, then {}", server.process().resident_kib());
}
