//! What the server says about itself.

use lampfield_tests::server::Config;

use super::script::{play, server};

fn people() -> Config {
    Config::plain().account("anna", "role = \"user\"").account("bruno", "role = \"user\"")
}

#[tokio::test]
async fn of_the_server() {
    play(&server(people()).await, "discovery.server").await;
}

#[tokio::test]
async fn of_pubsub() {
    play(&server(people()).await, "discovery.pubsub").await;
}

#[tokio::test]
async fn of_many_nodes() {
    play(&server(people()).await, "discovery.many_nodes").await;
}

#[tokio::test]
async fn small_talk() {
    play(&server(people()).await, "discovery.small_talk").await;
}
