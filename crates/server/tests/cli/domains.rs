//! Domains that are added, changed and removed while the server runs.

use std::path::Path;
use std::time::Duration;

use lampfield_fabric::{Bucket, Embedded, Storage, StoreLimits};
use serde_json::Value;

use crate::client::Client;
use crate::server::Server;

const EID: &str = "02:00:00:00:00:01";
const CONFIG: &str =
    "\n[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'pbx-a'\npassword = 'one'\n";
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";

fn start() -> Server {
    Server::start_with(CONFIG, CLEAR)
}

fn listed(server: &Server) -> Vec<Value> {
    let list = server.ask(&["domain", "list", "--json"]).json();
    list["domains"].as_array().cloned().expect("a list")
}

fn add_account(server: &Server, name: &str) {
    let added = server.ask_with(&["user", "add", name], "hunter2\n");
    assert_eq!(added.code, Some(0), "{}", added.err);
}

#[test]
fn a_domain_comes_at_once_is_there_after_a_restart_and_goes_with_all_that_is_in_it() {
    let mut server = start();
    let added = server.ask(&["domain", "add", "B.example", "--json"]).json();
    assert_eq!((&added["done"], &added["name"]), (&"added".into(), &"b.example".into()));
    add_account(&server, "pbx-b@b.example");
    let mut pbx = Client::log_in(server.address(), "b.example", "pbx-b", "hunter2");
    pbx.publish_device(EID, "PJSIP/100", "INUSE");
    let why = ["why", "PJSIP/100", "--board", "b.example", "--json"];
    assert_eq!(server.ask(&why).json()["aggregate"], "INUSE");
    assert_eq!(server.ask(&["why", "PJSIP/100"]).code, Some(5), "its board is its own");

    server.stop();
    server.restart();
    let domains = listed(&server);
    let places: Vec<_> = domains.iter().map(|one| (&one["name"], &one["stands_in"])).collect();
    let file = places[0].1.as_str().expect("a place");
    assert!(file.ends_with("lampfield.toml:4"), "{file}");
    assert_eq!(places[1], (&"b.example".into(), &"run time".into()));
    let mut pbx = Client::log_in(server.address(), "b.example", "pbx-b", "hunter2");
    pbx.publish_device(EID, "PJSIP/100", "INUSE");
    server.ask(&["set", "Custom:night", "BUSY", "--board", "b.example", "--keep"]);

    let refused = server.ask(&["domain", "remove", "b.example"]);
    assert_eq!(refused.code, Some(6));
    for line in ["error[would-remove]", "accounts   1", "connected  1", "facts      2", "--yes"] {
        assert!(refused.err.contains(line), "{}", refused.err);
    }
    let gone = server.ask(&["domain", "remove", "b.example", "--yes"]).out;
    assert_eq!(gone, "removed b.example with 1 account, 1 connection, 2 facts and 0 nodes\n");
    assert_eq!(listed(&server).len(), 1);
    assert_eq!(
        server.ask(&["user", "list", "--json"]).json()["users"].as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(server.ask(&why).code, Some(5));

    // Whoever adds it again finds nothing of what was there.
    server.stop();
    server.restart();
    assert_eq!(listed(&server).len(), 1);
    server.ask(&["domain", "add", "b.example"]);
    assert_eq!(server.ask(&why).code, Some(5));
    let lamps = server.ask(&["list", "--board", "b.example", "--json"]).json();
    assert_eq!(lamps["lamps"].as_array().map(Vec::len), Some(0), "{lamps}");
    let told = server.ask(&["audit", "--operation", "domain", "--json"]).json();
    let told: Vec<_> = told["entries"].as_array().expect("a list").iter().collect();
    let outcomes: Vec<_> = told.iter().map(|one| one["outcome"].as_str().expect("one")).collect();
    assert_eq!(outcomes, ["done", "done", "would-remove", "done"]);
}

#[test]
fn what_stands_in_the_file_is_changed_in_the_file() {
    let server = start();
    for typed in [
        &["domain", "remove", "a.example", "--yes"][..],
        &["domain", "change", "a.example", "--registration", "in-band"],
    ] {
        let refused = server.ask(typed);
        assert_eq!(refused.code, Some(6), "{typed:?}");
        assert!(refused.err.contains("error[declared-domain]"), "{}", refused.err);
        assert!(refused.err.contains("lampfield.toml:4"), "{}", refused.err);
    }
    for (typed, code, words) in [
        (&["domain", "add", "a.example"][..], 6, "lampfield.toml:4"),
        (&["domain", "add", "pubsub.a.example"], 6, "error[domain-exists]"),
        (&["domain", "add", "a b"], 2, "error[wrong-name]"),
        (&["domain", "add", "[::1]"], 2, "error[wrong-name]"),
        (&["domain", "add", "../../a"], 2, "error[wrong-name]"),
        (&["domain", "add", "b.example", "--registration", "first-login"], 2, "first-login needs"),
        (&["domain", "remove", "c.example"], 5, "error[unknown-domain]"),
    ] {
        let refused = server.ask(typed);
        assert_eq!(refused.code, Some(code), "{typed:?} {}", refused.err);
        assert!(refused.err.contains(words), "{typed:?} {}", refused.err);
    }
    assert_eq!(listed(&server).len(), 1);
}

#[test]
fn a_domain_of_both_is_that_of_the_file_until_the_other_is_forgotten() {
    let mut server = start();
    server.ask(&["domain", "add", "b.example", "--registration", "in-band"]);
    assert_eq!(listed(&server)[1]["registration"], "in-band");
    assert_eq!(server.attention(), [""; 0]);
    server.stop();
    server.configure_with(&format!("{CONFIG}[[domain]]\nname = 'b.example'\n"), CLEAR);
    server.restart();
    let of_file = listed(&server);
    assert_eq!((of_file.len(), &of_file[1]["registration"]), (2, &"closed".into()));
    assert_eq!(server.attention(), ["domain-twice"]);
    let forgot = server.ask(&["domain", "remove", "b.example"]).out;
    assert_eq!(forgot, "removed the added b.example; the configuration still has it\n");
    assert_eq!((listed(&server).len(), server.attention()), (2, Vec::new()));
    assert_eq!(server.ask(&["domain", "remove", "b.example"]).code, Some(6));
}

#[test]
fn two_domains_may_share_a_board_and_one_of_them_goes_alone() {
    let server = start();
    server.ask(&["domain", "add", "b.example", "--board", "a.example"]);
    add_account(&server, "pbx-b@b.example");
    let mut a = Client::log_in(server.address(), "a.example", "pbx-a", "one");
    let mut b = Client::log_in(server.address(), "b.example", "pbx-b", "hunter2");
    a.publish_device(EID, "PJSIP/100", "INUSE");
    b.publish_device("02:00:00:00:00:02", "PJSIP/200", "RINGING");
    server.ask(&["set", "Custom:night", "BUSY", "--keep"]);
    let shows = |lamp: &str| server.ask(&["why", lamp, "--json"]).json()["aggregate"].clone();
    assert_eq!(shows("PJSIP/200"), "RINGING");
    server.ask(&["domain", "remove", "b.example", "--yes"]);
    // What an account said ends tick by tick.
    let gone = (0..100).any(|_| {
        server.ask(&["why", "PJSIP/200"]).code == Some(5) || shows("PJSIP/200") == Value::Null
    });
    assert!(gone, "{}", shows("PJSIP/200"));
    assert_eq!((shows("PJSIP/100"), shows("Custom:night")), ("INUSE".into(), "BUSY".into()));
}

#[test]
fn a_change_takes_effect_at_once_and_stays() {
    let mut server = start();
    server.ask(&["domain", "add", "b.example"]);
    let offers = |server: &Server| {
        let client = Client::connect(server.address(), "b.example");
        client.features().contains("http://jabber.org/features/iq-register")
    };
    assert!(!offers(&server));
    let changed =
        server.ask(&["domain", "change", "b.example", "--registration", "in-band", "--json"]);
    assert_eq!(changed.json()["domain"]["registration"], "in-band");
    assert!(offers(&server));
    server.stop();
    server.restart();
    assert!(offers(&server));
    server.ask(&["domain", "change", "b.example", "--show-caps", "true"]);
    assert_eq!(listed(&server)[1]["registration"], "in-band", "what is not said stays");
    server.ask(&["domain", "change", "b.example", "--registration", "closed"]);
    assert!(!offers(&server));
}

/// As a crash leaves it: the row of a domain says that its removal was begun.
async fn begin_removal(data: &Path, domain: &str) {
    let (store, _) = Embedded::open(data, StoreLimits::default()).expect("a store");
    let row = store.get(Bucket::Domains, domain).await.expect("an answer").expect("a row");
    let value = Some(r#"{"removing":true}"#.to_owned());
    store.compare_and_set(Bucket::Domains, domain, row.revision, value).await.expect("stored");
    store.close(Duration::from_secs(5)).await.expect("closed");
}

#[test]
fn a_removal_that_a_crash_has_broken_off_is_finished_at_the_next_start() {
    let mut server = start();
    server.ask(&["domain", "add", "b.example"]);
    add_account(&server, "pbx-b@b.example");
    server.ask(&["set", "Custom:night", "BUSY", "--board", "b.example", "--keep"]);
    server.stop();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(begin_removal(server.data(), "b.example"));
    server.restart();
    assert_eq!(listed(&server).len(), 1);
    let users = server.ask(&["user", "list", "--json"]).json();
    assert_eq!(users["users"].as_array().map(Vec::len), Some(1), "{users}");
    server.ask(&["domain", "add", "b.example"]);
    let lamps = server.ask(&["list", "--board", "b.example", "--json"]).json();
    assert_eq!(lamps["lamps"].as_array().map(Vec::len), Some(0), "{lamps}");
}

/// With TLS each domain has a certificate of its own.
#[test]
fn a_new_domain_has_a_certificate_at_once() {
    let server = Server::start(CONFIG);
    server.ask(&["domain", "add", "b.example"]);
    let status = server.ask(&["status", "--json"]).json();
    let certificates = status["certificates"].as_array().expect("a list");
    let domains: Vec<_> = certificates.iter().map(|one| one["domain"].as_str()).collect();
    assert_eq!(domains, [Some("a.example"), Some("b.example")]);
    assert_eq!(listed(&server)[1]["certificate"], "lampfield");
    server.ask(&["domain", "remove", "b.example", "--yes"]);
    let status = server.ask(&["status", "--json"]).json();
    assert_eq!(status["certificates"].as_array().map(Vec::len), Some(1));
}

/// Also in the file, and also what is remembered in memory.
#[test]
fn a_domain_that_is_added_again_reads_nothing_of_the_past_of_the_old_one() {
    let mut server = start();
    let set = ["set", "Custom:secret", "BUSY", "--board", "b.example", "--keep"];
    let past = |server: &Server| server.ask(&["history", "Custom:secret", "--board", "b.example"]);
    for round in 0..2 {
        server.ask(&["domain", "add", "b.example"]);
        assert_eq!(past(&server).code, Some(5), "round {round}: {}", past(&server).out);
        assert_eq!(server.ask(&set).code, Some(0));
        assert_eq!(past(&server).code, Some(0));
        server.ask(&["domain", "remove", "b.example", "--yes"]);
    }
    server.ask(&["domain", "add", "b.example"]);
    server.stop();
    assert_eq!(pages(server.data(), "b.example"), 1, "where the new one begins");
    server.restart();
    assert_eq!(past(&server).code, Some(5), "{}", past(&server).out);
}

/// How many pages of the history of a board are stored.
fn pages(data: &Path, board: &str) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let (store, _) = Embedded::open(data, StoreLimits::default()).expect("a store");
        let prefix = format!("{board}|");
        let rows = store.scan(Bucket::History, &prefix, None, 100).await.expect("rows").rows;
        assert!(rows.iter().all(|row| !row.value.contains("Custom:secret")), "{rows:?}");
        store.close(Duration::from_secs(5)).await.expect("closed");
        rows.len()
    })
}

#[test]
fn a_domain_is_one_in_letters_and_as_the_dns_has_it() {
    let server = Server::start(CONFIG);
    let added = server.ask(&["domain", "add", "xn--bcher-kva.example", "--json"]).json();
    assert_eq!(added["name"], "bücher.example");
    let again = server.ask(&["domain", "add", "bücher.example"]);
    assert_eq!(again.code, Some(6), "{}", again.out);
    assert!(again.err.contains("domain-exists"), "{}", again.err);
    add_account(&server, "pbx@XN--bcher-kva.example");
    let users = server.ask(&["user", "list", "--domain", "bücher.example", "--json"]).json();
    assert_eq!(users["users"][0]["jid"], "pbx@bücher.example", "{users}");
    let certificate = server.data().join("tls/bücher.example.pem");
    assert!(certificate.exists(), "a certificate has the name as the DNS has it");
    let listed = ["list", "--board", "xn--bcher-kva.example"];
    assert_eq!(server.ask(&listed).code, Some(0));
    let removed = server.ask(&["domain", "remove", "xn--bcher-kva.example", "--yes"]);
    assert_eq!(removed.code, Some(0), "{}", removed.err);
    assert_eq!(self::listed(&server).len(), 1);
}

/// The same, and the file gives the name another board: nothing of the old domain comes along.
#[test]
fn what_a_broken_off_removal_has_left_does_not_move_to_another_board() {
    let mut server = start();
    server.ask(&["domain", "add", "b.example"]);
    add_account(&server, "pbx-old@b.example");
    let mut pbx = Client::log_in(server.address(), "b.example", "pbx-old", "hunter2");
    pbx.publish_device(EID, "PJSIP/100", "INUSE");
    let lamps = |server: &Server, board: &str| {
        let listed = server.ask(&["list", "--board", board, "--json"]);
        listed.json()["lamps"].as_array().map(Vec::len)
    };
    server.ask(&["set", "Custom:secret", "BUSY", "--keep", "--board", "b.example"]);
    assert_eq!(lamps(&server, "b.example"), Some(2));
    server.stop();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(begin_removal(server.data(), "b.example"));
    let in_file = "[[domain]]\nname = 'b.example'\nboard = 'other'\n";
    server.configure_with(&format!("{CONFIG}{in_file}"), CLEAR);
    for round in 0..2 {
        server.restart();
        assert_eq!(lamps(&server, "other"), Some(0), "round {round}");
        for lamp in ["Custom:secret", "PJSIP/100"] {
            let past = server.ask(&["history", lamp, "--board", "other"]);
            assert_eq!(past.code, Some(5), "round {round}: {}", past.out);
        }
        let users = server.ask(&["user", "list", "--domain", "b.example", "--json"]).json();
        assert_eq!(users["users"].as_array().map(Vec::len), Some(0), "{users}");
        server.stop();
    }
    assert_eq!(pages(server.data(), "b.example"), 0, "its own past is gone");
    assert_eq!(facts(server.data(), "b.example"), 0);
}

/// How many facts of a board are stored.
fn facts(data: &Path, board: &str) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let (store, _) = Embedded::open(data, StoreLimits::default()).expect("a store");
        let prefix = format!("{board}|");
        let rows = store.scan(Bucket::Facts, &prefix, None, 100).await.expect("rows").rows;
        store.close(Duration::from_secs(5)).await.expect("closed");
        rows.len()
    })
}

/// A crash has broken the removal off, and at the next start the name is in the file.
#[test]
fn a_removal_is_finished_before_the_domain_of_the_file_begins() {
    let mut server = start();
    server.ask(&["domain", "add", "b.example"]);
    add_account(&server, "pbx-old@b.example");
    server.ask(&["set", "Custom:secret", "BUSY", "--board", "b.example", "--keep"]);
    server.stop();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(begin_removal(server.data(), "b.example"));
    let in_file = "[[domain]]\nname = 'b.example'\n\
                   [[domain.account]]\nname = 'pbx-b'\npassword = 'two'\n";
    server.configure_with(&format!("{CONFIG}{in_file}"), CLEAR);
    for round in 0..2 {
        server.restart();
        let users = server.ask(&["user", "list", "--domain", "b.example", "--json"]).json();
        let names: Vec<_> = users["users"].as_array().expect("a list").iter().collect();
        assert_eq!(names.len(), 1, "round {round}: {users}");
        assert_eq!(names[0]["jid"], "pbx-b@b.example");
        let lamps = server.ask(&["list", "--board", "b.example", "--json"]).json();
        assert_eq!(lamps["lamps"].as_array().map(Vec::len), Some(0), "{lamps}");
        let past = server.ask(&["history", "Custom:secret", "--board", "b.example"]);
        assert_eq!(past.code, Some(5), "{}", past.out);
        assert_eq!(server.attention(), [""; 0]);
        let mut pbx = Client::log_in(server.address(), "b.example", "pbx-b", "two");
        pbx.publish_device(EID, "PJSIP/100", "INUSE");
        server.ask(&["clear", "PJSIP/100", "--all", "--board", "b.example"]);
        server.stop();
    }
}
