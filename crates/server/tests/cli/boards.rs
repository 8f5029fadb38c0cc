//! Several boards on one server, and what becomes of a data folder from before there were any.

use std::path::Path;

use crate::client::Client;
use crate::server::Server;

const ONE: &str = "02:00:00:00:00:01";
const TWO: &str = "02:00:00:00:00:02";
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";

/// Two domains; each is told in `boards` what to add to its table.
fn config(boards: [&str; 2]) -> String {
    let [a, b] = boards;
    format!(
        "[[domain]]\nname = 'a.example'\n{a}\n\
         [[domain.account]]\nname = 'pbx-a'\npassword = 'one'\n\
         [[domain.account]]\nname = 'pbx-c'\npassword = 'three'\n\
         [[domain]]\nname = 'b.example'\n{b}\n\
         [[domain.account]]\nname = 'pbx-b'\npassword = 'two'\n\
         [[policy]]\nname = 'Custom:*'\nrule = 'keep'\n"
    )
}

/// What the lamp shows on a board.
fn lamp(server: &Server, board: &str, subject: &str) -> serde_json::Value {
    let why = server.ask(&["why", subject, "--board", board, "--json"]);
    if why.code == Some(5) { serde_json::Value::Null } else { why.json()["aggregate"].clone() }
}

#[test]
fn each_domain_has_a_board_of_its_own() {
    let server = Server::start_with(&config(["", ""]), CLEAR);
    let mut a = Client::log_in(server.address(), "a.example", "pbx-a", "one");
    let mut b = Client::log_in(server.address(), "b.example", "pbx-b", "two");
    a.publish_device(ONE, "PJSIP/100", "INUSE");
    b.publish_device(TWO, "PJSIP/100", "RINGING");
    b.publish_device(TWO, "PJSIP/200", "RINGING");
    assert_eq!(lamp(&server, "a.example", "PJSIP/100"), "INUSE");
    assert_eq!(lamp(&server, "b.example", "PJSIP/100"), "RINGING");
    assert_eq!(server.attention(), [""; 0]);

    let why = server.ask(&["why", "PJSIP/100", "--json"]).json();
    assert_eq!((&why["board"], &why["aggregate"]), (&"a.example".into(), &"INUSE".into()));
    let elsewhere = server.ask(&["why", "PJSIP/200"]);
    assert_eq!(elsewhere.code, Some(5));
    assert!(elsewhere.err.contains("--board b.example"), "{}", elsewhere.err);
    let nowhere = server.ask(&["why", "PJSIP/200", "--board", "c.example"]);
    assert_eq!(nowhere.code, Some(5));
    assert!(nowhere.err.contains("a.example  b.example"), "{}", nowhere.err);

    let status = server.ask(&["status", "--json"]).json();
    let boards: Vec<_> = status["boards"].as_array().expect("a list").iter().collect();
    assert_eq!((&boards[0]["board"], &boards[0]["facts"]), (&"a.example".into(), &1.into()));
    assert_eq!((&boards[1]["board"], &boards[1]["facts"]), (&"b.example".into(), &2.into()));
    assert_eq!(status["counters"]["facts"], 3);
    assert_eq!((&boards[1]["tombstones"], &boards[1]["history"]), (&0.into(), &2.into()));
}

/// The limit is that of each board: of all together it says nothing.
#[test]
fn status_names_the_board_that_is_nearest_to_its_limit() {
    let limits = "[limits]\nfacts = 100\n";
    let server = Server::start_with(&(config(["", ""]) + limits), CLEAR);
    let mut a = Client::log_in(server.address(), "a.example", "pbx-a", "one");
    let mut b = Client::log_in(server.address(), "b.example", "pbx-b", "two");
    a.publish_device(ONE, "PJSIP/100", "INUSE");
    let text = server.ask(&["status"]).out;
    assert!(text.contains(", facts 1 of 100 on a.example, withdrawals 0 of 100,000 on "), "{text}");
    for number in 0..=100 {
        b.publish_device(TWO, &format!("PJSIP/{number}"), "INUSE");
    }
    let text = server.ask(&["status"]).out;
    assert!(text.contains(", facts 100 of 100 on b.example (101 in all), "), "{text}");
    assert!(text.contains("limits.facts is reached: 1 fact of pbx-b@b.example"), "{text}");
    let curves = server.ask(&["status", "--format", "nagios"]).out;
    assert!(curves.contains(" facts=101;;;0;200 tombstones=0;;;0;200000 "), "{curves}");
}

/// Not by its own service and not by that of the other domain.
#[test]
fn a_stranger_of_one_domain_neither_hears_nor_reads_nor_writes_the_lamps_of_another() {
    let server = Server::start_with(&config(["", ""]), CLEAR);
    let mut a = Client::log_in(server.address(), "a.example", "pbx-a", "one");
    a.publish_device(ONE, "PJSIP/100", "INUSE");
    let mut b = Client::log_in(server.address(), "b.example", "pbx-b", "two");
    for node in ["device_state", "aggregate/device_state"] {
        let subscribe = format!("<subscribe node='{node}' jid='pbx-b@b.example'/>");
        assert!(!b.pubsub("a.example", &subscribe), "{node}");
        assert!(!b.pubsub("a.example", &format!("<items node='{node}'/>")), "{node}");
    }
    let state = format!("<state xmlns='http://asterisk.org' eid='{TWO}' cachable='1'>BUSY</state>");
    let publish =
        format!("<publish node='device_state'><item id='PJSIP/100'>{state}</item></publish>");
    assert!(!b.pubsub("a.example", &publish));
    assert_eq!(lamp(&server, "a.example", "PJSIP/100"), "INUSE");
    assert!(b.pubsub("b.example", "<subscribe node='device_state' jid='pbx-b@b.example'/>"));
}

#[test]
fn domains_that_name_one_board_share_it() {
    let server = Server::start_with(&config(["board = 'both'", "board = 'both'"]), CLEAR);
    let mut a = Client::log_in(server.address(), "a.example", "pbx-a", "one");
    let mut b = Client::log_in(server.address(), "b.example", "pbx-b", "two");
    a.publish_device(ONE, "PJSIP/100", "INUSE");
    b.publish_device(TWO, "PJSIP/100", "RINGING");
    for board in ["both", "a.example", "b.example"] {
        assert_eq!(lamp(&server, board, "PJSIP/100"), "RINGINUSE", "{board}");
    }
}

/// The folder was left by the version before, at `kill -9`: two domains, kept devices, mailboxes, and a goodbye that one
/// PBX has not heard of.
#[test]
fn an_older_folder_of_several_domains_loses_nothing_and_shares_until_it_is_told() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folders/schema-2");
    let mut server = Server::start_on(&files, &config(["", ""]), CLEAR);
    assert_eq!(server.attention(), ["boards-shared"]);
    let both = |server: &Server, subject: &str| {
        let lamps = ["a.example", "b.example"].map(|board| lamp(server, board, subject));
        assert_eq!(lamps[0], lamps[1], "{subject}");
        lamps[0].clone()
    };
    assert_eq!(both(&server, "PJSIP/100"), "RINGINUSE");
    assert_eq!(both(&server, "PJSIP/101"), "NOT_INUSE");
    assert_eq!(both(&server, "Custom:night|100%"), "BUSY");
    assert_eq!(both(&server, "1000@default"), serde_json::json!({"new": 3, "old": 1}));
    assert_eq!(both(&server, "2000@default"), serde_json::json!({"new": 5, "old": 0}));
    let ended = server.ask(&["why", "PJSIP/300", "--json"]).json();
    assert_eq!(ended["tombstones"][0]["origin"]["account"], "pbx-c@a.example");
    assert_eq!(ended["tombstones"][0]["unconfirmed"][0], "pbx-a@a.example");

    server.configure_with(&config(["board = 'a.example'", "board = 'b.example'"]), CLEAR);
    for round in 0..2 {
        server.stop();
        server.restart();
        assert_eq!(server.attention(), [""; 0], "round {round}");
        assert_eq!(lamp(&server, "a.example", "PJSIP/100"), "INUSE");
        assert_eq!(lamp(&server, "b.example", "PJSIP/100"), "RINGING");
        assert_eq!(lamp(&server, "a.example", "Custom:night|100%"), "BUSY");
        assert_eq!(
            lamp(&server, "a.example", "1000@default"),
            serde_json::json!({"new": 3, "old": 1})
        );
        assert_eq!(lamp(&server, "b.example", "1000@default"), serde_json::Value::Null);
        let gone = server.ask(&["why", "PJSIP/100", "--board", "b.example", "--json"]).json();
        assert_eq!(gone["tombstones"][0]["origin"]["account"], "pbx-a@a.example");
    }
    // Once it was told, the folder is like any other.
    server.configure_with(&config(["", ""]), CLEAR);
    server.stop();
    server.restart();
    assert_eq!(server.attention(), [""; 0]);
    assert_eq!(lamp(&server, "b.example", "PJSIP/100"), "RINGING");
}

/// It never shared that board, and would read the lamps of a stranger there.
#[test]
fn a_domain_that_comes_later_does_not_join_the_board_of_an_older_folder() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folders/schema-2");
    let b_alone = config(["", "board = 'b.example'"]);
    let mut server = Server::start_on(&files, &b_alone, CLEAR);
    assert_eq!(lamp(&server, "shared", "PJSIP/100"), "INUSE");
    let c =
        "[[domain]]\nname = 'c.example'\n[[domain.account]]\nname = 'pbx-x'\npassword = 'four'\n";
    server.configure_with(&(b_alone + c), CLEAR);
    for round in 0..2 {
        server.stop();
        server.restart();
        assert_eq!(server.attention(), [""; 0], "round {round}");
        assert_eq!(lamp(&server, "a.example", "PJSIP/100"), "INUSE");
        assert_eq!(lamp(&server, "c.example", "PJSIP/100"), serde_json::Value::Null);
        let why = server.ask(&["why", "PJSIP/100", "--board", "a.example", "--json"]).json();
        assert_eq!(why["board"], "shared", "its own domain stays");
    }
}

/// By the owner of the data folder, who is of no domain.
fn says_by_hand(server: &Server, board: &str) {
    let said = server.ask(&["set", "Custom:door", "BUSY", "--board", board, "--keep"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
}

#[test]
fn what_was_said_by_hand_and_the_history_follow_a_board_under_its_new_name() {
    let mut server = Server::start_with(&config(["board = 'old'", "board = 'old'"]), CLEAR);
    says_by_hand(&server, "old");
    let mut a = Client::log_in(server.address(), "a.example", "pbx-a", "one");
    a.publish_device(ONE, "Custom:night", "INUSE");
    server.configure_with(&config(["board = 'new'", "board = 'new'"]), CLEAR);
    for round in 0..2 {
        server.stop();
        server.restart();
        assert_eq!(lamp(&server, "new", "Custom:door"), "BUSY", "round {round}");
        for subject in ["Custom:door", "Custom:night"] {
            let past = server.ask(&["history", subject, "--json"]).json();
            let events = past["events"].as_array().expect("a list");
            let word = if subject == "Custom:door" { "BUSY" } else { "INUSE" };
            assert!(events.iter().any(|one| one["value"] == word), "round {round}: {past}");
        }
    }
}

#[test]
fn what_was_said_by_hand_ends_where_domains_part_and_the_log_says_so() {
    let mut server = Server::start_with(&config(["board = 'both'", "board = 'both'"]), CLEAR);
    says_by_hand(&server, "both");
    server.configure_with(&config(["", ""]), CLEAR);
    server.stop();
    server.restart();
    for board in ["a.example", "b.example"] {
        assert_eq!(lamp(&server, board, "Custom:door"), serde_json::Value::Null, "{board}");
    }
    assert!(server.has_said("by-hand-ended"));
    assert!(server.has_said("history-removed"));
    // Nor does it come back with the old name.
    server.configure_with(&config(["board = 'both'", "board = 'both'"]), CLEAR);
    server.stop();
    server.restart();
    assert_eq!(lamp(&server, "both", "Custom:door"), serde_json::Value::Null);
    assert_eq!(server.ask(&["history", "Custom:door"]).code, Some(5));
}
