//! Which servers a relay may be used with, and what it does where there is none.

use std::fs;
use std::net::SocketAddrV4;
use std::time::Duration;

use lampfield_tests::afar::{Relay, Trust};
use lampfield_tests::server::{Config, DOMAIN, PORT, Server};
use lampfield_tests::stanzas::publish;
use lampfield_tests::xmpp::Client;
use tokio::time::timeout;

/// The exit status for a wrong configuration.
const USAGE: i32 = 2;
const BACK: Duration = Duration::from_secs(5);

fn at(server: &Server, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(*server.address().ip(), port)
}

async fn pbx(relay: &Relay, name: &str) -> Client {
    Client::login(relay.address(), &format!("{name}@{DOMAIN}/asterisk"), &Config::password(name))
        .await
}

#[tokio::test]
async fn servers_without_tls_end_the_relay() {
    let server = Server::start(&Config::plain().servers()).await;
    let any = Trust::Fingerprint("5f".repeat(32));
    let servers = [server.address(); 2];
    let mut relay = Relay::start_here(at(&server, PORT + 1), &servers, any).await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.send_header().await;
    assert_eq!(relay.ends().await.code(), Some(USAGE), "{}", relay.log());
}

/// One that is away may have TLS when it is back.
#[tokio::test]
async fn a_server_without_tls_ends_no_relay_while_another_one_is_away() {
    let server = Server::start(&Config::plain().servers()).await;
    let any = Trust::Fingerprint("5f".repeat(32));
    let servers = [at(&server, PORT + 2), server.address()];
    let relay = Relay::start_here(at(&server, PORT + 1), &servers, any).await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.send_header().await;
    relay.logs("no TLS").await;
    // It is there for the next as well.
    Client::connect(relay.address(), DOMAIN).await.send_header().await;
}

/// Port 5223 may lead to the listener that expects clear text.
#[tokio::test]
async fn clear_text_where_tls_should_begin_is_no_tls() {
    let direct = 5_223;
    let server = Server::start(&Config::plain().servers()).await;
    let clear = std::net::TcpListener::bind(at(&server, direct)).unwrap();
    let answers = std::thread::spawn(move || {
        let (mut socket, _) = clear.accept().unwrap();
        std::io::Write::write_all(&mut socket, b"<?xml version='1.0'?><stream:stream>").unwrap();
        let _ = std::io::Read::read_to_end(&mut socket, &mut Vec::new());
    });
    let any = Trust::Fingerprint("5f".repeat(32));
    let servers = [at(&server, direct)];
    let mut relay = Relay::start_here(at(&server, PORT + 1), &servers, any).await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.send_header().await;
    assert_eq!(relay.ends().await.code(), Some(USAGE), "{}", relay.log());
    answers.join().unwrap();
}

/// It would end the streams of those that are carried.
#[tokio::test]
async fn a_relay_that_has_found_tls_does_not_end_for_want_of_it() {
    let config = Config::plain().servers();
    let mut server = Server::start(&config.clone().with_optional_tls()).await;
    let trust = Trust::Fingerprint(server.fingerprint());
    let relay = Relay::start_here(at(&server, PORT + 1), &[server.address()], trust).await;
    let mut first = pbx(&relay, "server1").await;
    server.kill();
    server.configure(&config);
    server.run().await;
    let mut second = Client::connect(relay.address(), DOMAIN).await;
    second.send_header().await;
    relay.logs("offers no TLS").await;
    server.kill();
    server.configure(&config.with_optional_tls());
    server.run().await;
    first.send(&publish("p", "02:00:00:00:00:01", "PJSIP/1", "INUSE")).await;
    let answer = first.until(|stanza| stanza.attr("id") == Some("p"));
    timeout(BACK, answer).await.expect("its stream goes on");
}

#[tokio::test]
async fn a_fingerprint_or_a_signature_is_enough() {
    let server = Server::start(&Config::plain().servers().with_optional_tls()).await;
    let other = Server::start(&Config::plain().with_optional_tls()).await;
    assert!(fs::exists(other.certificate_file()).unwrap());
    for (number, trust) in [
        (1, Trust::Either("5f".repeat(32), server.certificate_file())),
        (2, Trust::Either(server.fingerprint(), other.certificate_file())),
    ] {
        let listen = at(&server, PORT + number);
        let relay = Relay::start_here(listen, &[server.address()], trust).await;
        timeout(BACK, pbx(&relay, &format!("server{number}"))).await.expect("it is the right one");
    }
}
