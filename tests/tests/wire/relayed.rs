//! A PBX whose stream comes through a relay: the server says that it knows of relays, takes the
//! address that one reports, shows it, and lets it count for nothing.

use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::stanzas::publish;
use lampfield_tests::xmpp::Client;

const EID: &str = "02:00:00:00:00:01";

fn via(address: &str) -> String {
    format!("<via xmlns='urn:lampfield:relay:0' address='{address}'/>")
}

/// Logged in, and not bound.
async fn known(server: &Server, user: &str) -> Client {
    let mut client = Client::connect(server.address(), DOMAIN).await;
    let features = client.open().await;
    assert!(features.find("relay").is_none(), "strangers are told nothing: {features}");
    client.authenticate(user, &Config::password(user)).await.expect("the login is accepted");
    client
}

async fn speaks(client: &mut Client) {
    client.send(&publish("p", EID, "PJSIP/1", "INUSE")).await;
    let answer = client.until(|stanza| stanza.attr("id") == Some("p")).await;
    assert_eq!(answer.element.attr("type"), Some("result"), "{}", answer.raw);
}

fn text(server: &Server, arguments: &[&str]) -> String {
    String::from_utf8(server.command(arguments).stdout).expect("text")
}

#[tokio::test]
async fn relays_are_told_that_the_server_knows_of_them() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = Client::connect(server.address(), DOMAIN).await;
    client.open().await;
    let auth = "AHNlcnZlcjEAc2VjcmV0LW9mLXNlcnZlcjE=";
    let sasl = "urn:ietf:params:xml:ns:xmpp-sasl";
    client.send(&format!("<auth xmlns='{sasl}' mechanism='PLAIN'>{auth}</auth>")).await;
    assert_eq!(client.next().await.element.name, "success");
    let features = client.open().await;
    let relay = features.find("relay").expect("a feature");
    assert_eq!(relay.ns, "urn:lampfield:relay:0");
}

#[tokio::test]
async fn a_pbx_behind_a_relay_is_shown_with_the_address_that_it_reports() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut relayed = known(&server, "server1").await;
    relayed.send(&via("192.0.2.7")).await;
    relayed.bind("asterisk").await;
    speaks(&mut relayed).await;
    let mut direct = known(&server, "server2").await;
    direct.bind("asterisk").await;
    direct.send(&publish("p", "02:00:00:00:00:02", "PJSIP/2", "INUSE")).await;
    direct.until(|stanza| stanza.attr("id") == Some("p")).await;

    let status = server.status();
    let origin = |number: usize| &status["origins"][number];
    assert_eq!(origin(0)["by_relay"], true, "{status}");
    assert_eq!(origin(0)["reported_address"], "192.0.2.7", "{status}");
    assert_eq!(origin(1)["by_relay"], false, "{status}");
    assert!(origin(1)["reported_address"].is_null(), "{status}");
    let shown = text(&server, &["status"]);
    let line = |name: &str| shown.lines().find(|line| line.contains(name)).expect(name).to_owned();
    assert!(line("server1").contains("by relay, 192.0.2.7"), "{shown}");
    assert!(line("server2").contains("direct"), "{shown}");

    let users = server.ask_json(&["user", "list"]);
    assert_eq!(users["users"][0]["by_relay"], 1, "{users}");
    assert_eq!(users["users"][1]["by_relay"], 0, "{users}");
    let shown = text(&server, &["user", "list"]);
    assert!(shown.lines().any(|line| line.contains("server1@") && line.contains("1 by relay")));

    let log = server.log();
    let line = log.lines().find(|line| line.contains("logged in") && line.contains("server1@"));
    let line = line.expect("a line");
    assert!(line.contains("via=192.0.2.7") && line.contains("peer=127."), "{line}");
    drop(relayed);
    assert!(
        !text(&server, &["status"]).contains("  by relay"),
        "nobody knows by which way it comes"
    );
}

#[tokio::test]
async fn what_a_relay_reports_in_a_wrong_way_ends_nothing() {
    let server = Server::start(&Config::plain().servers()).await;
    for (said, shown) in [
        (via("192.0.2.7") + &via("198.51.100.9"), Some("192.0.2.7")),
        (via("2001:db8::7"), Some("2001:db8::7")),
        (via("::ffff:192.0.2.7"), Some("192.0.2.7")),
        (via("") + &via("lamps.example"), None),
        (via(&"9".repeat(10_000)), None),
        (via("&lt;b>192.0.2.7&#10;"), None),
        ("<via xmlns='urn:lampfield:relay:0'/>".to_owned(), None),
        (via("192.0.2.7/24") + &via("192.0.2.8"), Some("192.0.2.8")),
    ] {
        let mut client = known(&server, "server1").await;
        client.send(&said).await;
        client.bind("asterisk").await;
        // Too late, and as often as it likes.
        client.send(&via("203.0.113.1").repeat(3)).await;
        speaks(&mut client).await;
        let status = server.status();
        let origin = &status["origins"][0];
        assert_eq!(origin["reported_address"].as_str(), shown, "{said}: {status}");
        assert_eq!(origin["by_relay"], shown.is_some(), "{said}");
    }
}

/// A relay that has lost its line five times in a row, which the server has not noticed.
#[tokio::test]
async fn a_stream_that_comes_over_another_line_is_no_second_server() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut lines = Vec::new();
    let enters = async |stream: &str| {
        let mut client = known(&server, "server1").await;
        let stream = format!("address='192.0.2.7' stream='{stream}'");
        client.send(&via("").replace("address=''", &stream)).await;
        client.bind("asterisk").await;
        let address = client.jid().to_owned();
        (client, address)
    };
    for _ in 0..5 {
        let (line, address) = enters("one").await;
        assert!(address.ends_with("/asterisk"), "{address}");
        lines.push(line);
    }
    assert!(!server.attention().contains("address-fight"), "{}", server.attention());
    let mut addresses = Vec::new();
    for stream in ["two", "three", "four", "five"] {
        let (line, address) = enters(stream).await;
        addresses.push(address);
        lines.push(line);
    }
    assert!(addresses.iter().any(|one| !one.ends_with("/asterisk")), "{addresses:?}");
}

#[tokio::test]
async fn strangers_report_nothing() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = Client::connect(server.address(), DOMAIN).await;
    client.open().await;
    client.send(&via("192.0.2.7")).await;
    assert_eq!(client.ending().await.0.as_deref(), Some("not-authorized"));
}

/// One address could otherwise keep another's PBXs out by reporting it.
#[tokio::test]
async fn the_reported_address_counts_for_no_limit() {
    let config = Config::plain().servers().xmpp("[xmpp.limits]\nunauthenticated_per_address = 2");
    let server = Server::start(&config).await;
    let mut relayed = Vec::new();
    for number in 1..=6 {
        let mut client = known(&server, &format!("server{number}")).await;
        client.send(&via(&server.address().ip().to_string())).await;
        client.bind("asterisk").await;
        relayed.push(client);
    }
    // Those that have not logged in count by their sockets, whatever is reported.
    let mut strangers = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(server.address(), DOMAIN).await;
        client.open().await;
        strangers.push(client);
    }
    for client in &mut relayed {
        assert!(client.all_until_now().await.iter().all(|one| !one.element.is_stream_error()));
    }
}
