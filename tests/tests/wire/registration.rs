//! Accounts that nobody made by hand: in-band (XEP-0077) for users, and the first login with the
//! shared join secret for PBXs. Both only where the configuration says so.

use std::os::unix::fs::PermissionsExt;

use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::stanzas::{publish_content, service};
use lampfield_tests::xmpp::{Client, Element};

#[tokio::test]
async fn in_band_registration_is_off_by_default() {
    let server = Server::start(&Config::plain().servers()).await;
    let (mut client, features) = opened(&server).await;
    assert!(features.find("register").is_none(), "{features}");
    let answer = register(&mut client, "anna", "pw").await;
    assert_ne!(answer.attr("type"), Some("result"), "{answer}");
}

#[tokio::test]
async fn in_band_registration_makes_ordinary_users() {
    let config = Config::plain().servers().domain("registration = \"in-band\"");
    let server = Server::start(&config).await;
    let (mut client, features) = opened(&server).await;
    assert!(features.find("register").is_some(), "{features}");
    let answer = register(&mut client, "anna", "pw").await;
    assert_eq!(answer.attr("type"), Some("result"), "{answer}");
    // Taken now: the second is refused, and the first password goes on working.
    let (mut other, _) = opened(&server).await;
    assert_eq!(register(&mut other, "anna", "other").await.attr("type"), Some("error"));

    let jid = format!("anna@{DOMAIN}/phone");
    let mut anna = Client::login(server.address(), &jid, "pw").await;
    let content = publish_content("02:00:00:00:00:44", "PJSIP/1", "INUSE");
    let content = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
    let answer = anna.iq("set", &service(), &content).await;
    assert_eq!(answer.attr("type"), Some("error"), "a user has no telephony rights: {answer}");
}

#[tokio::test]
async fn one_address_registers_as_often_as_the_operator_says() {
    let config = Config::plain().servers().domain("registration = \"in-band\"");
    let server =
        Server::start(&config.more("[xmpp.limits]\nregistrations_per_address = 1\n")).await;
    let (mut client, _) = opened(&server).await;
    assert_eq!(register(&mut client, "anna", "pw").await.attr("type"), Some("result"));
    let refused = register(&mut client, "bert", "pw").await;
    assert!(refused.find("resource-constraint").is_some(), "{refused}");
}

#[tokio::test]
async fn the_join_secret_makes_pbx_accounts_of_the_right_names() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("join");
    std::fs::write(&secret, "join us\n").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let config = Config::plain().servers().domain(&format!(
        "registration = \"first-login\"\njoin_secret_file = \"{}\"\njoin_pattern = \"pbx-*\"",
        secret.display()
    ));
    let server = Server::start(&config).await;
    let mut member = scene::client(&server, "server1").await;
    member.send("<presence/>").await;

    let (mut stranger, _) = opened(&server).await;
    assert!(stranger.authenticate("phone-1", "join us").await.is_err(), "a name of another kind");
    let (mut wrong, _) = opened(&server).await;
    assert!(wrong.authenticate("pbx-1", "guess").await.is_err());

    let jid = format!("pbx-1@{DOMAIN}/x");
    let mut joined = Client::login(server.address(), &jid, "join us").await;
    let content = publish_content("02:00:00:00:00:44", "PJSIP/1", "INUSE");
    let content = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
    let answer = joined.iq("set", &service(), &content).await;
    assert_eq!(answer.attr("type"), Some("result"), "{answer}");
    assert_eq!(server.why("PJSIP/1").value(), "INUSE");
    // An account that exists keeps its own password.
    let (mut thief, _) = opened(&server).await;
    assert!(thief.authenticate("server1", "join us").await.is_err());
}

async fn opened(server: &Server) -> (Client, Element) {
    let mut client = Client::connect(server.address(), DOMAIN).await;
    let features = client.open().await;
    (client, features)
}

async fn register(client: &mut Client, user: &str, password: &str) -> Element {
    client
        .send(&format!(
            "<iq type='set' id='r' to='{DOMAIN}'><query xmlns='jabber:iq:register'>\
             <username>{user}</username><password>{password}</password></query></iq>"
        ))
        .await;
    client.next().await.element
}
