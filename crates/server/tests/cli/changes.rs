//! Accounts that are changed while the server runs.

use serde_json::Value;

use crate::client::Client;
use crate::server::Server;

const CONFIG: &str =
    "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'pbx-a'\npassword = 'one'\n";
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";

fn user(server: &Server, jid: &str) -> Value {
    let users = server.ask(&["user", "list", "--json"]).json();
    let users = users["users"].as_array().cloned().expect("a list");
    users.into_iter().find(|user| user["jid"] == jid).expect("the account")
}

#[test]
fn an_account_of_a_command_is_changed_by_a_command_and_stays_so() {
    let mut server = Server::start_with(CONFIG, CLEAR);
    assert_eq!(server.ask_with(&["user", "add", "pbx-b"], "two\n").code, Some(0));
    let mut pbx = Client::log_in(server.address(), "a.example", "pbx-b", "two");
    let change = ["user", "change", "pbx-b", "--allow", "PJSIP/1*", "--allow", "Custom:*"];
    let told = server.ask(&change);
    let text = "changed pbx-b@a.example: it may publish PJSIP/1* Custom:*\n";
    assert_eq!((told.code, told.out.as_str()), (Some(0), text), "{}", told.err);
    // What was connected is held to it at once.
    pbx.publish_device("02:00:00:00:00:01", "PJSIP/200", "INUSE");
    pbx.publish_device("02:00:00:00:00:01", "PJSIP/100", "INUSE");
    assert_eq!(server.ask(&["why", "PJSIP/100"]).code, Some(0));
    assert_eq!(server.ask(&["why", "PJSIP/200"]).code, Some(5));

    let more = ["--site", "berlin", "--label", "sales", "--hear", "", "--json"];
    let told = server.ask(&[&["user", "change", "pbx-b"], &more[..]].concat()).json();
    assert_eq!((&told["schema"], &told["done"]), (&"done/1".into(), &"user-changed".into()));
    for _ in 0..2 {
        let user = user(&server, "pbx-b@a.example");
        let shown =
            format!("{} {} {} {}", user["allow"], user["hear"], user["site"], user["labels"]);
        assert_eq!(shown, r#"["PJSIP/1*","Custom:*"] [] "berlin" ["sales"]"#);
        server.stop();
        server.restart();
    }
    let none = server.ask(&["user", "change", "pbx-b", "--site", "", "--label", "", "--allow", ""]);
    assert!(none.out.contains("publish nothing; site none"), "{}{}", none.out, none.err);
    let user = user(&server, "pbx-b@a.example");
    assert_eq!((user.get("site"), user["allow"].to_string().as_str()), (None, "[]"));
    let log = server.ask(&["audit", "--operation", "user change", "--json"]).json();
    let entries = log["entries"].as_array().expect("a list");
    assert_eq!((entries.len(), &entries[2]["outcome"]), (3, &"done".into()), "{log}");
    assert_eq!(entries[2]["arguments"]["allow"][0], "PJSIP/1*");
}

/// Rights that shrink: by a command, by a reload, and by a file that was changed while nothing ran.
#[test]
fn what_an_account_may_not_say_any_longer_is_withdrawn_at_once_and_why_and_history_say_so() {
    let file = |allow: &str| format!("{CONFIG}allow = [{allow}]\n");
    let mut server = Server::start_with(&file("'*'"), CLEAR);
    assert_eq!(server.ask_with(&["user", "add", "pbx-b"], "two\n").code, Some(0));
    let lamps = ["PJSIP/100", "PJSIP/200", "PJSIP/300"];
    let publish = |name, password, eid| {
        let mut pbx = Client::log_in(server.address(), "a.example", name, password);
        lamps.iter().for_each(|lamp| pbx.publish_device(eid, lamp, "INUSE"));
        pbx
    };
    let _declared = publish("pbx-a", "one", "02:00:00:00:00:01");
    let away = publish("pbx-b", "two", "02:00:00:00:00:02");
    drop(away);
    server.ask(&["user", "change", "pbx-b", "--allow", "PJSIP/1*"]);
    let origins = |server: &Server, lamp: &str| {
        let why = server.ask(&["why", lamp, "--json"]).json();
        let facts = why["facts"].as_array().cloned().unwrap_or_default();
        facts.iter().map(|fact| fact["origin"]["account"].to_string()).collect::<String>()
    };
    let (a, both) = ("\"pbx-a@a.example\"", ["pbx-a@a.example", "pbx-b@a.example"]);
    assert!(both.iter().all(|one| origins(&server, "PJSIP/100").contains(one)));
    assert_eq!(origins(&server, "PJSIP/200"), a, "a command, of a PBX that is away");
    let past = server.ask(&["history", "PJSIP/200"]).out;
    assert!(past.contains("its account may no longer publish it"), "{past}");

    server.configure_with(&file("'PJSIP/1*', 'PJSIP/2*'"), CLEAR);
    assert_eq!(server.ask(&["reload"]).code, Some(0));
    assert_eq!(server.ask(&["why", "PJSIP/300"]).code, Some(5), "a reload, of one that is there");
    assert_eq!(origins(&server, "PJSIP/200"), a);

    server.stop();
    server.configure_with(&file("'PJSIP/1*'"), CLEAR);
    server.restart();
    assert_eq!(server.ask(&["why", "PJSIP/200"]).code, Some(5), "a start");
    let past = server.ask(&["history", "PJSIP/200", "--limit", "1"]).out;
    assert!(past.contains("its account may no longer publish it"), "{past}");
    assert!(origins(&server, "PJSIP/100").contains("pbx-a"));
}

#[test]
fn what_cannot_be_changed_is_refused_with_the_place_or_the_way() {
    let server = Server::start_with(CONFIG, CLEAR);
    server.ask_with(&["user", "add", "pbx-b"], "two\n");
    for (typed, code, words) in [
        (&["user", "change", "pbx-a", "--site", "rome"][..], 6, "lampfield.toml:5"),
        (&["user", "remove", "pbx-a", "--yes"], 6, "lampfield.toml:5"),
        (&["invite", "pbx-a", "--rotate"], 6, "lampfield.toml:5"),
        (&["user", "change", "pbx-b"], 2, "error[nothing-asked]"),
        (&["user", "change", "pbx-c", "--site", "rome"], 5, "nearest"),
        (&["user", "change", "pbx-b", "--site", "a b"], 2, "error[wrong-site]"),
        (&["user", "change", "pbx-b", "--label", "a/b"], 2, "error[wrong-label]"),
        (&["domain", "change", "a.example"], 6, "error[declared-domain]"),
    ] {
        let refused = server.ask(typed);
        assert_eq!(refused.code, Some(code), "{typed:?} {}", refused.err);
        assert!(refused.err.contains(words), "{typed:?} {}", refused.err);
    }
    server.ask(&["domain", "add", "b.example"]);
    let refused = server.ask(&["domain", "change", "b.example"]);
    assert_eq!(refused.code, Some(2), "{}", refused.out);
    assert!(refused.err.contains("--registration or --show-caps"), "{}", refused.err);
}

#[test]
fn a_board_that_a_slip_has_made_is_told_with_the_near_one() {
    let server = Server::start_with(CONFIG, CLEAR);
    let typo = server.ask(&["domain", "add", "b.example", "--board", "a.exmaple"]);
    for words in ["added b.example", "the board a.exmaple is new", "if a.example was meant"] {
        assert!(typo.out.contains(words), "{}{}", typo.out, typo.err);
    }
    let meant = server.ask(&["domain", "add", "c.example", "--board", "a.example"]);
    assert_eq!(meant.out, "added c.example\n", "{}", meant.err);
    let new = server.ask(&["domain", "add", "d.example", "--board", "warehouse", "--json"]).json();
    assert_eq!(new["note"], "the board warehouse is new");
    let own = server.ask(&["domain", "add", "e.example", "--json"]).json();
    assert!(own.get("note").is_none(), "{own}");
}

#[test]
fn the_audit_log_of_a_board_that_is_gone_can_be_asked_for() {
    let server = Server::start_with(CONFIG, CLEAR);
    server.ask(&["domain", "add", "b.example"]);
    server.ask_with(&["user", "add", "x@b.example"], "two\n");
    server.ask(&["domain", "remove", "b.example", "--yes"]);
    let told = server.ask(&["audit", "--board", "b.example"]);
    assert!(told.out.contains("user add"), "{}{}", told.out, told.err);
    assert!(told.out.ends_with(" kept\n") && !told.out.contains("0 entries"), "{}", told.out);
    let never = server.ask(&["audit", "--board", "c.example"]);
    assert_eq!(never.code, Some(5), "{}", never.out);
    assert!(never.err.contains("error[unknown-board]"), "{}", never.err);
}

/// Whatever is counted, one is one.
#[test]
fn one_is_not_told_as_many() {
    let server = Server::start_with(CONFIG, CLEAR);
    server.ask(&["domain", "add", "b.example"]);
    server.ask_with(&["user", "add", "x@b.example"], "two\n");
    let removed = server.ask(&["domain", "remove", "b.example", "--yes"]).out;
    assert_eq!(removed, "removed b.example with 1 account, 0 connections, 0 facts and 0 nodes\n");
    server.ask(&["set", "Custom:night", "INUSE", "--keep"]);
    assert!(server.ask(&["list"]).out.contains("\n1 lamp of the board"));
    let cleared = server.ask(&["clear", "Custom:night", "--ascii"]).out;
    assert!(cleared.contains("cleared, 1 fact withdrawn"), "{cleared}");
    let history = server.ask(&["history", "Custom:night", "--limit", "1"]).out;
    assert!(history.contains("\n1 change and older ones of"), "{history}");
}

#[test]
fn one_account_of_two_boards_has_a_line_for_each_that_names_it() {
    let server = Server::start_with(&format!("{CONFIG}[[domain]]\nname = 'b.example'\n"), CLEAR);
    for board in ["a.example", "b.example"] {
        server.ask(&["set", "Custom:night", "INUSE", "--keep", "--board", board]);
    }
    let status = server.ask(&["status", "--ascii"]).out;
    let lines: Vec<_> = status.lines().filter(|line| line.starts_with("lampfield cli")).collect();
    assert_eq!(lines.len(), 2, "{status}");
    assert!(lines[0].contains("a.example") && lines[1].contains("b.example"), "{status}");
}
