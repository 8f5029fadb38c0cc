//! PBXs that break their own streams, as stock Asterisk does on a long line: the operator is told
//! what happened, and of the way round.

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::stanzas::publish;
use lampfield_tests::xmpp::Client;

const EID: &str = "02:00:00:00:00:01";

/// Two stanzas whose bytes two threads have mixed.
const MIXED: &str = "<iq type='set' id='1' to='pubsub.asterisk.ex<iq type='set' id='2'>";

/// A TLS record that nobody has encrypted for this session.
const RECORD: [u8; 45] = {
    let mut record = [7; 45];
    let head = [0x17, 3, 3, 0, 40];
    let mut at = 0;
    while at < head.len() {
        record[at] = head[at];
        at += 1;
    }
    record
};

/// What `status` says of broken streams.
fn told(server: &Server) -> Vec<String> {
    let status = server.status();
    let attention = status["attention"].as_array().expect("a list");
    let broken = attention.iter().filter(|one| one["code"] == "stream-broken");
    broken.map(ToString::to_string).collect()
}

/// What it says of the one stream that is broken.
async fn told_soon(server: &Server) -> String {
    eventually(SOON, || async { told(server).pop().ok_or_else(|| server.attention()) }).await
}

async fn relayed(server: &Server, user: &str) -> Client {
    let mut client = Client::connect(server.address(), DOMAIN).await;
    client.open().await;
    client.authenticate(user, &Config::password(user)).await.expect("the login is accepted");
    client.send("<via xmlns='urn:lampfield:relay:0' address='192.0.2.7'/>").await;
    client.bind("test").await;
    client
}

/// A list as long as that of a few hundred phones.
fn long_list() -> String {
    (0..200).map(|number| publish("p", EID, &format!("PJSIP/{number}"), "INUSE")).collect()
}

#[tokio::test]
async fn mixed_bytes_are_told_with_the_way_round() {
    let server = Server::start(&Config::plain().servers()).await;
    for count in ["once", "twice"] {
        let mut pbx = scene::client(&server, "server1").await;
        pbx.send(MIXED).await;
        assert_eq!(pbx.ending().await.0.as_deref(), Some("not-well-formed"));
        let told = told_soon(&server).await;
        assert!(told.contains("server1@asterisk.example") && told.contains(count), "{told}");
        assert!(told.contains("mixed bytes") && told.contains("since"), "{told}");
        let remedies = ["lampfield relay", "lampfield invite server1@", "tcp_wmem", "VPN"];
        let places: Vec<_> = remedies.iter().map(|remedy| told.find(remedy)).collect();
        assert!(places.is_sorted() && places[0].is_some(), "the best first: {told}");
        assert!(told.contains("net.ipv4.tcp_wmem = 4096 4194304 8388608"), "{told}");
    }
    let log = server.log();
    let line = log.lines().find(|line| line.contains("stream-broken")).expect("a line");
    for word in ["WARN", "server1@", "mixed bytes", "lampfield relay", "tcp_wmem"] {
        assert!(line.contains(word), "{line}");
    }

    // The remedy ends it.
    let mut pbx = relayed(&server, "server1").await;
    assert_eq!(told(&server), [""; 0]);
    // A relay never mixes bytes: what is wrong then is something else.
    pbx.send(MIXED).await;
    pbx.ending().await;
    assert_eq!(told(&server), [""; 0]);
}

#[tokio::test]
async fn people_may_say_what_they_like() {
    let server = Server::start(&Config::plain().account("anna", "role = 'user'")).await;
    let mut anna = scene::client(&server, "anna").await;
    anna.send(MIXED).await;
    anna.ending().await;
    let mut stranger = Client::connect(server.address(), DOMAIN).await;
    stranger.open().await;
    stranger.send(MIXED).await;
    stranger.ending().await;
    assert_eq!(told(&server), [""; 0]);
}

#[tokio::test]
async fn records_out_of_order_are_told() {
    let mut server = Server::start(&Config::plain().servers().with_tls()).await;
    let mut pbx = scene::client(&server, "server1").await;
    pbx.send_beneath(&RECORD).await;
    pbx.ending().await;
    let told = told_soon(&server).await;
    assert!(told.contains("TLS records out of order once"), "{told}");
    server.logs("link lost: its TLS records cannot be read").await;
}

#[tokio::test]
async fn drops_in_the_middle_of_a_long_list_are_told_from_the_second_on() {
    let server = Server::start(&Config::plain().servers()).await;
    for round in 0..2 {
        let mut pbx = scene::client(&server, "server1").await;
        pbx.send(&(long_list() + "<iq type='set' id='x' to='pubs")).await;
        drop(pbx);
        let lost = || server.log().matches("link lost").count();
        eventually(SOON, || async { if lost() > round { Ok(()) } else { Err(server.log()) } })
            .await;
        assert_eq!(told(&server).len(), round, "one may be a restart");
    }
    let told = told_soon(&server).await;
    assert!(told.contains("dropped in the middle of its state list after a login twice"), "{told}");
    // Whoever has said little has another reason to go.
    for _ in 0..3 {
        let mut pbx = scene::client(&server, "server2").await;
        pbx.send("<iq type='set' id='x' to='pubs").await;
    }
    assert_eq!(self::told(&server).len(), 1);
}
