//! Logins that must not succeed, and connections that never get there: each costs its own client
//! time and nobody else.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lampfield_tests::scene;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::xmpp::{Client, End, SASL};
use sha1::{Digest, Sha1};
use tokio::time::{Instant, sleep};

#[tokio::test]
async fn an_unknown_mechanism() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = opened(&server).await;
    client.send(&format!("<auth xmlns='{SASL}' mechanism='X-NONSENSE'>AA==</auth>")).await;
    let answer = client.next().await.element;
    assert!(answer.child("invalid-mechanism").is_some(), "{answer}");
}

#[tokio::test]
async fn what_is_not_base64() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = opened(&server).await;
    client.send(&format!("<auth xmlns='{SASL}' mechanism='PLAIN'>%%%</auth>")).await;
    let answer = client.next().await.element;
    assert!(answer.child("incorrect-encoding").is_some(), "{answer}");
}

#[tokio::test]
async fn another_users_authzid() {
    let server = Server::start(&Config::plain().servers()).await;
    let password = Config::password("server1");
    let mut client = opened(&server).await;
    let other = format!("server2@{DOMAIN}");
    let refused = client.authenticate_as(&other, "server1", &password).await.unwrap_err();
    assert!(refused.child("invalid-authzid").is_some(), "{refused}");
    // One's own is allowed.
    let mut client = opened(&server).await;
    let own = format!("server1@{DOMAIN}");
    client.authenticate_as(&own, "server1", &password).await.unwrap();
}

#[tokio::test]
async fn plain_is_not_offered_without_tls_unless_allowed() {
    let server = Server::start(&Config::plain().with_tls().servers()).await;
    let mut client = Client::connect(server.address(), DOMAIN).await;
    let features = client.open().await;
    assert!(features.find("mechanism").is_none(), "{features}");
    let password = Config::password("server1");
    let refused = client.authenticate("server1", &password).await.unwrap_err();
    assert!(
        refused.child("encryption-required").is_some() || refused.is_stream_error(),
        "{refused}"
    );
}

/// One account's wrong passwords slow that account at that address, not its neighbours.
#[tokio::test]
async fn wrong_passwords_delay_only_their_own_account() {
    let server = Server::start(&Config::plain().servers()).await;
    for count in 0..5 {
        let mut client = opened(&server).await;
        client.authenticate("server1", &format!("wrong{count}")).await.unwrap_err();
    }
    // Also the right one has to wait now, but a PBX behind the same router has not.
    let mut late = opened(&server).await;
    let waiting = async {
        let password = Config::password("server1");
        let secret = BASE64.encode(format!("\0server1\0{password}"));
        late.send(&format!("<auth xmlns='{SASL}' mechanism='PLAIN'>{secret}</auth>")).await;
        let began = Instant::now();
        let answer = late.next_within(Duration::from_secs(30)).await.expect("not for ever");
        (answer.element.name, began.elapsed())
    };
    let (_, (answer, waited)) = tokio::join!(scene::client(&server, "server2"), waiting);
    assert_eq!(answer, "success");
    assert!(waited > Duration::from_secs(3), "wrong passwords cost nothing: {waited:?}");
}

/// What was learnt before TLS is forgotten with it (RFC 6120 section 5.4.3.3).
#[tokio::test]
async fn a_login_that_was_begun_in_clear_text_is_not_gone_on_with_inside_tls() {
    let server = Server::start(&Config::plain().with_optional_tls().servers()).await;
    let mut client = challenged(&server).await;
    client.starttls().await;
    client.open().await;
    let response = BASE64.encode("c=biws,r=abc,p=AAAA");
    client.send(&format!("<response xmlns='{SASL}'>{response}</response>")).await;
    assert_eq!(client.ending().await.0.as_deref(), Some("not-authorized"));
    // One that is begun inside TLS goes on as ever.
    let mut client = challenged(&server).await;
    client.starttls().await;
    client.open().await;
    client.authenticate("server1", &Config::password("server1")).await.unwrap();
}

#[tokio::test]
async fn a_login_that_is_given_up_for_tls_is_a_try() {
    let config = Config::plain().with_optional_tls().servers();
    let server = Server::start(&config.more("[xmpp.limits]\nlogin_tries = 1\n")).await;
    let mut client = challenged(&server).await;
    client.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").await;
    assert_eq!(client.ending().await.0.as_deref(), Some("policy-violation"));
}

/// In the middle of a login by SCRAM, in clear text.
async fn challenged(server: &Server) -> Client {
    let mut client = opened(server).await;
    let first = BASE64.encode("n,,n=server1,r=abc");
    client.send(&format!("<auth xmlns='{SASL}' mechanism='SCRAM-SHA-1'>{first}</auth>")).await;
    assert_eq!(client.next().await.element.name, "challenge");
    client
}

/// The same answer in the same time: nobody learns which accounts exist.
#[tokio::test]
async fn an_unknown_account_looks_like_a_wrong_password() {
    let server = Server::start(&Config::plain().servers()).await;
    let unknown = opened(&server).await.authenticate("nobody", "x").await.unwrap_err();
    let wrong = opened(&server).await.authenticate("server1", "x").await.unwrap_err();
    assert_eq!(unknown, wrong);
}

/// Behind one address the log still tells which PBX is wrong, however loud its neighbour is.
#[tokio::test]
async fn the_log_names_whose_login_failed() {
    let mut server = Server::start(&Config::plain().servers()).await;
    for _ in 0..12 {
        let _ = opened(&server).await.authenticate("server1", "wrong").await;
    }
    opened(&server).await.authenticate("server2", "wrong").await.unwrap_err();
    server.logs(r#"code="login-failed" account=server2@asterisk.example"#).await;
    let lines = |name: &str| {
        let log = server.log();
        let account = format!("account={name}");
        let lines = log.lines().filter(|line| line.contains("login failed"));
        lines.filter(|line| line.contains(&account)).count()
    };
    assert_eq!((lines("server1@"), lines("server2@")), (5, 1), "{}", server.log());
    for number in 0..12 {
        let mut stranger = opened(&server).await;
        let _ = stranger.authenticate(&format!("nobody{number}"), "wrong").await;
    }
    assert!(lines("nobody") <= 5, "made-up names fill the log");
}

/// The name is a stranger's text.
#[tokio::test]
async fn no_name_breaks_the_log() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let name = format!("\x1b[2J\n{}", "long".repeat(200));
    opened(&server).await.authenticate(&name, "wrong").await.unwrap_err();
    server.logs("login failed").await;
    let log = server.log();
    let line = log.lines().find(|line| line.contains("login failed")).unwrap_or_default();
    assert!(line.contains(r"account=\u{1b}[2J\nlong"), "{line}");
    assert!(line.contains("...@asterisk.example") && line.len() < 500, "{line}");
}

#[tokio::test]
async fn many_tries_on_one_connection_end_it() {
    let config = Config::plain().servers().more("[xmpp.limits]\nlogin_tries = 2\n");
    let server = Server::start(&config).await;
    let mut client = opened(&server).await;
    for _ in 0..2 {
        let _ = client.authenticate("server1", "wrong").await;
    }
    assert!(matches!(client.ending().await.1, End::StreamClosed | End::SocketClosed));
}

/// A success lifts what the failure before it has shortened.
#[tokio::test]
async fn a_success_makes_up_for_a_failure_on_the_same_stream() {
    let server = Server::start(&Config::plain().servers()).await;
    let mut client = opened(&server).await;
    client.authenticate("server1", "wrong").await.unwrap_err();
    client.authenticate("server1", &Config::password("server1")).await.unwrap();
    sleep(Duration::from_secs(6)).await;
    client.bind("test").await;
}

/// However a client has logged in, it may say as much as any other.
#[tokio::test]
async fn a_legacy_login_ends_the_limits_of_strangers() {
    let server = Server::start(&Config::plain().account("old", "legacy_auth = true")).await;
    let mut client = opened(&server).await;
    let digest =
        Sha1::digest(format!("{}{}", client.header("id").unwrap(), Config::password("old")));
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let query = format!(
        "<query xmlns='jabber:iq:auth'><username>old</username><resource>test</resource>\
         <digest>{digest}</digest></query>"
    );
    let answer = client.iq("set", DOMAIN, &query).await;
    assert_eq!(answer.attr("type"), Some("result"), "{answer}");
    let long = format!("<ping xmlns='urn:xmpp:ping'>{}</ping>", "x".repeat(100_000));
    assert_eq!(client.iq("get", DOMAIN, &long).await.attr("type"), Some("result"));
}

/// `usetls=no` where TLS is required: the log says at once what to change.
#[tokio::test]
async fn who_wants_to_log_in_without_tls_is_named_in_the_log() {
    let config = Config::plain().with_tls().servers();
    let auth = format!("<auth xmlns='{SASL}' mechanism='PLAIN'>AA==</auth>");
    let legacy = "<iq type='set' id='a'><query xmlns='jabber:iq:auth'/></iq>".to_owned();
    for first_word in [auth, legacy, String::new()] {
        let mut server = Server::start(&config).await;
        let mut client = opened(&server).await;
        client.send(&first_word).await;
        server.logs(r#"code="tls-required""#).await;
        let log = server.log();
        let line = log.lines().find(|line| line.contains("tls-required")).unwrap_or_default();
        assert!(line.contains("WARN") && line.contains("set usetls=yes"), "{line}");
        assert!(line.contains("peer=127."), "{line}");
    }
    // Who begins TLS is not meant.
    let server = Server::start(&config).await;
    let mut client = opened(&server).await;
    client.starttls().await;
    client.open().await;
    sleep(Duration::from_secs(6)).await;
    assert!(!server.log().contains("tls-required"), "{}", server.log());
}

/// Silent from the start, silent after the header, and half a header: all are closed in time.
#[tokio::test]
async fn a_connection_that_never_logs_in_is_closed() {
    let config = Config::plain().servers().more("[xmpp.limits]\nlogin_time = \"2s\"\n");
    let server = Server::start(&config).await;
    let silent = Client::connect(server.address(), DOMAIN).await;
    let opened = opened(&server).await;
    let mut half = Client::connect(server.address(), DOMAIN).await;
    half.try_send(b"<?xml version='1.0'?><stream:str").await.unwrap();
    for mut client in [silent, opened, half] {
        let (_, end) = client.ending().await;
        assert!(matches!(end, End::StreamClosed | End::SocketClosed), "{end:?}");
    }
    scene::client(&server, "server1").await;
}

/// A thousand connections that never say anything do not keep a PBX out.
#[tokio::test]
async fn a_crowd_of_silent_connections_keeps_nobody_out() {
    let config =
        Config::plain().servers().more("[xmpp.limits]\nunauthenticated_per_address = 50\n");
    let server = Server::start(&config).await;
    let mut crowd = Vec::new();
    for _ in 0..200 {
        crowd.push(Client::connect(server.address(), DOMAIN).await);
    }
    let jid = format!("server1@{DOMAIN}/test");
    let other = std::net::Ipv4Addr::new(127, 0, 0, 77);
    let mut pbx = Client::connect_from(other, server.address(), DOMAIN).await;
    pbx.open().await;
    pbx.authenticate("server1", &Config::password("server1")).await.unwrap();
    pbx.bind("test").await;
    assert_eq!(pbx.jid(), jid);
}

async fn opened(server: &Server) -> Client {
    let mut client = Client::connect(server.address(), DOMAIN).await;
    client.open().await;
    client
}
