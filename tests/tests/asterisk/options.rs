//! Every way an operator may have configured stock Asterisk: encrypted, with collection nodes,
//! with autocreate, without SASL, old and new together, with the buddy lines of the classic guide.

use std::time::Duration;

use lampfield_tests::asterisk::{Asterisk, Release, Setup, XmppConf};
use lampfield_tests::eventually::{SOON, eventually};
use lampfield_tests::scene::{self, connected, xmpp_conf};
use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, Server};

#[tokio::test]
async fn tls_with_the_self_made_certificate() {
    let mut server = Server::start(&Config::plain().with_tls().servers()).await;
    let tls = |conf: XmppConf| XmppConf { tls: true, ..conf };
    let a = connected(Setup::new(1, tls(xmpp_conf(&mut server, 1)))).await;
    let b = connected(Setup::new(2, tls(xmpp_conf(&mut server, 2)))).await;
    exchange(&a, &b).await;
    late_joiner_knows(&a, Setup::new(3, tls(xmpp_conf(&mut server, 3)))).await;
}

/// Asterisk reads at most 16,382 bytes of a TLS record at once and forgets the rest until more
/// comes: a large snapshot shows whether the records are small enough.
#[tokio::test]
async fn a_large_snapshot_over_tls() {
    let mut server = Server::start(&Config::plain().with_tls().servers()).await;
    let mut pbx = ScriptedPbx::login(server.address(), "server5", 5).await;
    pbx.publish_many(3_000, "INUSE").await;
    for release in [Release::V22, Release::V16] {
        let number = if release == Release::V22 { 1 } else { 2 };
        let conf = XmppConf { tls: true, ..xmpp_conf(&mut server, number) };
        let asterisk = connected(Setup::new(number, conf).release(release)).await;
        eventually(SOON, || async {
            let states = asterisk.states().await;
            let shown = states.keys().filter(|device| device.starts_with("PJSIP/5-")).count();
            if shown == 3_000 { Ok(()) } else { Err(format!("{shown} of 3,000 devices")) }
        })
        .await;
    }
}

#[tokio::test]
async fn collection_nodes() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let collecting = |conf: XmppConf| general(conf, &["collection_nodes=yes"]);
    let mut a = connected(Setup::new(1, collecting(xmpp_conf(&mut server, 1)))).await;
    let b = connected(Setup::new(2, collecting(xmpp_conf(&mut server, 2)))).await;
    exchange(&a, &b).await;
    // One that collects and one that does not share the same states.
    let c = scene::asterisk(&mut server, 3).await;
    exchange(&a, &c).await;
    late_joiner_knows(&a, Setup::new(4, collecting(xmpp_conf(&mut server, 4)))).await;
    a.set_state("Custom:left", "INUSE").await;
    b.sees("Custom:left", "INUSE").await;
    a.kill();
    b.sees("Custom:left", "UNKNOWN").await;
}

#[tokio::test]
async fn pubsub_autocreate() {
    for more in [&["pubsub_autocreate=yes"][..], &["pubsub_autocreate=yes", "collection_nodes=yes"]]
    {
        let mut server = Server::start(&Config::plain().servers()).await;
        let a = connected(Setup::new(1, general(xmpp_conf(&mut server, 1), more))).await;
        let b = connected(Setup::new(2, general(xmpp_conf(&mut server, 2), more))).await;
        exchange(&a, &b).await;
    }
}

#[tokio::test]
async fn login_without_sasl_for_an_account_that_may() {
    let config = Config::plain().servers().account("old", "legacy_auth = true");
    let mut server = Server::start(&config).await;
    let mut conf = XmppConf { sasl: false, ..xmpp_conf(&mut server, 1) };
    conf.user = "old".to_owned();
    conf.secret = Config::password("old");
    let a = connected(Setup::new(1, conf)).await;
    let b = scene::asterisk(&mut server, 2).await;
    exchange(&a, &b).await;
}

#[tokio::test]
async fn login_without_sasl_is_refused_to_others() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let conf = XmppConf { sasl: false, ..xmpp_conf(&mut server, 1) };
    let a = Asterisk::start(Setup::new(1, conf)).await;
    server.logs("legacy_auth").await;
    assert!(!a.console("xmpp show connections").contains("- Connected"));
}

#[tokio::test]
async fn asterisk_16_and_22_together() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let old = Setup::new(1, xmpp_conf(&mut server, 1)).release(Release::V16);
    let mut old = connected(old).await;
    let new = scene::asterisk(&mut server, 2).await;
    exchange(&old, &new).await;
    let late = Setup::new(3, xmpp_conf(&mut server, 3)).release(Release::V16);
    late_joiner_knows(&new, late).await;
    old.set_state("Custom:left", "INUSE").await;
    new.sees("Custom:left", "INUSE").await;
    old.kill();
    new.sees("Custom:left", "UNKNOWN").await;
}

#[tokio::test]
async fn asterisk_16_with_tls() {
    let mut server = Server::start(&Config::plain().with_tls().servers()).await;
    let tls = |conf: XmppConf| XmppConf { tls: true, ..conf };
    let old = Setup::new(1, tls(xmpp_conf(&mut server, 1))).release(Release::V16);
    let old = connected(old).await;
    let new = connected(Setup::new(2, tls(xmpp_conf(&mut server, 2)))).await;
    exchange(&old, &new).await;
}

/// The xmpp.conf of the guide in Asterisk's documentation: full JIDs as buddies, autoregister.
#[tokio::test]
async fn the_classic_guide() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let guide = |mut conf: XmppConf, buddy: &str| {
        conf.client =
            vec![format!("buddy={buddy}@asterisk.example/{buddy}"), "priority=1".to_owned()];
        general(conf, &["debug=no", "autoprune=no", "autoregister=yes", "auth_policy=accept"])
    };
    let a = guide(xmpp_conf(&mut server, 1), "server2");
    let a = connected(Setup::new(1, a)).await;
    let b = guide(xmpp_conf(&mut server, 2), "server1");
    let b = connected(Setup::new(2, b).hint("1234", "Custom:mystate")).await;
    a.set_state("Custom:mystate", "INUSE").await;
    b.sees("Custom:mystate", "INUSE").await;
    b.hint_shows("1234", "InUse").await;
    shows_buddy(&a, &["Resource: server2"]).await;
}

/// An Asterisk that reads a blank first takes it for a sign of life and pings at once, from the
/// thread that reads: a TLS record must not begin with one.
#[tokio::test]
async fn blanks_between_records_provoke_no_ping() {
    for release in [Release::V22, Release::V16] {
        let config = Config::plain().with_tls().servers().account("boss", "role = \"admin\"");
        let mut server = Server::start(&config).await;
        let conf = XmppConf { tls: true, ..xmpp_conf(&mut server, 1) };
        let a = connected(Setup::new(1, conf).release(release)).await;
        a.record_stanzas();
        let mut boss = scene::client(&server, "boss").await;
        let blanks = "x         ".repeat(4_000);
        for end in ["", "x", "xx", "last"] {
            boss.send(&format!(
                "<message to='server1@asterisk.example' type='chat'><body>{blanks}{end}</body></message>"
            ))
            .await;
        }
        eventually(SOON, || async {
            if a.stanzas().contains("last</body>") {
                Ok(())
            } else {
                Err(format!("{} bytes of stanzas", a.stanzas().len()))
            }
        })
        .await;
        a.set_state("Custom:after", "INUSE").await;
        eventually(SOON, || async {
            if a.stanzas().contains("Custom:after") {
                Ok(())
            } else {
                Err(format!("{} bytes of stanzas", a.stanzas().len()))
            }
        })
        .await;
        assert!(!a.stanzas().contains("urn:xmpp:ping"), "it was made to ping");
    }
}

/// With and without `show_caps`, and from one to the other.
#[tokio::test]
async fn buddies_show_their_resource_and_more_if_the_domain_shows_caps() {
    for release in [Release::V22, Release::V16] {
        let config = Config::plain().servers();
        let mut server = Server::start(&config).await;
        let a = connected(Setup::new(1, xmpp_conf(&mut server, 1)).release(release)).await;
        let mut b = connected(Setup::new(2, xmpp_conf(&mut server, 2))).await;
        shows_buddy(&a, &["Resource: server2"]).await;
        let shown = a.console("xmpp show buddies");
        assert!(!shown.contains("version: asterisk-xmpp"), "{shown}");
        assert!(!shown.contains("Jingle capable: yes"), "{shown}");

        server.reload(&config.domain("show_caps = true")).await;
        b.stop().await;
        b.run().await;
        b.connected().await;
        let all = ["Resource: server2", "version: asterisk-xmpp", "Jingle capable: yes"];
        shows_buddy(&a, &all).await;
    }
}

async fn shows_buddy(asterisk: &Asterisk, all: &[&str]) {
    eventually(SOON, || async {
        let shown = asterisk.console("xmpp show buddies");
        if all.iter().all(|part| shown.contains(part)) { Ok(()) } else { Err(shown) }
    })
    .await;
}

/// The console's own PubSub commands; none may hurt the others' lamps.
#[tokio::test]
async fn the_consoles_pubsub_commands() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let a = scene::asterisk(&mut server, 1).await;
    let mut b = scene::asterisk(&mut server, 2).await;
    a.set_state("Custom:x", "INUSE").await;
    b.sees("Custom:x", "INUSE").await;
    for command in [
        "xmpp create collection asterisk somewhere",
        "xmpp create leaf asterisk somewhere leaf",
        "xmpp list nodes asterisk",
        "xmpp purge nodes asterisk",
        "xmpp delete node asterisk device_state",
    ] {
        b.console(command);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    b.assert_alive();
    assert_eq!(b.state("Custom:x").await, "INUSE");
    a.set_state("Custom:x", "ONHOLD").await;
    b.sees("Custom:x", "ONHOLD").await;
}

fn general(conf: XmppConf, lines: &[&str]) -> XmppConf {
    let general = lines.iter().map(|line| (*line).to_owned()).collect();
    XmppConf { general, ..conf }
}

/// States and mailboxes, both ways.
async fn exchange(a: &Asterisk, b: &Asterisk) {
    for (from, to, name) in [(a, b, "there"), (b, a, "back")] {
        let mark = to.ami().mark();
        // Other names for other pairs: what is known already is passed on to nobody.
        let name = format!("{name}-{}-{}", a.eid(), b.eid()).replace(':', "");
        let (device, mailbox) = (format!("Custom:{name}"), format!("{name}@default"));
        from.set_state(&device, "RINGING").await;
        to.sees(&device, "RINGING").await;
        from.set_mailbox(&mailbox, 3, 1).await;
        mailbox_arrives(from, to, mark, &mailbox).await;
        from.set_state(&device, "NOT_INUSE").await;
        to.sees(&device, "NOT_INUSE").await;
    }
}

/// The counts 3 and 1 that one PBX has said of a mailbox reach the other.
async fn mailbox_arrives(from: &Asterisk, to: &Asterisk, mark: usize, mailbox: &str) {
    // COMPAT(asterisk<=22): it breaks its own TLS links now and then (docs/tls.md), and a count said
    // into such a link is never repeated, unlike a state: so it is said again here.
    for _ in 0..if from.over_tls() { 3 } else { 0 } {
        let seen = to.sees_mailbox(mark, mailbox, 3, 1);
        if tokio::time::timeout(Duration::from_secs(4), seen).await.is_ok() {
            return;
        }
        from.set_mailbox(mailbox, 3, 1).await;
    }
    to.sees_mailbox(mark, mailbox, 3, 1).await;
}

async fn late_joiner_knows(publisher: &Asterisk, setup: Setup) {
    publisher.set_state("Custom:early", "BUSY").await;
    publisher.set_mailbox("early@default", 3, 1).await;
    let late = connected(setup).await;
    late.sees("Custom:early", "BUSY").await;
    mailbox_arrives(publisher, &late, 0, "early@default").await;
}
