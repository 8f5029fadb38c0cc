//! What `invite` prints, by either way, and that it works as it is printed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::server::{Server, free_address};

/// Not only on loopback, and yet reached by nobody else.
const OPEN: &str = "listen_tls = ['0.0.0.0:0']\n";

/// The SHA-256 of the certificate that the server has made.
fn fingerprint(server: &Server) -> String {
    let pem = fs::read_to_string(server.data().join("tls/localhost.pem")).expect("a certificate");
    let body: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
    let der = STANDARD.decode(body).expect("base64");
    Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A relay as it is to be run, but for its address.
struct Relay(Child);

impl Relay {
    fn run(command: &str, listen: &str) -> Self {
        let command = command.replace("127.0.0.1:5222", listen);
        let arguments = command.split_whitespace().skip(1);
        let mut relay = Command::new(env!("CARGO_BIN_EXE_lampfield"));
        let mut relay = relay.args(arguments).stderr(Stdio::piped()).spawn().expect("a relay");
        let mut said = BufReader::new(relay.stderr.take().expect("a pipe")).lines();
        let first = said.next().expect("a line").expect("text");
        assert!(first.starts_with("lampfield relay ready"), "{first}");
        std::thread::spawn(move || said.for_each(drop));
        Self(relay)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_fingerprint_is_shown_in_full() {
    let server = Server::start("");
    let fingerprint = fingerprint(&server);
    let status = server.ask(&["status", "--json"]).json();
    assert_eq!(status["certificates"][0]["fingerprint"], *fingerprint, "{status}");
    assert_eq!(status["certificates"][0]["domain"], "localhost", "{status}");
    let shown = server.ask(&["status"]).out;
    let key = status["certificates"][0]["key_fingerprint"].as_str().expect("its key's");
    for print in [&*fingerprint, key] {
        assert!(shown.lines().any(|line| line.trim() == print), "{shown}");
    }
    let invite = server.ask(&["invite", "pbx-2", "--json"]).json();
    assert_eq!(invite["fingerprint"], *fingerprint, "{invite}");
}

#[test]
fn an_invitation_by_relay_has_all_that_belongs_to_it() {
    let server = Server::start("");
    let invite = server.ask(&["invite", "pbx-2", "--json"]).json();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let direct = text(&invite["block"]);
    assert!(direct.contains("usetls=yes") && direct.contains("port="), "{direct}");
    let relay = &invite["relay"];
    let address = server.address();
    let command = text(&relay["command"]);
    let begin = format!(
        "lampfield relay --listen 127.0.0.1:5222 --to {address} --fingerprint {}",
        fingerprint(&server)
    );
    assert!(command.starts_with(&begin), "{command}");
    let unit = text(&relay["unit"]);
    assert!(unit.contains(&format!("ExecStart=/usr/local/bin/{command}\n")), "{unit}");
    assert!(text(&relay["socket_unit"]).contains("ListenStream=127.0.0.1:5222\n"));
    let block = text(&relay["block"]);
    // The port too: Asterisk merges two sections of one name.
    for line in ["serverhost=127.0.0.1", "port=5222", "usetls=no", "usesasl=yes"] {
        assert!(block.lines().any(|one| one == line), "{block}");
    }
    let secret =
        |block: &str| block.lines().find(|line| line.starts_with("secret=")).map(str::to_owned);
    assert_eq!(secret(&block), secret(&direct));
    let copy = text(&relay["copy"]);
    let binary = env!("CARGO_BIN_EXE_lampfield");
    assert_eq!(copy, format!("scp {binary} root@pbx-2:/usr/local/bin/lampfield"));
}

#[test]
fn the_relays_way_is_printed_where_others_can_connect() {
    let server = Server::start_with("", OPEN);
    let shown = server.ask(&["invite", "pbx-2"]).out;
    let parts = [
        "apt install ./lampfield-relay_",
        "echo 'LAMPFIELD_RELAY=\"--to ",
        "' > /etc/default/lampfield-relay\n",
        "systemctl restart lampfield-relay.service",
        "dnf install ./lampfield-relay-",
        "that of its key; one match is enough",
        "/etc/asterisk/xmpp.conf, replacing any section [lampfield] that is there:",
        "usetls=no",
        "asterisk -rx \"module reload res_xmpp.so\"",
        "asterisk -rx \"module load res_xmpp.so\"",
        "xmpp show connections",
        "scp ",
        "/etc/systemd/system/lampfield-relay.socket",
        "ListenStream=",
        "/etc/systemd/system/lampfield-relay.service",
        "ExecStart=/usr/local/bin/lampfield relay --listen 127.0.0.1:5222 --to ",
        "systemctl enable --now lampfield-relay.socket",
    ];
    let places: Vec<_> = parts.iter().map(|part| shown.find(part)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{places:?} {shown}");
    assert!(shown.contains("--direct"), "{shown}");
    let direct = server.ask(&["invite", "pbx-2", "--direct"]).out;
    assert!(direct.contains("usetls=yes") && !direct.contains("relay"), "{direct}");
    assert_eq!(server.ask(&["invite", "pbx-2", "--json"]).json()["way"], "relay");

    // A relay on this machine would only be in the way.
    let here = Server::start("");
    let shown = here.ask(&["invite", "pbx-2"]).out;
    assert!(shown.contains("usetls=yes") && !shown.contains("ExecStart"), "{shown}");
    assert_eq!(here.ask(&["invite", "pbx-2", "--json"]).json()["way"], "direct");
}

#[test]
fn a_relay_needs_tls() {
    let server = Server::start_with("", "tls = 'off'\nclear_text_auth = true\n");
    let invite = server.ask(&["invite", "pbx-2", "--json"]).json();
    assert!(invite["relay"].is_null() && invite["fingerprint"].is_null(), "{invite}");
    let shown = server.ask(&["invite", "pbx-2"]).out;
    assert!(
        shown.contains("usetls=no") && shown.contains("without a relay: tls = \"off\""),
        "{shown}"
    );
    assert!(!server.ask(&["invite", "pbx-2", "--direct"]).out.contains("a relay"));
    assert_eq!(server.ask(&["status", "--json"]).json()["certificates"], serde_json::json!([]));
}

#[test]
fn the_command_works_as_it_is_printed() {
    let server = Server::start("");
    let invite = server.ask(&["invite", "pbx-2", "--json"]).json();
    let block = invite["relay"]["block"].as_str().expect("a block");
    let secret = block.lines().find_map(|line| line.strip_prefix("secret=")).expect("a secret");
    let listen = free_address();
    let _relay = Relay::run(invite["relay"]["command"].as_str().expect("a command"), &listen);
    let mut pbx = Client::log_in(&listen, "localhost", "pbx-2", secret);
    pbx.publish_device("02:00:00:00:00:01", "PJSIP/100", "INUSE");
    let status = server.ask(&["status", "--json"]).json();
    assert_eq!(status["origins"][0]["by_relay"], true, "{status}");
    assert_eq!(status["origins"][0]["reported_address"], "127.0.0.1", "{status}");
}

#[test]
fn many_are_invited_from_a_file() {
    let server = Server::start("");
    let input = "# Berlin\npbx-1\npbx-2  # the old one\n";
    let ran = server.ask_with(&["invite", "--from", "-"], input);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let one = server.ask(&["invite", "pbx-2"]).out;
    assert!(ran.out.contains("## pbx-1@localhost\n") && ran.out.contains(&one), "{}", ran.out);
    let both = server.ask_with(&["invite", "--from", "-", "--json"], input).json();
    assert_eq!(both["invites"][1]["jid"], "pbx-2@localhost", "{both}");
    let wrong = server.ask_with(&["invite", "--from", "-"], "pbx-1\n\npbx 3\n");
    assert_eq!(wrong.code, Some(2), "{}", wrong.err);
    assert!(wrong.err.contains("found in  -:3"), "{}", wrong.err);
    assert!(wrong.out.contains("## pbx-1@localhost"), "what was right is there: {}", wrong.out);
    assert_eq!(server.ask_with(&["invite", "--from", "-"], "# nobody\n").code, Some(2));
    assert_eq!(server.ask(&["invite"]).code, Some(2));
}

/// Somebody may have read the old key: the PBXs that have a password of it go on, and are named.
#[test]
fn a_new_invite_key_leaves_connected_pbxs_alone_and_names_them() {
    let mut server = Server::start_with("", "tls = 'off'\nclear_text_auth = true\n");
    let secret = |block: &str| {
        let line = block.lines().find_map(|line| line.trim().strip_prefix("secret="));
        line.expect("a secret").to_owned()
    };
    let old = secret(&server.ask(&["invite", "pbx-1"]).out);
    let ran = server.ask(&["rotate", "invite-key"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("lampfield --config"), "{}", ran.out);
    assert!(ran.out.contains(" invite pbx-1@localhost --rotate"), "{}", ran.out);
    Client::log_in(server.address(), "localhost", "pbx-1", &old);
    assert!(server.ask(&["invite", "pbx-1"]).err.contains("error[other-key]"));
    let rotated = server.ask(&["invite", "pbx-1", "--rotate"]).out;
    assert!(
        rotated.contains("the old secret is valid only until the current connection"),
        "{rotated}"
    );
    let new = secret(&rotated);
    assert_ne!(old, new);
    server.stop();
    server.restart();
    assert_eq!(secret(&server.ask(&["invite", "pbx-1"]).out), new, "the new key is kept");
    Client::log_in(server.address(), "localhost", "pbx-1", &new);
}

#[test]
fn a_new_certificate_waits_until_the_relays_know_it() {
    let server = Server::start("");
    let print = |document: &serde_json::Value, key: &str| document[key].as_str().map(str::to_owned);
    let in_use = || {
        let status = server.ask(&["status", "--json"]).json();
        let certificate = &status["certificates"][0];
        (print(certificate, "fingerprint"), print(certificate, "key_fingerprint"))
    };
    let before = in_use();
    let waits = server.ask(&["rotate", "certificate", "--json"]).json();
    assert_eq!(waits["in_use"], false);
    assert_eq!(in_use(), before, "not yet");
    assert_eq!(server.ask(&["rotate", "certificate", "--json"]).json(), waits, "the same waits");
    let taken = server.ask(&["rotate", "certificate", "localhost", "--now", "--json"]).json();
    assert_eq!(taken["fingerprints"], waits["fingerprints"], "what the relays were told");
    let after = in_use();
    assert_eq!(after.0.as_deref(), taken["fingerprints"][0].as_str());
    assert_eq!(after.1.as_deref(), taken["fingerprints"][1].as_str());
    assert_ne!(after.1, before.1, "another key");
    assert_eq!(after.0, Some(fingerprint(&server)), "in its file");
    let text = server.ask(&["rotate", "certificate"]).out;
    assert!(text.starts_with("a new certificate is made and waits\n"), "{text}");
    let wrong = server.ask(&["rotate", "certificate", "b.example"]);
    assert_eq!(wrong.code, Some(5), "{}", wrong.err);
}

/// At the next renewal every relay that was set up as printed would lose the server.
#[test]
fn who_has_a_certificate_of_their_own_is_told_when_its_fingerprints_end() {
    let made = Server::start("");
    let note = |server: &Server| server.ask(&["invite", "pbx-1", "--json"]).json()["note"].clone();
    let said = note(&made);
    assert!(!said.as_str().unwrap_or_default().contains("is your own"), "{said}");
    let (certificate, key) = ("tls/localhost.pem", "tls/localhost.key");
    let path = |file: &str| made.data().join(file).display().to_string();
    let files =
        format!("certificate = '{}'\ncertificate_key = '{}'\n", path(certificate), path(key));
    let own = Server::start_with("", &files);
    let said = note(&own);
    assert!(
        said.as_str().unwrap_or_default().contains("localhost.pem is your own: if you renew it"),
        "{said}"
    );
    let shown = own.ask(&["invite", "pbx-1"]).out;
    assert_eq!(shown.matches("\n! ").count(), 2, "each on its own: {shown}");
}
