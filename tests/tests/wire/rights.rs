//! Who may say what: accounts with patterns, ordinary users, and the answers they get.

use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::stanzas::{DEVICES, publish, publish_content, service, subscribe};
use lampfield_tests::xmpp::{Client, Element};

const EID: &str = "02:00:00:00:00:31";

#[tokio::test]
async fn a_pbx_speaks_only_for_what_it_may() {
    let config = Config::plain().servers().account("small", "allow = [\"PJSIP/1*\"]");
    let mut server = Server::start(&config).await;
    let mut listener = subscribed(&server, "server1").await;
    let mut small = scene::client(&server, "small").await;
    for (device, passes) in [("PJSIP/100", true), ("PJSIP/200", false)] {
        let answer = say(&mut small, device).await;
        assert_eq!(answer.attr("type"), Some("result"), "a PBX always gets a result: {answer}");
        let heard = listener.all_until_now().await;
        assert_eq!(heard.iter().any(|stanza| stanza.raw.contains(device)), passes, "{device}");
    }
    server.logs("PJSIP/200").await;
}

#[tokio::test]
async fn an_ordinary_user_gets_an_error() {
    let config = Config::plain().servers().account("carol", "role = \"user\"");
    let server = Server::start(&config).await;
    let mut listener = subscribed(&server, "server1").await;
    let mut carol = scene::client(&server, "carol").await;
    let answer = say(&mut carol, "PJSIP/100").await;
    assert_eq!(answer.attr("type"), Some("error"), "{answer}");
    assert!(answer.find("forbidden").is_some(), "{answer}");
    assert!(listener.all_until_now().await.is_empty());
    assert_eq!(server.why("PJSIP/100").facts().len(), 0);
}

#[tokio::test]
async fn a_user_with_a_device_of_its_own_may_look_at_facts() {
    let granted = "role = \"user\"\nallow = [\"PJSIP/1*\"]";
    let server = Server::start(&Config::plain().servers().account("dave", granted)).await;
    let mut pbx = scene::client(&server, "server1").await;
    say(&mut pbx, "PJSIP/100").await;
    let mut dave = scene::client(&server, "dave").await;
    let what = format!("<query xmlns='http://jabber.org/protocol/disco#items' node='{DEVICES}'/>");
    let answer = dave.iq("get", &service(), &what).await;
    let item = answer.find("item").unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(item.attr("node"), Some("PJSIP/100"));
}

async fn say(client: &mut Client, device: &str) -> Element {
    let content = publish_content(EID, device, "INUSE");
    let content = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{content}</pubsub>");
    client.iq("set", &service(), &content).await
}

/// What is dropped before the hub hears of it is counted and, at the level `debug`, explained.
#[tokio::test]
async fn what_is_dropped_is_counted_and_explained() {
    let config = Config::plain().servers().account("small", "allow = [\"PJSIP/1*\"]");
    let mut server = Server::start(&config.account("carol", "role = \"user\"")).await;
    assert!(server.command(&["log", "set", "debug"]).status.success());
    let mut small = scene::client(&server, "small").await;
    let mut carol = scene::client(&server, "carol").await;
    say(&mut small, "PJSIP/200").await;
    say(&mut carol, "PJSIP/100").await;
    let publish = |item: &str| {
        let publish = format!("<publish node='{DEVICES}'>{item}</publish>");
        format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{publish}</pubsub>")
    };
    let no_eid = "<item id='PJSIP/1'><state xmlns='http://asterisk.org'>INUSE</state></item>";
    for item in ["<item id='PJSIP/1'/>", no_eid, ""] {
        let answer = small.iq("set", &service(), &publish(item)).await;
        assert_eq!(answer.attr("type"), Some("result"), "{answer}");
    }
    assert_eq!(server.status()["counters"]["said_refused"], 5);
    small.send(&subscribe("s", "small@asterisk.example", DEVICES)).await;
    say(&mut small, "XMPP/asterisk/server1@asterisk.example").await;
    for line in [
        "has no eid code=\"publish-dropped\" jid=small@asterisk.example",
        "may not publish device/PJSIP/200 code=\"publish-dropped\"",
        "code=\"publish-ignored\" jid=small@asterisk.example",
        "begun code=\"subscription\" jid=small@asterisk.example",
    ] {
        server.logs(line).await;
    }
}

async fn subscribed(server: &Server, user: &str) -> Client {
    let mut client = scene::client(server, user).await;
    let bare = format!("{user}@{DOMAIN}");
    client.send(&subscribe("s", &bare, DEVICES)).await;
    client.until(|answer| answer.attr("id") == Some("s")).await;
    client
}

/// A state that nobody defined reads as UNKNOWN everywhere; it is never passed on as it is.
#[tokio::test]
async fn words_that_are_no_states() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut listener = subscribed(&server, "server1").await;
    let mut pbx = scene::client(&server, "server2").await;
    for word in ["BOILING", "inuse", "-1", "&lt;b&gt;"] {
        let id = pbx.fresh_id();
        pbx.send(&publish(&id, EID, "PJSIP/1", word)).await;
        let answer = pbx.until(|stanza| stanza.attr("id") == Some(&id)).await;
        assert_eq!(answer.element.attr("type"), Some("result"));
    }
    for stanza in listener.all_until_now().await {
        let state = stanza.element.find("state").expect("a state").text();
        assert!(["UNKNOWN", "INUSE"].contains(&state.as_str()), "{}", stanza.raw);
    }
}
