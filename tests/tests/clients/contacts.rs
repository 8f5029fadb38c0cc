//! What ordinary users do with each other: rosters, presence and messages.

use lampfield_tests::server::Config;

use super::script::{play, server};

/// A server with two ordinary accounts, `anna` and `bruno`.
fn people() -> Config {
    Config::plain().account("anna", "role = \"user\"").account("bruno", "role = \"user\"")
}

#[tokio::test]
async fn roster() {
    play(&server(people()).await, "contacts.roster").await;
}

#[tokio::test]
async fn handshake() {
    play(&server(people()).await, "contacts.handshake").await;
}

#[tokio::test]
async fn declined() {
    play(&server(people()).await, "contacts.declined").await;
}

#[tokio::test]
async fn asked_while_away() {
    play(&server(people()).await, "contacts.asked_while_away").await;
}

#[tokio::test]
async fn by_themselves() {
    play(&server(people()).await, "contacts.by_themselves").await;
}

#[tokio::test]
async fn servers_among_themselves() {
    play(&server(Config::plain().servers()).await, "contacts.servers_among_themselves").await;
}

#[tokio::test]
async fn servers_and_people() {
    play(&server(people().servers()).await, "contacts.servers_and_people").await;
}

#[tokio::test]
async fn messages() {
    play(&server(people()).await, "contacts.messages").await;
}
