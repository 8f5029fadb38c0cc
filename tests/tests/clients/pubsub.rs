//! PubSub for ordinary users: one test for each scenario of the Python files `nodes`, `items` and
//! `subscriptions`.

use lampfield_tests::server::Config;

use super::script::{play, server};

/// A server with three ordinary accounts: `anna`, `bruno` and `carol`.
fn people() -> Config {
    let user = "role = \"user\"";
    Config::plain().account("anna", user).account("bruno", user).account("carol", user)
}

macro_rules! scenarios {
    ($file:ident: $($name:ident),* $(,)?) => {
        mod $file {
            $(#[tokio::test]
            async fn $name() {
                let scenario = concat!(stringify!($file), ".", stringify!($name));
                super::play(&super::server(super::people()).await, scenario).await;
            })*
        }
    };
}

scenarios![nodes: configured, affiliations, access_models, publish_models, deleted];
scenarios![items: published_and_read, bounded, publish_options, pages, retracted_and_purged];
scenarios![subscriptions: life, payloads, the_last_item, options, several_resources];

#[tokio::test]
async fn nodes_outlive_the_server() {
    let mut server = server(people()).await;
    play(&server, "nodes.kept_over_a_restart").await;
    server.kill();
    server.run().await;
    play(&server, "nodes.found_after_a_restart").await;
}
