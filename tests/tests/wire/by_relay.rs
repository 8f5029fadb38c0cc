//! A scripted PBX behind `lampfield relay`, in what Asterisk seldom does.

use std::net::SocketAddrV4;
use std::time::Duration;

use lampfield_tests::afar::{Relay, Trust};
use lampfield_tests::eventually::eventually;
use lampfield_tests::server::{Config, DOMAIN, PORT, Server};
use lampfield_tests::stanzas::{publish, publish_mailbox};
use lampfield_tests::xmpp::Client;
use tokio::time::{sleep, timeout};

const EID: &str = "02:00:00:00:00:01";
const BACK: Duration = Duration::from_secs(5);
/// How long a relay waits for a login.
const LOGIN: Duration = Duration::from_secs(25);

async fn house() -> (Server, Relay) {
    let server = Server::start(&Config::plain().servers().with_optional_tls()).await;
    let listen = SocketAddrV4::new(*server.address().ip(), PORT + 1);
    let trust = Trust::Fingerprint(server.fingerprint());
    let relay = Relay::start_here(listen, &[server.address()], trust).await;
    (server, relay)
}

async fn pbx(relay: &Relay, resource: &str) -> Client {
    let jid = format!("server1@{DOMAIN}/{resource}");
    Client::login(relay.address(), &jid, &Config::password("server1")).await
}

async fn says(client: &mut Client, stanza: &str, id: &str) {
    client.send(stanza).await;
    let answer = client.until(|stanza| stanza.attr("id") == Some(id)).await;
    assert_eq!(answer.element.attr("type"), Some("result"), "{}", answer.raw);
}

/// An [`outage`] after which the server knows all that was said before.
async fn outage_in_peace(server: &mut Server, said: u64) {
    server.settled().await;
    outage(server, said).await;
}

/// Kills the server and starts it again, and waits until the PBX's states are said again.
async fn outage(server: &mut Server, said: u64) {
    server.kill();
    server.run().await;
    eventually(BACK, || async {
        let status = server.status();
        let count = |name: &str| status["counters"][name].as_u64().unwrap_or_default();
        let heard = count("said_repeats") + count("said_changed");
        if heard >= said { Ok(()) } else { Err(status.to_string()) }
    })
    .await;
}

#[tokio::test]
async fn who_was_given_an_address_comes_back_to_it() {
    let (mut server, relay) = house().await;
    let mut client = pbx(&relay, "").await;
    says(&mut client, &publish("p", EID, "PJSIP/1", "INUSE"), "p").await;
    outage_in_peace(&mut server, 1).await;
    says(&mut client, &publish("q", EID, "PJSIP/1", "BUSY"), "q").await;
}

/// One that takes connections and says nothing keeps nobody from another that is there.
#[tokio::test]
async fn a_silent_server_is_not_waited_for() {
    let mut server = Server::start(&Config::plain().servers().with_optional_tls()).await;
    let here = |port| SocketAddrV4::new(*server.address().ip(), port);
    let (listen, silent) = (here(PORT + 1), here(PORT + 2));
    let _silent = std::net::TcpListener::bind(silent).unwrap();
    let trust = Trust::Fingerprint(server.fingerprint());
    let relay = Relay::start_here(listen, &[silent, server.address()], trust).await;
    let login = pbx(&relay, "asterisk");
    let mut client = timeout(BACK, login).await.expect("it is let in");
    says(&mut client, &publish("p", EID, "PJSIP/1", "INUSE"), "p").await;
    outage_in_peace(&mut server, 1).await;
}

/// What closes its stream and opens another is the same process: `module unload res_xmpp.so` and
/// `module load res_xmpp.so`.
#[tokio::test]
async fn who_opens_its_stream_anew_fights_with_nobody() {
    let (server, relay) = house().await;
    for _ in 0..5 {
        let mut client = pbx(&relay, "asterisk").await;
        says(&mut client, &publish("p", EID, "PJSIP/1", "INUSE"), "p").await;
        assert_eq!(client.jid(), format!("server1@{DOMAIN}/asterisk"));
    }
    assert!(!server.log().contains("conflict"), "{}", server.log());
}

#[tokio::test]
async fn an_old_count_does_not_come_back_over_a_newer_one_of_another_server() {
    let (mut server, relay) = house().await;
    let mut client = pbx(&relay, "asterisk").await;
    says(&mut client, &publish_mailbox("m", EID, "1@default", 1, 0), "m").await;
    let jid = format!("server2@{DOMAIN}/asterisk");
    let mut other = Client::login(server.address(), &jid, &Config::password("server2")).await;
    let newer = publish_mailbox("n", "02:00:00:00:00:02", "1@default", 5, 0);
    says(&mut other, &newer, "n").await;
    outage_in_peace(&mut server, 1).await;
    assert_eq!(server.why("1@default").new_messages(), Some(5));
}

/// A frozen server is what a cut line is: what is said goes out, and nobody hears it.
#[tokio::test]
async fn what_nobody_heard_is_said_again_and_asked_again() {
    let (mut server, relay) = house().await;
    let mut client = pbx(&relay, "asterisk").await;
    says(&mut client, &publish_mailbox("m", EID, "1@default", 1, 0), "m").await;
    let jid = format!("server2@{DOMAIN}/asterisk");
    let mut other = Client::login(server.address(), &jid, &Config::password("server2")).await;
    let none = publish_mailbox("n", "02:00:00:00:00:02", "1@default", 0, 0);
    says(&mut other, &none, "n").await;
    server.settled().await;
    server.process().freeze();
    client.send(&publish_mailbox("o", EID, "1@default", 1, 0)).await;
    client.send("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>").await;
    sleep(Duration::from_millis(300)).await;
    outage(&mut server, 1).await;
    let asked = client.until(|stanza| stanza.attr("id") == Some("roster"));
    timeout(BACK, asked).await.expect("its roster is asked for again");
    assert_eq!(server.why("1@default").new_messages(), Some(1));
}

/// The server says so before TLS, which is no line that is lost.
#[tokio::test]
async fn a_domain_that_is_not_served_is_refused_and_told_of_once() {
    let (_server, relay) = house().await;
    let mut client = Client::connect(relay.address(), "elsewhere.example").await;
    client.send_header().await;
    let (condition, _) = client.ending().await;
    assert_eq!(condition.as_deref(), Some("remote-connection-failed"));
    relay.logs("code=\"refused\"").await;
    let log = relay.log();
    for words in ["host-unknown", "elsewhere.example", "lampfield domain list"] {
        assert!(log.contains(words), "no {words} in {log}");
    }
    assert!(!log.contains("line-lost"), "{log}");
}

#[tokio::test]
async fn a_wrong_password_is_told_with_the_account_and_what_to_do() {
    let (_server, relay) = house().await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.open().await;
    assert!(client.authenticate("server1", "wrong").await.is_err());
    relay.logs("code=\"refused\"").await;
    let log = relay.log();
    let account = format!("account=\"server1@{DOMAIN}\"");
    for words in ["not-authorized", &account, "lampfield invite NAME"] {
        assert!(log.contains(words), "no {words} in {log}");
    }
    assert!(!log.contains("wrong\""), "{log}");
}

/// Nothing of it is the PBX's doing.
#[tokio::test]
async fn a_relay_that_is_led_to_itself_says_so() {
    let server = Server::start(&Config::plain().servers().with_optional_tls()).await;
    let listen = SocketAddrV4::new(*server.address().ip(), PORT + 1);
    let trust = Trust::Fingerprint(server.fingerprint());
    let relay = Relay::start_here(listen, &[listen], trust).await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.send_header().await;
    client.ending().await;
    relay.logs("a relay answered, not a server").await;
    let log = relay.log();
    assert!(!log.contains("usetls") && !log.contains("line-lost"), "{log}");
    assert!(!log.contains("pbx-"), "{log}");
}

#[tokio::test]
async fn a_server_that_is_not_there_and_the_end_of_the_relay_are_told() {
    let server = Server::start(&Config::plain().servers().with_optional_tls()).await;
    let here = |port| SocketAddrV4::new(*server.address().ip(), port);
    let trust = Trust::Fingerprint(server.fingerprint());
    let mut relay = Relay::start_here(here(PORT + 1), &[here(PORT + 2)], trust).await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.send_header().await;
    relay.logs("remedy=\"check that the server runs there, and that --to is right\"").await;
    assert!(relay.stop().await.is_some_and(|status| status.success()));
    assert!(relay.log().contains("code=\"stop\""), "{}", relay.log());
}

/// Such clients would keep PBXs out, and each of them the server busy.
#[tokio::test]
async fn who_only_begins_a_stream_does_not_stay() {
    let (_server, relay) = house().await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.open().await;
    sleep(LOGIN - BACK).await;
    let (condition, _) = timeout(2 * BACK, client.ending()).await.expect("it is sent away");
    assert_eq!(condition.as_deref(), Some("connection-timeout"), "{}", relay.log());
    assert_eq!(relay.log().lines().count(), 1, "its ready line: {}", relay.log());
}

#[tokio::test]
async fn who_is_asked_for_its_login_may_take_its_time_while_the_server_restarts() {
    let (mut server, relay) = house().await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.open().await;
    server.kill();
    relay.logs("the server closed the stream").await;
    server.run().await;
    client.authenticate("server1", &Config::password("server1")).await.expect("it is let in");
}
