//! Which servers and which streams a relay has to do with, and that it says so plainly.

use std::time::Duration;

use lampfield_tests::afar::{Centre, LISTEN, Site, Trust, Way};
use lampfield_tests::asterisk::{Release, XmppConf};
use lampfield_tests::eventually::throughout;
use lampfield_tests::line::Quality;
use lampfield_tests::server::{Config, DOMAIN};
use lampfield_tests::xmpp::{Client, End};

/// The exit status for a wrong configuration.
const USAGE: i32 = 2;

#[tokio::test]
async fn a_server_with_another_key_is_never_used_and_its_fingerprint_is_named() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let wrong = Trust::Fingerprint("5f".repeat(32));
    let mut site = centre.site_trusting(wrong, Release::V22, quality()).await;
    site.asterisk.join().await;
    let found = centre.server.fingerprint();
    site.relay().logs(&found).await;
    throughout(Duration::from_secs(2), || async {
        if centre.server.is_connected("server1") { Err("it is in".to_owned()) } else { Ok(()) }
    })
    .await;
    site.relay().kill();
    site.relay().trust(Trust::Fingerprint(found));
    site.relay().run().await;
    site.asterisk.connected().await;
}

#[tokio::test]
async fn the_right_server_is_known_by_its_key_its_certificate_and_its_file() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let colons = centre.server.fingerprint().to_uppercase();
    let colons: Vec<_> = colons.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
    let key = Trust::Fingerprint(centre.server.key_fingerprint());
    let mut site = centre.site_trusting(key, Release::V22, quality()).await;
    site.connect().await;
    let file = Trust::Ca(centre.server.certificate_file());
    for trust in [Trust::Fingerprint(colons.join(":")), file] {
        site.relay().kill();
        site.relay().trust(trust);
        site.relay().run().await;
        let jid = format!("server2@{DOMAIN}/x");
        client(&site).log_in(&jid, &Config::password("server2")).await;
    }
}

#[tokio::test]
async fn a_server_without_tls_ends_the_relay() {
    let mut centre = Centre::start_as(&Config::plain().servers()).await;
    let any = Trust::Fingerprint("5f".repeat(32));
    let mut site = centre.site_trusting(any, Release::V22, quality()).await;
    site.asterisk.join().await;
    let status = site.relay().ends().await;
    assert_eq!(status.code(), Some(USAGE));
    let log = site.relay().log();
    assert!(log.contains("offers no TLS"), "{log}");
}

#[tokio::test]
async fn a_stream_cannot_change_its_domain() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut site = centre.site(Release::V22, Way::Relay, quality()).await;
    let mut client = client(&site);
    client.open().await;
    let answer = client.plain("", "server1", &Config::password("server1")).await;
    assert_eq!(answer.name, "success");
    client.turn_to("other.example");
    client.send_header().await;
    assert_eq!(client.ending().await, (Some("host-unknown".to_owned()), End::StreamClosed));
    site.relay().logs("another domain").await;
}

#[tokio::test]
async fn a_login_without_sasl_is_refused_with_its_reason() {
    let mut centre = Centre::start(Config::plain().servers()).await;
    let mut site = centre.site(Release::V22, Way::Relay, quality()).await;
    let old = XmppConf { sasl: false, ..site.conf(5) };
    let mut asterisk = site.another_as(5, Release::V22, old).await;
    asterisk.join().await;
    site.relay().logs("usesasl=yes").await;
}

fn client(site: &Site) -> Client {
    Client::connect_in(&site.machine, LISTEN, DOMAIN)
}

fn quality() -> Quality {
    Quality::round_trip(Duration::from_millis(20))
}
