//! The ways in which a client can log in.

use lampfield_tests::server::Config;

use super::script::{play, server};

fn anna() -> Config {
    Config::plain().account("anna", "role = \"user\"")
}

#[tokio::test]
async fn scram_sha_256() {
    play(&server(anna()).await, "logins.scram_sha_256").await;
}

#[tokio::test]
async fn scram_sha_1() {
    play(&server(anna()).await, "logins.scram_sha_1").await;
}

#[tokio::test]
async fn scram_sha_256_plus() {
    play(&server(anna()).await, "logins.scram_sha_256_plus").await;
}

#[tokio::test]
async fn scram_sha_1_plus() {
    play(&server(anna()).await, "logins.scram_sha_1_plus").await;
}

#[tokio::test]
async fn another_channel_is_refused() {
    play(&server(anna()).await, "logins.another_channel_is_refused").await;
}

#[tokio::test]
async fn whatever_the_library_prefers() {
    play(&server(anna()).await, "logins.whatever_the_library_prefers").await;
}

#[tokio::test]
async fn an_unknown_user() {
    play(&server(anna()).await, "logins.an_unknown_user").await;
}

#[tokio::test]
async fn the_same_full_jid_twice() {
    play(&server(anna()).await, "logins.the_same_full_jid_twice").await;
}
