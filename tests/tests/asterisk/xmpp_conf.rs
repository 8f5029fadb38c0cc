//! What the manual says of changes in `xmpp.conf`: a reload takes up most of them, and the longer way the others,
//! also on an Asterisk that has `chan_motif` loaded, as Debian's packages have.

use std::time::{Duration, Instant};

use lampfield_tests::asterisk::{Asterisk, Release, Setup, XmppConf};
use lampfield_tests::scene::xmpp_conf;
use lampfield_tests::server::{Config, Server};

const MESSAGES: &str = include_str!("../../../docs/messages.md");
const RELOAD: &str = "module reload res_xmpp.so";
/// When nothing has come of a reload, nothing will.
const IN_VAIN: Duration = Duration::from_secs(6);
/// It may have tried a few times before.
const WITHIN: Duration = Duration::from_secs(40);

#[derive(PartialEq)]
enum Tls {
    Off,
    Required,
}

#[tokio::test]
async fn a_reload_takes_up_another_secret_or_domain_and_usesasl() {
    for release in [Release::V22, Release::V16] {
        for (right, wrong) in [
            ("secret=", "secret=another-"),
            ("@asterisk.example/", "@elsewhere.example/"),
            ("usesasl=yes", "usesasl=no"),
        ] {
            let (server, mut asterisk, conf) = with(release, Tls::Off, right, wrong).await;
            assert!(!lights(&server, &asterisk, Duration::ZERO).await, "{wrong} does no harm");
            asterisk.configure(&conf);
            asterisk.console(RELOAD);
            assert!(lights(&server, &asterisk, WITHIN).await, "{release:?} {wrong}");
        }
    }
}

#[tokio::test]
async fn what_a_reload_does_not_take_up_is_loaded_anew() {
    for release in [Release::V22, Release::V16] {
        for (right, wrong) in [
            ("pubsub_node=pubsub.", "pubsub_node=publish."),
            ("distribute_events=yes", "distribute_events=no"),
            ("usetls=yes", "usetls=no"),
        ] {
            let (server, mut asterisk, conf) = with(release, Tls::Required, right, wrong).await;
            asterisk.configure(&conf);
            asterisk.console(RELOAD);
            assert!(
                !lights(&server, &asterisk, IN_VAIN).await,
                "{release:?} {wrong}: a reload does"
            );
            for command in load_anew() {
                asterisk.console(command);
            }
            assert!(lights(&server, &asterisk, WITHIN).await, "{release:?} {wrong}");
        }
    }
}

/// The commands of the manual.
fn load_anew() -> Vec<&'static str> {
    let row = MESSAGES.lines().find(|line| line.starts_with("| `load-anew` |")).expect("its row");
    let commands: Vec<_> = row.split("asterisk -rx '").skip(1).collect();
    assert_eq!(commands.len(), 4, "{row}");
    commands.iter().filter_map(|rest| Some(rest.split_once('\'')?.0)).collect()
}

/// One that has read `wrong` in place of `right`, with what would have been right.
async fn with(release: Release, tls: Tls, right: &str, wrong: &str) -> (Server, Asterisk, String) {
    let config = match tls {
        Tls::Off => Config::plain(),
        Tls::Required => Config::plain().with_tls(),
    };
    let mut server = Server::start(&config.servers()).await;
    let conf = XmppConf { tls: tls == Tls::Required, ..xmpp_conf(&mut server, 1) }.to_string();
    let spoilt = conf.replace(right, wrong);
    assert_ne!(spoilt, conf, "it has no {right}");
    let motif = "[default]\ncontext=default\n";
    let setup = Setup::new(1, spoilt).release(release).file("motif.conf", motif);
    let asterisk = Asterisk::start(setup).await;
    asterisk.console("module load chan_motif.so");
    let refused = asterisk.console("module unload res_xmpp.so");
    assert!(refused.contains("Unable to unload"), "{refused}");
    let again = asterisk.console("module load res_xmpp.so");
    assert!(again.contains("Unable to load module"), "{again}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    (server, asterisk, conf)
}

/// Whether a state of this Asterisk comes to the server in time, and one of the server to it.
async fn lights(server: &Server, asterisk: &Asterisk, within: Duration) -> bool {
    let begun = Instant::now();
    for state in ["INUSE", "BUSY"].iter().cycle() {
        server.tell(&["set", "Custom:heard", state, "--keep"], "");
        asterisk.set_state("Custom:said", state).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let is_heard = asterisk.state("Custom:heard").await == *state;
        if is_heard && server.status()["counters"]["lamps"] == 2 {
            return true;
        }
        if begun.elapsed() > within {
            break;
        }
    }
    false
}
