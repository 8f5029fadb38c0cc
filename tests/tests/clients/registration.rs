//! Accounts that clients make, change and remove themselves (XEP-0077).

use lampfield_tests::server::Config;

use super::script::{play, server};

fn anna() -> Config {
    Config::plain().account("anna", "role = \"user\"")
}

#[tokio::test]
async fn is_closed_by_default() {
    play(&server(anna()).await, "registration.closed").await;
}

#[tokio::test]
async fn in_band() {
    let config = anna().domain("registration = \"in-band\"");
    play(&server(config).await, "registration.life").await;
}
