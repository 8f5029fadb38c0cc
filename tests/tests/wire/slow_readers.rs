//! Subscribers that do not read: on telephony nodes the newest value of everything waits for them,
//! on other nodes they are disconnected, and in neither case is anybody else delayed.

use std::collections::HashMap;

use lampfield_tests::pace::{Pair, quantile};
use lampfield_tests::scene;
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::stanzas::{DEVICES, DeviceEvent, service, subscribe};
use lampfield_tests::xmpp::{Client, End};
use std::time::Duration;

const DEVICE_COUNT: u16 = 300;
const ROUNDS: usize = 80;
const STATES: [&str; 3] = ["INUSE", "BUSY", "ONHOLD"];
const LAST: &str = "NOT_INUSE";

#[tokio::test]
async fn the_newest_states_wait_for_one_that_reads_late() {
    let server = Server::start(&Config::plain().servers()).await;
    let jid = format!("server1@{DOMAIN}/slow");
    let password = Config::password("server1");
    let mut slow = Client::login_narrow(server.address(), &jid, &password).await;
    slow.send(&subscribe("s", &format!("server1@{DOMAIN}"), DEVICES)).await;

    let mut publisher = ScriptedPbx::login(server.address(), "server2", 2).await;
    let before = server.process().resident_kib();
    for round in 0..ROUNDS {
        publisher.publish_many(DEVICE_COUNT, STATES[round % STATES.len()]).await;
    }
    publisher.publish_many(DEVICE_COUNT, LAST).await;
    let grown = server.process().resident_kib().saturating_sub(before);
    assert!(grown < 20_000, "{grown} KiB were kept for one that does not read");

    let mut told = 0;
    let mut newest = HashMap::new();
    let is_last = |state: &&String| *state == LAST;
    while newest.values().filter(is_last).count() < usize::from(DEVICE_COUNT) {
        if let Some(event) = DeviceEvent::read(&slow.next().await.element) {
            told += 1;
            newest.insert(event.device, event.state);
        }
    }
    assert!(
        told < usize::from(DEVICE_COUNT) * ROUNDS,
        "nothing was ever left out: the test is too weak"
    );
    assert!(slow.all_until_now().await.is_empty());
}

#[tokio::test]
async fn on_other_nodes_one_that_does_not_read_is_disconnected() {
    let config = Config::plain()
        .servers()
        .account("carol", "role = \"user\"")
        .account("dave", "role = \"user\"")
        .more("[xmpp.limits]\nunread = \"256KiB\"\n");
    let server = Server::start(&config).await;
    let mut carol = scene::client(&server, "carol").await;
    let created = carol.iq("set", &service(), &pubsub("<create node='news'/>")).await;
    assert_eq!(created.attr("type"), Some("result"), "{created}");

    let jid = format!("dave@{DOMAIN}/slow");
    let mut dave = Client::login_narrow(server.address(), &jid, &Config::password("dave")).await;
    dave.send("<presence/>").await;
    let to = format!("<subscribe jid='dave@{DOMAIN}' node='news'/>");
    let subscribed = dave.iq("set", &service(), &pubsub(&to)).await;
    assert_eq!(subscribed.attr("type"), Some("result"), "{subscribed}");

    let entry = format!("<entry xmlns='urn:news'>{}</entry>", "x".repeat(8_000));
    for number in 0..400 {
        let item = format!("<publish node='news'><item id='{number}'>{entry}</item></publish>");
        let answer = carol.iq("set", &service(), &pubsub(&item)).await;
        assert_eq!(answer.attr("type"), Some("result"), "{answer}");
    }
    let (_, end) = dave.ending().await;
    assert!(matches!(end, End::StreamClosed | End::SocketClosed), "{end:?}");
}

#[tokio::test]
async fn nobody_else_is_delayed() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut silent = Vec::new();
    for number in 3..=9 {
        let user = format!("server{number}");
        let jid = format!("{user}@{DOMAIN}/silent");
        let password = Config::password(&user);
        let mut client = Client::login_narrow(server.address(), &jid, &password).await;
        client.send(&subscribe("s", &format!("{user}@{DOMAIN}"), DEVICES)).await;
        silent.push(client);
    }
    let address = server.address();
    let mut pair = Pair::log_in((address, "server1"), (address, "server2")).await;
    let early = pair.measure(200).await;
    let late = pair.measure(3_000).await;
    let (early, late) = (quantile(&early, 0.5), quantile(&late, 0.5));
    println!("p50 before {early:?}, with seven that do not read {late:?}");
    assert!(late < early * 10 + Duration::from_millis(20));
}

fn pubsub(content: &str) -> String {
    format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>")
}
