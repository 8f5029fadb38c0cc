//! What `status` shows in the first minutes of those who do not get as far as lighting a lamp.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::client::Client;
use crate::server::Server;

const DOMAIN: &str = "a.example";

fn server() -> Server {
    let account = format!(
        "\n[[domain]]\nname = '{DOMAIN}'\n[[domain.account]]\nname = 'pbx-1'\npassword = 'right'\n"
    );
    Server::start_with(&account, "tls = 'optional'\nclear_text_auth = true\n")
}

/// Waits until `status` has these words: a PBX is not silent before it has had a moment.
fn shows(server: &Server, words: &str) -> String {
    let begun = std::time::Instant::now();
    loop {
        let text = server.ask(&["status"]).out;
        if text.contains(words) {
            return text;
        }
        assert!(begun.elapsed().as_secs() < 30, "no {words:?} in {text}");
    }
}

#[test]
fn a_pbx_that_says_nothing_is_shown_with_the_usual_reason() {
    let server = server();
    let mut pbx = Client::log_in(server.address(), DOMAIN, "pbx-1", "right");
    let text = shows(&server, "Connected, but has published nothing yet");
    assert!(text.contains("pbx-1@a.example from 127.0.0.1, for "), "{text}");
    assert!(
        text.contains("mend  set distribute_events=yes and pubsub_node=pubsub.a.example"),
        "{text}"
    );
    assert!(text.contains("the server is well, but 1 PBX is silent"), "{text}");
    assert!(!text.contains("No PBX is connected"), "{text}");
    pbx.subscribe("pbx-1", "device_state");
    let text = shows(&server, "hears the others");
    assert!(text.contains("mend  run core show hints"), "{text}");
    pbx.publish_device("02:00:00:00:00:01", "PJSIP/1", "INUSE");
    let text = server.ask(&["status"]).out;
    assert!(!text.contains("has published nothing"), "{text}");
}

#[test]
fn refused_logins_are_told_by_cause_until_they_are_mended() {
    let server = server();
    for (name, password) in [("pbx-1", "wrong"), ("pbx-1", "wrong again"), ("pbx-l", "right")] {
        assert!(!Client::connect(server.address(), DOMAIN).authenticate(name, password));
    }
    Client::connect(server.address(), "b.example");
    let ran = server.ask(&["status"]);
    assert_eq!(ran.code, Some(0), "anybody can be refused: {}", ran.out);
    // As it must be typed to reach this server.
    let mend =
        |rest: &str| format!("mend  lampfield --config {} {rest}", server.config().display());
    for line in [
        "Logins refused in the last 10 minutes",
        "wrong password: pbx-1@a.example 2 times, ",
        &mend("invite pbx-1@a.example   prints the secret"),
        "unknown account: pbx-l@a.example once, ",
        &mend("invite pbx-l@a.example   makes the account"),
        "unknown domain: b.example once, ",
        "served here: a.example",
    ] {
        assert!(ran.out.contains(line), "no {line:?} in {}", ran.out);
    }
    let refused = server.ask(&["status", "--json"]).json()["refused_logins"].clone();
    assert_eq!(refused[0]["cause"], "unknown-domain", "the latest first: {refused}");
    Client::log_in(server.address(), DOMAIN, "pbx-1", "right");
    let text = server.ask(&["status"]).out;
    assert!(!text.contains("wrong password") && text.contains("unknown account"), "{text}");
}

/// An invitation would print no password of theirs, and no domain can have the name of an address.
#[test]
fn the_remedy_of_a_refused_login_fits_its_account() {
    let server = server();
    server.ask_with(&["user", "add", "own"], "quite-good-1\n");
    server.ask_with(&["user", "add", "anna", "--role", "user"], "quite-good-1\n");
    for name in ["own", "anna"] {
        assert!(!Client::connect(server.address(), DOMAIN).authenticate(name, "wrong"));
    }
    Client::connect(server.address(), "192.0.2.7");
    let mut component = TcpStream::connect(server.address()).expect("a listener");
    write!(
        component,
        "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' to='pbx.{DOMAIN}' \
         xmlns:stream='http://etherx.jabber.org/streams'>"
    )
    .expect("a server");
    component.read_to_string(&mut String::new()).expect("its end");
    let text = server.ask(&["status"]).out;
    for line in [
        " invite own@a.example --rotate   makes a new secret",
        " user passwd anna@a.example   gives it another password",
        "component: pbx.a.example once",
        "type=component is not served: set type=client",
        "served here: a.example (an IP address is no domain)",
    ] {
        assert!(text.contains(line), "no {line:?} in {text}");
    }
    assert!(!text.contains("domain add"), "{text}");
}

#[test]
fn a_pbx_without_tls_is_told_what_it_lacks() {
    let server = Server::start("");
    let mut pbx = Client::connect(server.address(), "localhost");
    pbx.tell("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>");
    pbx.hear_the_end();
    let text = server.ask(&["status"]).out;
    assert!(text.contains("no tls: once, ") && text.contains("mend  set usetls=yes"), "{text}");
    assert!(text.contains("lampfield help load-anew"), "{text}");
    let help = crate::server::lampfield(&["help", "load-anew"]).out;
    let unload = help.find("unload chan_motif.so").expect("its user first");
    assert!(help.find("unload res_xmpp.so").is_some_and(|then| then > unload), "{help}");
}

#[test]
fn who_does_not_accept_the_certificate_is_told_of() {
    let server = Server::start("");
    let secret = server.data().with_file_name("secret");
    std::fs::write(&secret, "x\n").expect("a file");
    let (secret, other) = (secret.display().to_string(), "ab".repeat(32));
    let refused =
        ["fake-pbx", "pbx-1@localhost", "--to", server.address(), "--fingerprint", &other];
    let ran = server.ask(&[&refused[..], &["--password-file", &secret]].concat());
    assert!(ran.err.contains("has another fingerprint"), "{}", ran.err);
    let text = shows(&server, "certificate refused: once, ");
    assert!(text.contains(" from 127.0.0.1\n     mend  its --fingerprint must be"), "{text}");
    // Whoever talks no TLS at all is none of them.
    Client::connect(server.address(), "localhost").tell("GET / HTTP/1.1\r\n\r\n");
    let text = server.ask(&["status"]).out;
    assert!(text.contains("certificate refused: once, "), "{text}");
}
