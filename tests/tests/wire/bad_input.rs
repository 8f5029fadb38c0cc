//! Input that no client should send: each ends its own stream with the right condition, and a
//! bystander is served before, meanwhile and afterwards.

use std::time::Duration;

use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::xmpp::{Client, End};

/// Bytes and the stream error they must end in.
type Bad = (&'static str, Vec<u8>, &'static [&'static str]);

fn bad_in_any_state() -> Vec<Bad> {
    let deep = |levels| "<a>".repeat(levels);
    let attributes: String = (0..2_000).map(|number| format!(" a{number}='x'")).collect();
    vec![
        ("not well-formed", b"<iq></message>".to_vec(), &["not-well-formed", "bad-format"]),
        ("no XML at all", b"GET / HTTP/1.1\r\n\r\n<".to_vec(), &["not-well-formed", "bad-format"]),
        (
            "an unknown prefix",
            b"<x:iq/>".to_vec(),
            &["not-well-formed", "bad-namespace-prefix", "bad-format"],
        ),
        (
            "an unknown entity",
            b"<iq id='1'>&lol;</iq>".to_vec(),
            &["restricted-xml", "not-well-formed"],
        ),
        (
            "a DTD",
            b"<!DOCTYPE x [<!ENTITY a 'b'>]>".to_vec(),
            &["restricted-xml", "not-well-formed"],
        ),
        ("a comment", b"<iq><!-- hidden --></iq>".to_vec(), &["restricted-xml", "not-well-formed"]),
        ("an instruction", b"<?php x ?><iq/>".to_vec(), &["restricted-xml", "not-well-formed"]),
        (
            "not UTF-8",
            b"<iq id='\xff\xfe'/>".to_vec(),
            &["unsupported-encoding", "not-well-formed", "bad-format"],
        ),
        ("a control character", b"<iq id='\x01'/>".to_vec(), &["not-well-formed", "bad-format"]),
        (
            "a duplicate attribute",
            b"<iq id='1' id='2'/>".to_vec(),
            &["not-well-formed", "bad-format"],
        ),
        ("too deep", deep(5_000).into_bytes(), &["policy-violation", "resource-constraint"]),
        (
            "too many attributes",
            format!("<iq{attributes}/>").into_bytes(),
            &["policy-violation", "resource-constraint"],
        ),
        (
            "too large",
            format!("<iq><x>{}", "x".repeat(20_000_000)).into_bytes(),
            &["policy-violation", "resource-constraint"],
        ),
        (
            "a name without end",
            vec![b'<'; 1].into_iter().chain(vec![b'a'; 2_000_000]).collect(),
            &["policy-violation", "not-well-formed", "resource-constraint"],
        ),
    ]
}

/// What begins like a stanza, and which no end could make right any more (RFC 6120, 4.9.3.13): the
/// stream ends when it arrives, or it would swallow all that follows.
fn never_right_again() -> Vec<Bad> {
    let not_well_formed = &["not-well-formed"][..];
    let not_utf8 = &["unsupported-encoding", "not-well-formed"][..];
    let restricted = &["restricted-xml", "not-well-formed"][..];
    let all: [(&str, &[u8], _); 25] = [
        ("another's end tag", b"<message><body>hi</message>", not_well_formed),
        ("another's end tag inside", b"<iq><a><b><c/></a>", not_well_formed),
        ("an end tag out of order", b"<iq><a><b></a></b>", not_well_formed),
        ("an end tag in other case", b"<iq><query></Query>", not_well_formed),
        ("an end tag without its prefix", b"<iq><x:a xmlns:x='urn:x'></a>", not_well_formed),
        ("the stream's end inside a stanza", b"<iq><a></stream:stream>", not_well_formed),
        ("an end tag of nothing", b"</wrong>", not_well_formed),
        ("an end tag without an end", b"<iq></iq<presence/>", not_well_formed),
        ("a tag inside a tag", b"<iq type='get' <presence/>", not_well_formed),
        ("a quote left open", b"<iq id='1><ping/></iq><presence/>", not_well_formed),
        ("an attribute twice", b"<iq id='1' id='2'><a>", not_well_formed),
        ("an attribute without quotes", b"<iq id=1><a>", not_well_formed),
        ("an ampersand alone", b"<message><body>salt & pepper", not_well_formed),
        ("a reference to NUL", b"<message><body>&#0;", not_well_formed),
        ("a reference to half a character", b"<message><body>&#xd800;", not_well_formed),
        ("an entity of HTML", b"<message><body>&nbsp;", restricted),
        ("the end of CDATA without CDATA", b"<message><body>]]><b>", not_well_formed),
        ("a control character", b"<message><body>\x08", not_well_formed),
        ("NUL", b"<message><body>\0", not_well_formed),
        ("NUL between stanzas", b"\0<presence/>", not_well_formed),
        ("Latin-1", b"<message><body>gr\xfc\xdfe", not_utf8),
        ("overlong UTF-8", b"<message><body>\xc0\xaf", not_utf8),
        ("half a character", b"<message><body>\xed\xa0\x80", not_utf8),
        (
            "a second header",
            b"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>",
            &["unsupported-stanza-type"],
        ),
        ("UTF-16", b"\xfe\xff\0<\0i\0q", not_utf8),
    ];
    all.map(|(what, bytes, conditions)| (what, bytes.to_vec(), conditions)).into()
}

#[tokio::test]
async fn before_the_login() {
    each_is_refused(false, bad_in_any_state()).await;
}

#[tokio::test]
async fn after_the_login() {
    each_is_refused(true, bad_in_any_state()).await;
}

#[tokio::test]
async fn never_right_again_before_the_login() {
    each_is_refused(false, never_right_again()).await;
}

#[tokio::test]
async fn never_right_again_after_the_login() {
    each_is_refused(true, never_right_again()).await;
}

/// The same, however the network cuts it.
#[tokio::test]
async fn a_wrong_end_tag_byte_by_byte() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = scene::client(&server, "server2").await;
    for byte in "<message to='server1@asterisk.example'><body>hi</message>".bytes() {
        client.try_send(&[byte]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(client.ending().await.0.as_deref(), Some("not-well-formed"));
}

async fn each_is_refused(logged_in: bool, bad: Vec<Bad>) {
    let server = Server::start(&Config::plain().servers()).await;
    let mut bystander = scene::client(&server, "server1").await;
    for (what, bytes, conditions) in bad {
        let mut client = match logged_in {
            true => scene::client(&server, "server2").await,
            false => {
                let mut client = Client::connect(server.address(), DOMAIN).await;
                client.open().await;
                client
            }
        };
        // The server may close before it has read everything.
        let _ = client.try_send(&bytes).await;
        assert!(bystander.all_until_now().await.is_empty(), "during {what}");
        let (condition, end) = client.ending().await;
        assert!(matches!(end, End::StreamClosed | End::SocketClosed), "{what}: {end:?}");
        // A reset by unread input may overtake the error on its way.
        if let Some(condition) = condition {
            assert!(conditions.contains(&condition.as_str()), "{what}: got {condition}");
        } else {
            assert!(bytes.len() > 100_000, "{what}: no stream error");
        }
    }
    assert!(bystander.all_until_now().await.is_empty());
}

#[tokio::test]
async fn stanzas_before_the_login() {
    let server = Server::start(&Config::plain().servers()).await;
    for stanza in [
        "<message to='server1@asterisk.example'><body>hello</body></message>",
        "<presence/>",
        "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
        "<iq type='get' id='1'/>",
        "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
    ] {
        let mut client = Client::connect(server.address(), DOMAIN).await;
        client.open().await;
        client.send(stanza).await;
        let (condition, end) = client.ending().await;
        assert_eq!(condition.as_deref(), Some("not-authorized"), "{stanza}: {end:?}");
    }
}

#[tokio::test]
async fn a_stream_to_somebody_else() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = Client::connect(server.address(), "elsewhere.example").await;
    client.send_header().await;
    assert_eq!(client.ending().await.0.as_deref(), Some("host-unknown"));
    let mut client = Client::connect(server.address(), DOMAIN).await;
    client
        .send(
            "<stream:stream xmlns:stream='urn:wrong' xmlns='jabber:client' to='asterisk.example'>",
        )
        .await;
    assert_eq!(client.ending().await.0.as_deref(), Some("invalid-namespace"));
}

/// RFC 6120, 4.7.2 and 4.7.4: the answer is to whom the header was from, if that is an address, and
/// has a language.
#[tokio::test]
async fn a_header_is_answered_to_whom_it_is_from() {
    let server = Server::start(&Config::plain().servers()).await;
    for (from, to) in [("server1@asterisk.example", Some("server1@asterisk.example")), ("@", None)]
    {
        let mut client = Client::connect(server.address(), DOMAIN).await;
        let header = format!(
            "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
             xmlns='jabber:client' from='{from}' to='{DOMAIN}' version='1.0'>"
        );
        client.send(&header).await;
        client.next().await;
        assert_eq!(client.header("to"), to, "{from}");
        assert_eq!(client.header("xml:lang"), Some("en"));
    }
}

/// RFC 6120, 8.1.2.1: the server says who sent a stanza, not the client.
#[tokio::test]
async fn a_forged_sender() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut bystander = scene::client(&server, "server1").await;
    let to = bystander.jid().to_owned();
    for forged in ["server3@asterisk.example", "pubsub.asterisk.example", "asterisk.example"] {
        let mut client = scene::client(&server, "server2").await;
        client.send(&format!("<message from='{forged}' to='{to}'><body>hi</body></message>")).await;
        let (condition, _) = client.ending().await;
        assert_eq!(condition.as_deref(), Some("invalid-from"), "as {forged}");
    }
    let got = bystander.all_until_now().await;
    assert!(got.iter().all(|stanza| !stanza.raw.contains("hi</body>")), "{got:?}");
}

/// Its own full or bare JID is fine: Asterisk writes it on every stanza.
#[tokio::test]
async fn the_true_sender() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = scene::client(&server, "server2").await;
    for from in [client.jid().to_owned(), client.bare().to_owned()] {
        let ping = "<ping xmlns='urn:xmpp:ping'/>";
        client
            .send(&format!("<iq from='{from}' type='get' id='p' to='{DOMAIN}'>{ping}</iq>"))
            .await;
        let answer = client.until(|stanza| stanza.attr("id") == Some("p")).await;
        assert_eq!(answer.element.attr("type"), Some("result"));
    }
}

/// RFC 6120, 8.2.3: a request has an id and one of two types; what has another is no answer either.
#[tokio::test]
async fn requests_without_what_they_need() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = scene::client(&server, "server2").await;
    let ping = "<ping xmlns='urn:xmpp:ping'/>";
    for (to, head, id) in [
        (DOMAIN, "type='ask' id='1'", Some("1")),
        (DOMAIN, "id='2'", Some("2")),
        ("server1@asterisk.example/x", "type='ask' id='3'", Some("3")),
        (DOMAIN, "type='get'", None),
        ("pubsub.asterisk.example", "type='set'", None),
        (DOMAIN, "type='get' id=''", None),
    ] {
        client.send(&format!("<iq {head} to='{to}'>{ping}</iq>")).await;
        let answer = client.next().await.element;
        assert_eq!((answer.attr("type"), answer.attr("id")), (Some("error"), id), "{answer}");
        assert!(answer.find("bad-request").is_some(), "<iq {head}>: {answer}");
    }
    for answer in ["type='result'", "type='error'", "type='result' id='9'"] {
        client.send(&format!("<iq {answer} to='{DOMAIN}'/>")).await;
    }
    assert!(client.all_until_now().await.is_empty(), "answers are not answered");
}

/// RFC 6120, 8.2.3: a request has one child, no fewer and no more, whoever it is for. None of it is
/// carried out.
#[tokio::test]
async fn requests_with_two_payloads() {
    let config = Config::plain().servers().account("carol", "role = \"user\"");
    let server = Server::start(&config.account("dave", "role = \"user\"")).await;
    let mut dave = scene::client(&server, "dave").await;
    let dave_jid = dave.jid().to_owned();
    let service = "pubsub.asterisk.example";
    let ping = "<ping xmlns='urn:xmpp:ping'/>";
    let publish = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='device_state'>\
        <item id='PJSIP/100'><state xmlns='http://asterisk.org' eid='02:00:00:00:00:01' \
        cachable='1'>INUSE</state></item></publish></pubsub>";
    let roster = "<query xmlns='jabber:iq:roster'><item jid='dave@asterisk.example'/></query>";
    for user in ["server1", "carol"] {
        let mut client = scene::client(&server, user).await;
        for (to, kind, inside) in [
            (DOMAIN, "get", [ping, ping].concat()),
            (DOMAIN, "get", String::new()),
            (service, "set", [publish, ping].concat()),
            (service, "set", [publish, publish].concat()),
            (service, "set", [ping, "<error type='cancel'/>"].concat()),
            (service, "set", "and words".to_owned()),
            (client.bare().to_owned().as_str(), "set", [roster, roster].concat()),
            (&dave_jid, "get", [ping, ping].concat()),
            (&dave_jid, "get", String::new()),
        ] {
            let answer = client.iq(kind, to, &inside).await;
            assert_eq!(answer.attr("type"), Some("error"), "{user} to {to}: {inside}");
            assert!(answer.find("bad-request").is_some(), "{user} to {to}: {answer}");
        }
        // An answer has one child at most; who sends a wrong one is told nothing, nor is anybody.
        client.send(&format!("<iq type='result' id='1' to='{dave_jid}'>{ping}{ping}</iq>")).await;
        assert!(client.all_until_now().await.is_empty());
    }
    assert!(dave.all_until_now().await.is_empty());
    assert!(server.why("PJSIP/100").facts().is_empty());
}

/// COMPAT(asterisk<=22): what it publishes again after an error carries that error along.
#[tokio::test]
async fn the_error_that_asterisk_carries_along() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = scene::client(&server, "server1").await;
    let again = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='device_state'>\
        <item id='PJSIP/100'><state xmlns='http://asterisk.org' eid='02:00:00:00:00:01' \
        cachable='1'>INUSE</state></item></publish></pubsub><error code='404' type='cancel'/>";
    let answer = client.iq("set", "pubsub.asterisk.example", again).await;
    assert_eq!(answer.attr("type"), Some("result"), "{answer}");
}

/// The same before there is an address; the client may do better.
#[tokio::test]
async fn a_binding_without_an_id_or_with_a_companion() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = Client::connect(server.address(), DOMAIN).await;
    client.open().await;
    client.authenticate("server1", &Config::password("server1")).await.unwrap();
    let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
    client.send(&format!("<iq type='set'>{bind}</iq>")).await;
    let answer = client.next().await.element;
    assert!(answer.find("bad-request").is_some(), "{answer}");
    client.send(&format!("<iq type='set' id='2'>{bind}{bind}</iq>")).await;
    let answer = client.next().await.element;
    assert!(answer.find("bad-request").is_some(), "{answer}");
    client.bind("test").await;
}

/// A PBX with a wrong `pubsub_node` says nothing about it: the log does, with the right name.
#[tokio::test]
async fn a_service_that_is_not_here_is_named() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let mut client = scene::client(&server, "server1").await;
    let subscribe = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>\
        <subscribe node='device_state' jid='server1@asterisk.example'/></pubsub>";
    // An Asterisk asks for each of its nodes, within a moment.
    for _ in 0..3 {
        client.iq("set", "pubusb.asterisk.example", subscribe).await;
    }
    for (to, shown) in [
        ("pubusb.asterisk.example", "pubusb.asterisk.example"),
        ("pubsub.asterisk.exmaple", "pubsub.asterisk.exmaple"),
        ("asterisk.example", "asterisk.example"),
        ("pubsub.asterisk.example/x", "pubsub.asterisk.example/x"),
        ("", ""),
    ] {
        let answer = client.iq("set", to, subscribe).await;
        assert_eq!(answer.attr("type"), Some("error"), "{answer}");
        server.logs(&format!("asked={shown:?}")).await;
    }
    for _ in 0..100 {
        client.iq("set", "pubusb.asterisk.example", subscribe).await;
    }
    // What people's clients try at their own account and elsewhere is no mistake.
    client.iq("get", "elsewhere.example", "<ping xmlns='urn:xmpp:ping'/>").await;
    let log = server.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("no-such-service")).collect();
    assert_eq!(lines.len(), 5, "{log}");
    for line in lines {
        assert!(line.contains(" WARN "), "{line}");
        assert!(line.contains("account=server1@asterisk.example"), "{line}");
        assert!(line.contains("pubsub_node=pubsub.asterisk.example"), "{line}");
    }
    let attention = server.attention();
    assert!(attention.contains("server1@asterisk.example uses"), "{attention}");
    assert!(attention.contains("pubsub_node=pubsub.asterisk.example"), "{attention}");
    drop(client);
    eventually(SOON, || async {
        let attention = server.attention();
        if attention.contains("no-such-service") { Err(attention) } else { Ok(()) }
    })
    .await;
}

/// A client that begins TLS where STARTTLS is spoken: the log says so in words.
#[tokio::test]
async fn tls_on_the_plain_port_is_named() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let mut client = Client::connect(server.address(), DOMAIN).await;
    client.try_send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").await.unwrap();
    server.logs("TLS on the plain port").await;
    assert!(matches!(client.ending().await.1, End::StreamClosed | End::SocketClosed));
}
