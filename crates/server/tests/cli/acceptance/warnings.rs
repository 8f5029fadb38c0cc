//! Check 8: what `status` warns of is provoked, seen soon and alone, and gone soon after its cause, without a restart.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use crate::client::Client;
use crate::server::Server;

const DOMAIN: &str = "a.example";
const CONFIG: &str = "[lease]\ngrace = '1s'\n[[domain]]\nname = 'a.example'\n\
    [[domain.account]]\nname = 'pbx-1'\npassword = 'one'\n\
    [[domain.account]]\nname = 'pbx-2'\npassword = 'two'\n";
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";
const ONE: &str = "02:00:00:00:00:01";
const TWO: &str = "02:00:00:00:00:02";

/// How soon a warning must come, and go.
const SOON: Duration = Duration::from_secs(10);

/// Waits until `status` warns of this, or of nothing. Something else besides it would be a second warning for one cause.
fn warns_of(server: &Server, codes: &[&str]) {
    let begun = Instant::now();
    loop {
        let found = server.attention();
        if found == codes {
            return;
        }
        assert!(
            begun.elapsed() < SOON,
            "{found:?}, not {codes:?}: {}",
            server.ask(&["status"]).out
        );
        thread::park_timeout(Duration::from_millis(20));
    }
}

fn log_in(server: &Server, name: &str, password: &str) -> Client {
    Client::log_in(server.address(), DOMAIN, name, password)
}

/// Publishes so many devices, without a pause.
fn publish(pbx: &mut Client, eid: &str, devices: usize) {
    let send = |device| pbx.send_device(eid, &format!("PJSIP/{device}"), "INUSE");
    let asked = (0..devices).map(send).collect();
    pbx.answers(asked);
}

/// Goes as a PBX does that is shut down.
fn say_goodbye(mut pbx: Client) {
    pbx.tell("</stream:stream>");
    pbx.hear_the_end();
}

#[test]
fn one_entity_id_for_two_pbxs() {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut first = log_in(&server, "pbx-1", "one");
    let mut second = log_in(&server, "pbx-2", "two");
    first.publish_device(ONE, "PJSIP/1", "INUSE");
    second.publish_device(ONE, "PJSIP/2", "INUSE");
    warns_of(&server, &["duplicate-eid"]);
    say_goodbye(second);
    let mut second = log_in(&server, "pbx-2", "two");
    second.publish_device(TWO, "PJSIP/2", "INUSE");
    warns_of(&server, &[]);
}

#[test]
fn a_pbx_that_has_died() {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut pbx = log_in(&server, "pbx-1", "one");
    pbx.publish_device(ONE, "PJSIP/1", "INUSE");
    drop(pbx);
    warns_of(&server, &["origin-gone"]);
    let _pbx = log_in(&server, "pbx-1", "one");
    warns_of(&server, &[]);
}

#[test]
fn more_withdrawals_than_are_remembered_for_one_that_is_away() {
    let server = Server::start_with(&format!("[limits]\ntombstones = 100\n{CONFIG}"), CLEAR);
    let mut away = log_in(&server, "pbx-2", "two");
    away.subscribe("pbx-2", "device_state");
    drop(away);
    let mut pbx = log_in(&server, "pbx-1", "one");
    publish(&mut pbx, ONE, 120);
    say_goodbye(pbx);
    warns_of(&server, &["tombstone-limit"]);
    assert_eq!(server.ask(&["user", "forget-resource", "pbx-2", "x"]).code, Some(0));
    warns_of(&server, &[]);
}

#[test]
fn more_facts_than_the_limit() {
    let limited = |facts: usize| format!("[limits]\nfacts = {facts}\n{CONFIG}");
    let server = Server::start_with(&limited(100), CLEAR);
    let mut pbx = log_in(&server, "pbx-1", "one");
    publish(&mut pbx, ONE, 101);
    warns_of(&server, &["facts-refused"]);
    server.configure_with(&limited(200), CLEAR);
    assert_eq!(server.ask(&["reload"]).code, Some(0));
    warns_of(&server, &[]);
}

#[test]
fn a_limit_below_what_is_held() {
    let limited = |facts: usize| format!("[limits]\nfacts = {facts}\n{CONFIG}");
    let server = Server::start_with(&limited(200), CLEAR);
    let mut pbx = log_in(&server, "pbx-1", "one");
    publish(&mut pbx, ONE, 120);
    for (facts, codes) in [(100, &["facts-over-limit"][..]), (200, &[])] {
        server.configure_with(&limited(facts), CLEAR);
        assert_eq!(server.ask(&["reload"]).code, Some(0));
        warns_of(&server, codes);
    }
}

#[test]
fn a_pubsub_service_that_does_not_exist() {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut pbx = log_in(&server, "pbx-1", "one");
    let subscribe = "<subscribe node='device_state' jid='pbx-1@a.example'/>";
    assert!(!pbx.pubsub("a.exmaple", subscribe));
    warns_of(&server, &["no-such-service"]);
    pbx.publish_device(ONE, "PJSIP/1", "INUSE");
    warns_of(&server, &[]);
}

/// It ends with the account, or after a minute in which nobody has taken the address: sooner nobody can know.
#[test]
fn two_pbxs_with_one_account() {
    let server = Server::start_with(CONFIG, CLEAR);
    assert_eq!(server.ask_with(&["user", "add", "pbx-3"], "three\n").code, Some(0));
    let _both: Vec<_> = (0..4).map(|_| log_in(&server, "pbx-3", "three")).collect();
    warns_of(&server, &["address-fight"]);
    assert_eq!(server.ask(&["user", "remove", "pbx-3", "--yes"]).code, Some(0));
    warns_of(&server, &[]);
}

/// As Asterisk does on a long line, and comes back at once.
#[test]
fn a_pbx_that_mixes_its_bytes_until_it_comes_by_a_relay() {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut pbx = log_in(&server, "pbx-1", "one");
    pbx.publish_device(ONE, "PJSIP/1", "INUSE");
    pbx.tell("<iq type='set' id='1' to='pubsub.a.exa<iq type='set' id='2'>");
    pbx.hear_the_end();
    let pbx = log_in(&server, "pbx-1", "one");
    warns_of(&server, &["stream-broken"]);
    say_goodbye(pbx);
    let mut relayed = Client::connect(server.address(), DOMAIN);
    assert!(relayed.authenticate("pbx-1", "one"));
    relayed.tell("<via xmlns='urn:lampfield:relay:0' address='192.0.2.7'/>");
    assert!(relayed.bind("x"));
    relayed.publish_device(ONE, "PJSIP/1", "INUSE");
    warns_of(&server, &[]);
}

/// The lines for a certificate of the operator's own that ends then.
fn certify(folder: &Path, (year, month, day): (i32, u8, u8)) -> String {
    let names = [DOMAIN.to_owned(), format!("pubsub.{DOMAIN}")];
    let mut params = CertificateParams::new(names).expect("names");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(year, month, day);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let files = [("pem", certificate.pem()), ("key", key.serialize_pem())];
    let files = files.map(|(ending, text)| {
        let file = folder.join(format!("{year}.{ending}"));
        fs::write(&file, text).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("it is ours");
        file
    });
    let [certificate, key] = files.map(|file| file.display().to_string());
    format!("certificate = '{certificate}'\ncertificate_key = '{key}'\n")
}

#[test]
fn a_certificate_that_has_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_with(CONFIG, &certify(folder.path(), (2024, 2, 29)));
    warns_of(&server, &["certificate-ends"]);
    server.configure_with(CONFIG, &certify(folder.path(), (2090, 1, 1)));
    assert_eq!(server.ask(&["reload"]).code, Some(0));
    warns_of(&server, &[]);
}

/// A small file system in memory, which only root can mount.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount() -> io::Result<Self> {
        let disk = Self(tempfile::tempdir()?);
        let options = ["-t", "tmpfs", "-o", "size=8m,mode=755", "tmpfs"];
        let mounted = Command::new("mount").args(options).arg(disk.0.path()).status()?;
        mounted.success().then_some(disk).ok_or_else(|| io::ErrorKind::PermissionDenied.into())
    }

    fn filler(&self) -> std::path::PathBuf {
        self.0.path().join("filler")
    }

    fn fill(&self) {
        let mut file = fs::File::create(self.filler()).expect("a file");
        while file.write_all(&[0; 4_096]).is_ok() {}
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, as files may still be open after a failed test.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk() {
    let Ok(disk) = Disk::mount() else {
        // Past the test harness, which hides what tests that pass have printed.
        let _ = io::stderr().write_all(b"SKIPPED a_full_disk: only root can mount\n");
        return;
    };
    let folder = tempfile::tempdir_in(disk.0.path()).expect("a folder");
    let server = Server::start_in(folder, CONFIG, CLEAR);
    let mut pbx = log_in(&server, "pbx-1", "one");
    disk.fill();
    let mut asked = std::collections::BTreeSet::new();
    for device in 0..2_000 {
        asked.insert(pbx.send_device(ONE, &format!("PJSIP/{device}"), "INUSE"));
    }
    warns_of(&server, &["store-stalled"]);
    fs::remove_file(disk.filler()).expect("a file");
    pbx.answers(asked);
    warns_of(&server, &[]);
}
