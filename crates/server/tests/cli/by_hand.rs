//! What an operator says about lamps by hand, for every kind.

use std::process::Command;

use lampfield_board::Kind;

use crate::client::Client;
use crate::server::{Ran, Server, lampfield};

const CONFIG: &str = "[[domain]]\nname = 'a.example'\n\
    [[domain.account]]\nname = 'server1'\npassword = 'one'\n\
    [[domain]]\nname = 'b.example'\n\
    [lease]\ngrace = '1s'\nrestart_grace = '1s'\n";
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";
/// A value that has ended.
const PAST: &str = r#"{"data":1,"until":"2020-01-01T00:00:00Z"}"#;
const ONE: &str = "02:00:00:00:00:01";

fn lamp(server: &Server, subject: &str) -> serde_json::Value {
    let why = server.ask(&["why", subject, "--json"]);
    if why.code == Some(5) { serde_json::Value::Null } else { why.json()["aggregate"].clone() }
}

#[test]
fn every_kind_has_the_same_verbs_and_stands_through_a_restart() {
    let mut server = Server::start_with(CONFIG, CLEAR);
    let mut said = Vec::new();
    for kind in Kind::ALL {
        let example = &kind.examples()[0];
        let value = serde_json::to_value(example).expect("JSON");
        let (subject, typed) = (format!("{kind}/x-1"), value.to_string());
        let keep = if example.deadline().is_none() { &["--keep"][..] } else { &[] };
        let ask = || server.ask(&[&["set", &subject, &typed, "--json"], keep].concat()).json();
        let set = ask();
        assert_eq!(
            (&set["done"], &set["subject"]),
            (&"set".into(), &subject.as_str().into()),
            "{set}"
        );
        assert_eq!(ask()["done"], "unchanged");
        said.push((kind, lamp(&server, &subject)));
    }
    let mut pbx = Client::log_in(server.address(), "a.example", "server1", "one");
    pbx.publish_device(ONE, "PJSIP/100", "INUSE");
    server.stop();
    server.restart();
    // What needs a connection ends.
    let ended = (0..1_000).any(|_| lamp(&server, "PJSIP/100") == serde_json::Value::Null);
    assert!(ended, "the grace goes on and on");
    let of_kind = |words: &[&str], kind: &Kind| {
        server.ask(&[words, &["x-1", "--kind", kind.as_str(), "--json"]].concat()).json()
    };
    for (kind, value) in &said {
        let why = of_kind(&["why"], kind);
        assert_eq!(&why["aggregate"], value, "{kind}");
        let fact = &why["facts"][0];
        assert_eq!(
            (&fact["protocol"], &fact["lease"]["state"]),
            (&"cli".into(), &"by-hand".into())
        );
        assert_eq!(fact["origin"]["account"], "lampfield cli");
    }
    let list = server.ask(&["list", "*/x-1", "--json"]).json();
    assert_eq!(list["lamps"].as_array().map(Vec::len), Some(said.len()), "{list}");
    for (kind, _) in &said {
        let cleared = of_kind(&["clear"], kind);
        assert_eq!((&cleared["done"], &cleared["ended"]), (&"cleared".into(), &1.into()));
        let history = of_kind(&["history", "--limit", "1"], kind);
        assert_eq!(history["events"][0]["reason"], "cleared by command", "{history}");
    }
    let list = server.ask(&["list", "--json"]).json();
    assert_eq!(list["lamps"].as_array().map(Vec::len), Some(0), "{list}");
}

#[test]
fn what_is_set_for_a_while_ends_by_itself() {
    let server = Server::start_with(CONFIG, CLEAR);
    let ending: Vec<_> = Kind::ALL.into_iter().filter(|kind| kind.may_expire()).collect();
    let named = ending.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    for kind in Kind::ALL {
        let typed = serde_json::to_value(&kind.examples()[0]).expect("JSON").to_string();
        let set = ["set", &format!("{kind}/x"), &typed, "--for", "2s"];
        let set = server.ask(&set);
        match kind.may_expire() {
            true => assert_eq!(set.code, Some(0), "{}", set.err),
            false => {
                assert_eq!(set.code, Some(2));
                assert!(set.err.contains(&format!("with an end: {named}\n")), "{}", set.err);
            }
        }
    }
    let shown = || server.ask(&["list", "--json"]).json()["lamps"].as_array().map(Vec::len);
    assert_eq!(shown(), Some(ending.len()));
    assert!((0..1_000).any(|_| shown() == Some(0)), "they do not end");
}

#[test]
fn clear_keeps_to_the_operators_own_word_unless_all_are_meant() {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut pbx = Client::log_in(server.address(), "a.example", "server1", "one");
    pbx.publish_device(ONE, "PJSIP/100", "INUSE");
    let refused = server.ask(&["clear", "PJSIP/100"]);
    assert_eq!(refused.code, Some(5));
    assert!(
        refused.err.contains("nothing was set by hand for device/PJSIP/100"),
        "{}",
        refused.err
    );
    for words in ["error[nothing-said]", "server1@a.example", " clear device/PJSIP/100 --all"] {
        assert!(refused.err.contains(words), "{}", refused.err);
    }
    server.ask(&["set", "PJSIP/100", "RINGING", "--keep"]);
    assert_eq!(lamp(&server, "PJSIP/100"), "RINGINUSE");
    server.ask(&["clear", "PJSIP/100"]);
    assert_eq!(lamp(&server, "PJSIP/100"), "INUSE");
    let cleared = server.ask(&["clear", "PJSIP/100", "--all", "--ascii"]).out;
    assert_eq!(
        cleared,
        "n/a nobody   device/PJSIP/100   cleared, 1 fact withdrawn   was U INUSE\n"
    );
    pbx.publish_device(ONE, "PJSIP/100", "BUSY");
    assert_eq!(lamp(&server, "PJSIP/100"), "BUSY", "whoever is there says it again");
}

#[test]
fn what_cannot_be_said_is_refused_with_what_can() {
    let server = Server::start_with(CONFIG, CLEAR);
    for (typed, code, words) in [
        (&["set", "PJSIP/1", "LOUD", "--keep"][..], 2, " set device/PJSIP/1 INUSE --keep"),
        (&["set", "queue/x", "3", "--keep"], 2, "the number 3, but an object is needed"),
        (&["set", "queue/x", "{\"waiting\":1}", "--keep"], 2, "\"free\" is missing"),
        (
            &["set", "queue/x", "{}", "--keep"],
            2,
            "write    {\"waiting\": NUMBER, \"free\": NUMBER}",
        ),
        (&["set", "queue/x", "{}", "--keep"], 2, " set queue/x '{"),
        (&["set", "queu/x", "{}", "--keep"], 2, "nearest  queue/x"),
        (&["set", "devise/PJSIP/1", "INUSE", "--keep"], 2, "error[wrong-kind]"),
        (&["set", "custom/x", PAST, "--keep"], 2, "error[past-end]"),
        (&["set", "mailbox/1", "3", "--keep"], 2, "error[wrong-value]"),
        (&["set", "night", "INUSE", "--keep"], 2, "write KIND/night"),
        (&["set", "XMPP/x", "INUSE", "--keep"], 6, "error[ignored-name]"),
        (&["set", "PJSIP/1", "INUSE", "--board", "c.example", "--keep"], 5, "a.example  b.example"),
        (&["set", "PJSIP/1", "INUSE"], 2, "error[no-end-named]"),
        (&["set", "custom/x", "{\"data\":1}"], 2, "--for 10m"),
        (&["clear", "PJSIP/1"], 5, "error[unknown-subject]"),
        (&["list", "state:inus"], 2, "did you mean \"inuse\"?"),
        (&["watch", "state:inus"], 2, "error[wrong-filter]"),
    ] {
        let ran = server.ask(typed);
        assert_eq!(ran.code, Some(code), "{typed:?} {}", ran.err);
        assert!(ran.err.contains(words), "{typed:?} {}", ran.err);
    }
    // A technology of a channel driver, however near to a kind, and a device that is meant.
    for typed in ["Agent/1", "Queue/1", "dahdi/1", "device/queu/x"] {
        assert_eq!(server.ask(&["set", typed, "INUSE", "--keep"]).code, Some(0), "{typed}");
        assert_eq!(
            server.ask(&["clear", &format!("device/{}", typed.trim_start_matches("device/"))]).code,
            Some(0)
        );
    }
    // A word in whatever case, as Asterisk reads it too.
    assert_eq!(server.ask(&["set", "PJSIP/1", "busy", "--keep"]).code, Some(0));
    let of_b = ["set", "PJSIP/1", "BUSY", "--keep", "--board", "b.example"];
    assert_eq!(server.ask(&of_b).code, Some(0));
    for number in 2..6 {
        server.ask(&["set", &format!("PJSIP/{number}"), "INUSE", "--keep"]);
    }
    let of_b = server.ask(&["list", "--board", "b.example", "--json"]).json();
    assert_eq!((&of_b["lamps"].as_array().map(Vec::len), &of_b["more"]), (&Some(1), &0.into()));
}

/// As a person who pastes it: the same server, the same board, and nothing else to add.
#[test]
fn the_command_that_a_wrong_value_is_answered_with_works_as_it_is_printed() {
    let server = Server::start_with(CONFIG, CLEAR);
    let config = server.config().display().to_string();
    for kind in Kind::ALL {
        let subject = format!("{kind}/x-1");
        let wrong = ["set", &subject, "LOUD", "--board", "b.example", "--config", &config];
        let ran = lampfield(&wrong);
        assert!(ran.err.contains("error[wrong-value]"), "{kind}: {}", ran.err);
        let printed = ran.err.lines().find_map(|line| line.trim().strip_prefix("such as"));
        let printed = printed.unwrap_or_else(|| panic!("{kind}: {}", ran.err)).trim();
        let ran = pasted(printed);
        assert_eq!(ran.code, Some(0), "{kind}: {printed}: {}", ran.err);
    }
    let set = server.ask(&["list", "--board", "b.example", "--json"]).json();
    assert_eq!(set["lamps"].as_array().map(Vec::len), Some(Kind::ALL.len()), "{set}");
}

#[test]
fn what_else_is_printed_to_be_typed_names_the_server_and_the_board() {
    let server = Server::start_with(CONFIG, CLEAR);
    let config = server.config().display().to_string();
    let at = ["--board", "b.example", "--config", &config];
    let unended = lampfield(&[&["set", "custom/x", "{\"data\":1}"][..], &at].concat());
    for (label, end) in [("try", "--for 10m"), ("or", "--keep")] {
        let line = unended.err.lines().find_map(|line| line.trim().strip_prefix(label));
        let line = line.unwrap_or_else(|| panic!("no {label}: {}", unended.err));
        assert!(line.contains(&format!("--board b.example {end}")), "{line}");
        assert!(line.contains(&format!("--config {config} set")), "{line}");
    }
}

/// What a shell makes of a line that was printed to be typed.
fn pasted(line: &str) -> Ran {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("lampfield() {{ \"$PROGRAM\" \"$@\"; }}\n{line}"));
    Ran::of(shell.env("PROGRAM", env!("CARGO_BIN_EXE_lampfield")).output().expect("a shell"))
}
