//! A relay with several servers, or with one of several addresses, of which not all are the right one.

use std::net::SocketAddrV4;
use std::time::Duration;

use lampfield_tests::afar::{Relay, Trust};
use lampfield_tests::server::{Config, DOMAIN, PORT, Server};
use lampfield_tests::xmpp::Client;
use tokio::time::{sleep, timeout};

/// The exit status for a wrong configuration.
const USAGE: i32 = 2;
const BACK: Duration = Duration::from_secs(5);
const NAME: &str = "lamps.example.org";

/// One that knows the PBXs, and one that does not.
struct Scene {
    right: Server,
    wrong: Server,
    listen: SocketAddrV4,
}

impl Scene {
    async fn new() -> Self {
        let right = Server::start(&Config::plain().servers().with_optional_tls()).await;
        let wrong = Server::start(&Config::plain().with_optional_tls()).await;
        let listen = SocketAddrV4::new(*right.address().ip(), PORT + 1);
        Self { right, wrong, listen }
    }

    /// Either is trusted.
    async fn relay(&self, servers: &[SocketAddrV4]) -> Relay {
        let trust = Trust::Either(self.right.fingerprint(), self.wrong.certificate_file());
        Relay::start_here(self.listen, servers, trust).await
    }
}

async fn pbx(relay: &Relay) -> Client {
    let jid = format!("server1@{DOMAIN}/asterisk");
    Client::login(relay.address(), &jid, &Config::password("server1")).await
}

#[tokio::test]
async fn who_is_refused_by_one_server_is_let_in_by_another() {
    let scene = Scene::new().await;
    let relay = scene.relay(&[scene.wrong.address(), scene.right.address()]).await;
    timeout(BACK, pbx(&relay)).await.expect("it is let in");
    let log = relay.log();
    let told = format!("target={}", scene.wrong.address());
    assert!(
        log.lines().any(|line| line.contains("not-authorized") && line.contains(&told)),
        "{log}"
    );
}

#[tokio::test]
async fn who_is_refused_by_all_is_sent_away_and_the_log_names_each() {
    let scene = Scene::new().await;
    let (one, other) = (scene.wrong.address(), scene.right.address());
    let relay = scene.relay(&[one, other]).await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.open().await;
    let login = timeout(BACK, client.authenticate("server1", "guessed")).await;
    assert!(login.expect("it is told").is_err());
    let say = |what: &str| format!("{one}: {what}; {other}: {what} code=\"refused\"");
    relay.logs(&say("the server refuses the PBX: not-authorized")).await;
    // Said before TLS.
    let mut client = Client::connect(relay.address(), "elsewhere.example").await;
    client.send_header().await;
    timeout(BACK, client.ending()).await.expect("it is told");
    let unknown = "host-unknown: no domain \"elsewhere.example\" here";
    relay.logs(&say(&format!("the server closed the stream: {unknown}"))).await;
}

#[tokio::test]
async fn who_is_refused_while_another_server_is_away_waits_for_that() {
    let mut scene = Scene::new().await;
    scene.right.kill();
    let relay = scene.relay(&[scene.wrong.address(), scene.right.address()]).await;
    let login = async { timeout(4 * BACK, pbx(&relay)).await.expect("it is let in") };
    let starts = async {
        relay.logs("not-authorized").await;
        sleep(BACK).await;
        scene.right.run().await;
    };
    tokio::join!(login, starts);
    let refused = scene.wrong.log().matches("login failed").count();
    assert!(refused <= 1, "it is asked again and again: {}", scene.wrong.log());
}

/// That relay knows it from an Asterisk with a wrong section.
#[tokio::test]
async fn a_relay_that_is_led_to_another_one_is_told_from_an_asterisk() {
    let scene = Scene::new().await;
    let first = scene.relay(&[scene.right.address()]).await;
    let listen = SocketAddrV4::new(*scene.right.address().ip(), PORT + 2);
    let trust = Trust::Fingerprint(scene.right.fingerprint());
    let second = Relay::start_here(listen, &[first.address()], trust).await;
    let mut client = Client::connect(second.address(), DOMAIN).await;
    client.send_header().await;
    client.ending().await;
    second.logs("a relay answered, not a server").await;
    first.logs("another relay connects here: its --to must name the server").await;
    assert!(!first.log().contains("usetls"), "{}", first.log());
}

#[tokio::test]
async fn of_a_name_every_address_is_tried() {
    let right = Server::start(&Config::plain().servers().with_optional_tls()).await;
    let clear = Server::start(&Config::plain().servers()).await;
    let at = |number| SocketAddrV4::new(*right.address().ip(), PORT + number);
    let dead = {
        let [a, b, c, _] = right.address().ip().octets();
        SocketAddrV4::new([a, b, c, 250].into(), PORT)
    };
    for (number, addresses) in
        [[clear.address(), right.address()], [dead, right.address()]].iter().enumerate()
    {
        let trust = Trust::Fingerprint(right.fingerprint());
        let listen = at(1 + number as u16);
        let relay = Relay::start_to_name(listen, NAME, addresses, trust).await;
        timeout(BACK, pbx(&relay)).await.expect("it is let in");
    }
    let any = Trust::Fingerprint(right.fingerprint());
    let addresses = [clear.address(), dead];
    let mut relay = Relay::start_to_name(at(3), NAME, &addresses, any).await;
    let mut client = Client::connect(relay.address(), DOMAIN).await;
    client.send_header().await;
    assert_eq!(relay.ends().await.code(), Some(USAGE), "{}", relay.log());
}
