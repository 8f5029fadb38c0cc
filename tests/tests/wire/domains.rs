//! Domains that come and go while the server runs, as their clients see it.

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::stanzas::{DEVICES, publish_content, subscribe};
use lampfield_tests::xmpp::{Client, Element};

const NEW: &str = "new.example";
const EID: &str = "02:00:00:00:00:77";
const PASSWORD: &str = "secret-of-new";

async fn with_domain(config: &Config, options: &[&str]) -> Server {
    let server = Server::start(config).await;
    done(&server, &[&["domain", "add", NEW], options].concat());
    server
}

fn done(server: &Server, typed: &[&str]) {
    let output = server.command(typed);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{typed:?}: {said}");
}

fn add(server: &Server, name: &str, role: &str) -> String {
    let jid = format!("{name}@{NEW}");
    server.tell(&["user", "add", &jid, "--role", role, "--allow", "*"], PASSWORD);
    jid
}

async fn login(server: &Server, jid: &str) -> Client {
    Client::login(server.address(), &format!("{jid}/x"), PASSWORD).await
}

async fn pubsub(client: &mut Client, content: &str) -> Element {
    let content = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
    client.iq("set", &format!("pubsub.{NEW}"), &content).await
}

/// What a client that asks for the domain is told.
async fn asks_for_it(server: &Server) -> Element {
    let mut client = Client::connect(server.address(), NEW).await;
    client.send_header().await;
    client.next().await.element
}

#[tokio::test]
async fn who_is_in_a_domain_when_it_goes_is_told_and_cannot_come_back() {
    let mut server = with_domain(&Config::plain().servers(), &[]).await;
    let (pbx, other) = (add(&server, "pbx", "pbx"), add(&server, "other", "pbx"));
    let (mut pbx, mut other) = (login(&server, &pbx).await, login(&server, &other).await);
    other.send(&subscribe("s1", &format!("other@{NEW}"), DEVICES).replace(DOMAIN, NEW)).await;
    other.until(|stanza| stanza.attr("id") == Some("s1")).await;
    let answer = pubsub(&mut pbx, &publish_content(EID, "PJSIP/100", "INUSE")).await;
    assert_eq!(answer.attr("type"), Some("result"), "{answer}");
    let heard = other.until(|stanza| stanza.find("state").is_some()).await.element;
    assert_eq!(heard.find("item").and_then(|item| item.attr("id")), Some("PJSIP/100"), "{heard}");
    let answer = pubsub(&mut pbx, "<create node='blog'/>").await;
    assert_eq!(answer.attr("type"), Some("result"), "{answer}");

    // A stream that was opened for the domain, and has not logged in when that goes.
    let mut late = Client::connect(server.address(), NEW).await;
    late.open().await;
    let mut elsewhere = scene::client(&server, "server1").await;
    done(&server, &["domain", "remove", NEW, "--yes"]);
    assert_eq!(pbx.ending().await.0.as_deref(), Some("host-gone"));
    assert_eq!(other.ending().await.0.as_deref(), Some("host-gone"));
    assert!(late.authenticate("pbx", PASSWORD).await.is_err(), "its account is gone");
    let told = asks_for_it(&server).await;
    assert!(told.find("host-unknown").is_some(), "{told}");
    // Nobody else notices.
    let answer = elsewhere.iq("get", DOMAIN, "<ping xmlns='urn:xmpp:ping'/>").await;
    assert_eq!(answer.attr("type"), Some("result"), "{answer}");

    // Neither by a restart.
    server.kill();
    server.run().await;
    assert!(asks_for_it(&server).await.find("host-unknown").is_some());
    done(&server, &["domain", "add", NEW]);
    let mut again = Client::connect(server.address(), NEW).await;
    again.open().await;
    assert!(again.authenticate("pbx", PASSWORD).await.is_err(), "nor by the same name again");
    let pbx = add(&server, "pbx", "pbx");
    let mut pbx = login(&server, &pbx).await;
    let answer = pubsub(&mut pbx, "<create node='blog'/>").await;
    assert_eq!(answer.attr("type"), Some("result"), "there is no such node any more: {answer}");
}

#[tokio::test]
async fn a_domain_is_there_again_after_a_crash() {
    let mut server = with_domain(&Config::plain().servers(), &[]).await;
    let pbx = add(&server, "pbx", "pbx");
    let mut client = login(&server, &pbx).await;
    let answer = pubsub(&mut client, &publish_content(EID, "PJSIP/100", "INUSE")).await;
    assert_eq!(answer.attr("type"), Some("result"), "{answer}");
    server.kill();
    server.run().await;
    let why = server.ask_json(&["why", "PJSIP/100", "--board", NEW]);
    assert_eq!(why["aggregate"], "INUSE");
    assert_eq!(why["facts"][0]["lease"]["state"], "restart");
    login(&server, &pbx).await;
}

/// The lamps of one that goes end for those who share its board.
#[tokio::test]
async fn whoever_shares_its_board_hears_its_lamps_end() {
    let server = with_domain(&Config::plain().servers(), &["--board", DOMAIN]).await;
    let pbx = add(&server, "pbx", "pbx");
    let mut here = scene::client(&server, "server1").await;
    let bare = here.bare().to_owned();
    here.send(&subscribe("s1", &bare, DEVICES)).await;
    let mut pbx = login(&server, &pbx).await;
    pubsub(&mut pbx, &publish_content(EID, "PJSIP/100", "INUSE")).await;
    let says = |stanza: &Element, state: &str| {
        stanza.find("state").is_some_and(|found| found.text() == state)
    };
    here.until(|stanza| says(stanza, "INUSE")).await;
    done(&server, &["domain", "remove", NEW, "--yes"]);
    here.until(|stanza| says(stanza, "UNKNOWN")).await;
    eventually(SOON, || async {
        match server.why("PJSIP/100").facts().len() {
            0 => Ok(()),
            facts => Err(format!("{facts} facts stand")),
        }
    })
    .await;
}

/// With TLS the new domain is shown its own certificate, which the server has made, and the first one's stays.
#[tokio::test]
async fn a_new_domain_is_reached_by_tls_at_once() {
    let server = with_domain(&Config::plain().servers().with_tls(), &[]).await;
    let jid = add(&server, "anna", "user");
    let (name, domain) = jid.split_once('@').expect("an address");
    let mut client = Client::connect(server.address(), domain).await;
    client.open().await;
    client.starttls().await;
    client.open().await;
    client.authenticate(name, PASSWORD).await.expect("logged in");
    assert!(server.data().join(format!("tls/{NEW}.pem")).exists());
}
