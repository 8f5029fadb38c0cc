//! Questions about lamps, asked while a PBX says something about them.

use std::process::Stdio;

use crate::client::Client;
use crate::server::Server;

const ONE: &str = "02:00:00:00:00:01";
const TWO: &str = "02:00:00:00:00:02";

/// Two accounts with passwords, and no TLS.
const CONFIG: &str = "[[domain]]\nname = 'a.example'\n\
    [[domain.account]]\nname = 'server1'\npassword = 'one'\n\
    [[policy]]\nname = 'Custom:*'\nrule = 'keep'\n\
    [lease]\ngrace = '1s'\n";

/// Lines for the listener's own table.
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";

fn server() -> Server {
    Server::start_with(CONFIG, CLEAR)
}

fn client(server: &Server, name: &str, password: &str) -> Client {
    Client::log_in(server.address(), "a.example", name, password)
}

#[test]
fn an_origin_is_shown_with_its_site_and_labels() {
    let server = server();
    let add = ["user", "add", "server2", "--site", "berlin", "--label", "sales", "--json"];
    let added = server.ask(&[&add[..], &["--label", "floor-2", "--generate"]].concat()).json();
    let password = added["password"].as_str().expect("a password");
    client(&server, "server2", password).publish_device(TWO, "Custom:night", "INUSE");
    client(&server, "server1", "one").publish_device(ONE, "Custom:night", "BUSY");

    let status = server.ask(&["status", "--json"]).json();
    for shown in [
        &server.ask(&["why", "Custom:night", "--json"]).json()["facts"],
        &server.ask(&["why", "Custom:night", "--at", "-0s", "--json"]).json()["facts"],
        &status["origins"],
    ] {
        let of = |account: &str| {
            let all = shown.as_array().expect("a list").iter().map(|one| &one["origin"]);
            let mut found = all.filter(|origin| origin["account"] == account);
            found.next().expect("the account").clone()
        };
        let placed = of("server2@a.example");
        assert_eq!(placed["site"], "berlin", "{placed}");
        assert_eq!(placed["labels"].to_string(), r#"["sales","floor-2"]"#);
        let placed = of("server1@a.example");
        assert!(placed.get("site").is_none() && placed.get("labels").is_none(), "{placed}");
    }
}

#[test]
fn why_names_the_facts_the_rule_and_the_lease() {
    let server = server();
    let added = server.ask(&["user", "add", "server2", "--generate", "--json"]).json();
    let password = added["password"].as_str().expect("a password");
    let mut first = client(&server, "server1", "one");
    let mut second = client(&server, "server2", password);
    first.publish_device(ONE, "PJSIP/100", "INUSE");
    second.publish_device(TWO, "PJSIP/100", "NOT_INUSE");
    second.publish_device(TWO, "Custom:night", "BUSY");

    let why = server.ask(&["why", "PJSIP/100", "--json"]).json();
    assert_eq!(why["schema"], "why/1");
    assert_eq!(why["subject"], "device/PJSIP/100");
    assert_eq!(why["aggregate"], "INUSE");
    assert_eq!(why["facts"][0]["decides"], true);
    assert_eq!(why["facts"][0]["origin"]["account"], "server1@a.example");
    assert_eq!(why["facts"][0]["origin"]["eid"], ONE);
    assert_eq!(why["facts"][0]["lease"]["state"], "live");
    assert_eq!(why["facts"][1]["value"], "NOT_INUSE");
    let text = server.ask(&["why", "PJSIP/100", "--ascii"]).out;
    assert!(text.starts_with("U INUSE   device/PJSIP/100   since "), "{text}");

    let cased = server.ask(&["why", "pjsip/100"]);
    assert_eq!(cased.code, Some(5));
    assert!(cased.err.contains("PJSIP/100   (names are case-sensitive)"), "{}", cased.err);

    drop(second);
    let lease = |lamp: &str| {
        let facts = server.ask(&["why", lamp, "--json"]).json()["facts"].take();
        let of_second = |fact: &&serde_json::Value| fact["origin"]["eid"] == TWO;
        facts.as_array().and_then(|facts| Some(facts.iter().find(of_second)?["lease"].clone()))
    };
    // It is gone for a second, then its fact is withdrawn; what the policy keeps stays.
    let left = (0..1_000).find_map(|_| lease("PJSIP/100").filter(|lease| lease["state"] == "gone"));
    assert!(left.is_some_and(|lease| lease["seconds_left"].as_f64() <= Some(1.0)));
    assert!((0..1_000).any(|_| lease("PJSIP/100").is_none()), "never withdrawn");
    assert_eq!(lease("Custom:night").expect("kept")["state"], "kept");

    let history = server.ask(&["history", "PJSIP/100", "--json"]).json();
    assert_eq!(history["events"][0]["value"], serde_json::Value::Null);
    assert_eq!(history["events"][1]["value"], "NOT_INUSE");
    assert_eq!(history["events"][2]["aggregate"], "INUSE");
    assert_eq!(history["events"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        server.ask(&["history", "PJSIP/100", "--limit", "1", "--json"]).json()["events"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

/// Whatever the board calls them: the door knows them by the names that Asterisk makes.
#[test]
fn what_pbxs_make_by_themselves_is_ignored_or_kept_also_where_the_site_calls_it_otherwise() {
    let config = "[[domain]]\nname = 'a.example'\n\
        [[domain.account]]\nname = 'server1'\npassword = 'one'\nsite = 'berlin'\n\
        [[domain.account]]\nname = 'server2'\npassword = 'two'\nsite = 'paris'\n\
        [[map]]\nsite = 'berlin'\nhere = '*'\nboard = 'berlin-*'\n\
        [lease]\ngrace = '1s'\n";
    let server = Server::start_with(config, CLEAR);
    let mut berlin = client(&server, "server1", "one");
    let mut paris = client(&server, "server2", "two");
    for (pbx, eid) in [(&mut berlin, ONE), (&mut paris, TWO)] {
        for device in ["XMPP/buddy", "MWI:1000@default", "PJSIP/1"] {
            pbx.publish_device(eid, device, "INUSE");
        }
    }
    let listed = || {
        let list = server.ask(&["list", "--json"]).json();
        let lamps = list["lamps"].as_array().cloned().expect("a list").into_iter();
        let name = |lamp: serde_json::Value| lamp["subject"].as_str().map(str::to_owned);
        let mut names: Vec<_> = lamps.filter_map(name).collect();
        names.sort_unstable();
        names
    };
    let mwi = ["device/MWI:1000@default", "device/berlin-MWI:1000@default"];
    let phones = ["device/PJSIP/1", "device/berlin-PJSIP/1"];
    assert_eq!(listed(), [mwi[0], phones[0], mwi[1], phones[1]]);
    drop((berlin, paris));
    let why = || server.ask(&["why", "berlin-PJSIP/1"]).code;
    assert!((0..1_000).any(|_| why() == Some(5)), "never withdrawn");
    assert!((0..1_000).any(|_| listed().len() <= 2), "never withdrawn");
    assert_eq!(listed(), mwi);
    let by_hand = server.ask(&["set", "device/berlin-XMPP/x", "INUSE", "--keep"]);
    assert!(by_hand.err.contains("error[ignored-name]"), "{}", by_hand.err);
}

#[test]
fn mailboxes_have_counts_and_a_name_may_be_ambiguous() {
    let server = server();
    let mut pbx = client(&server, "server1", "one");
    pbx.publish_mailbox(ONE, "1000@default", 3, 1);
    let why = server.ask(&["why", "1000@default", "--json"]).json();
    assert_eq!(why["kind"], "mailbox");
    assert_eq!(why["aggregate"], serde_json::json!({"new": 3, "old": 1}));

    pbx.publish_device(ONE, "1000@default", "INUSE");
    let both = server.ask(&["why", "1000@default"]);
    assert_eq!(both.code, Some(6));
    assert!(both.err.contains("mailbox/1000@default"), "{}", both.err);
    assert_eq!(server.ask(&["why", "device/1000@default"]).code, Some(0));
}

#[test]
fn a_removed_account_takes_its_lamps_and_connections_along() {
    let server = server();
    let added = server.ask(&["user", "add", "server2", "--generate", "--json"]).json();
    let password = added["password"].as_str().expect("a password");
    let mut pbx = client(&server, "server2", password);
    pbx.publish_device(TWO, "PJSIP/200", "INUSE");
    let status = server.ask(&["status", "--json"]).json();
    assert_eq!(status["counters"]["facts"], 1);
    assert_eq!(status["counters"]["logged_in"], 1);
    assert_eq!(status["origins"][0]["state"], "live");
    let removed = server.ask(&["user", "remove", "server2", "--yes"]);
    assert!(removed.out.contains("1 fact withdrawn"), "{}{}", removed.out, removed.err);
    let gone = |name: &str| {
        (0..1_000).any(|_| server.ask(&["status", "--json"]).json()["counters"][name] == 0)
    };
    assert!(gone("logged_in") && gone("facts"));
}

#[test]
fn watch_shows_each_change_as_it_comes() {
    let server = server();
    let mut pbx = client(&server, "server1", "one");
    let mut command = server.command(&["watch", "PJSIP/*", "--count", "2", "--json"]);
    let mut watch = command.stdout(Stdio::piped()).spawn().expect("the program");
    // The watch begins at some moment; from then on each change is one line.
    for state in ["INUSE", "NOT_INUSE"].into_iter().cycle() {
        pbx.publish_device(ONE, "PJSIP/100", state);
        pbx.publish_device(ONE, "Custom:x", state);
        if watch.try_wait().expect("a child").is_some() {
            break;
        }
    }
    let output = watch.wait_with_output().expect("an end");
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in &lines {
        assert_eq!(line["schema"], "change/1");
        assert_eq!(line["subject"], "device/PJSIP/100");
        assert_eq!(line["value"], line["aggregate"]);
    }
}

/// The moment of an event.
fn moment(event: &serde_json::Value) -> String {
    event["at"].as_str().expect("a moment").to_owned()
}

#[test]
fn the_past_is_told_with_reasons_and_what_decided_then() {
    let server = server();
    let added = server.ask(&["user", "add", "server2", "--generate", "--json"]).json();
    let password = added["password"].as_str().expect("a password");
    let mut first = client(&server, "server1", "one");
    let mut second = client(&server, "server2", password);
    // A question between two changes takes longer than a millisecond, so that their moments differ.
    first.publish_device(ONE, "PJSIP/100", "NOT_INUSE");
    server.ask(&["status"]);
    second.publish_device(TWO, "PJSIP/100", "INUSE");
    server.ask(&["status"]);
    first.publish_device(ONE, "PJSIP/100", "BUSY");
    drop(second);
    let history = (0..1_000).find_map(|_| {
        let history = server.ask(&["history", "PJSIP/100", "--json"]).json();
        (history["events"][0]["value"].is_null()).then_some(history)
    });
    let history = history.expect("a withdrawal");
    assert_eq!(history["events"][0]["reason"], "link lost, grace over");
    assert_eq!(history["links"][0]["state"], "lost");
    assert_eq!(history["links"][0]["origin"]["eid"], TWO);
    assert_eq!(history["links"][0]["aggregate"], "BUSY");
    let text = server.ask(&["history", "PJSIP/100", "--ascii"]).out;
    assert!(text.contains("withdrawn: link lost, grace over"), "{text}");
    assert!(text.contains("link lost, 1s of grace"), "{text}");

    // Each moment of a change shows what the change had made of the lamp.
    for event in history["events"].as_array().expect("a list") {
        let why = server.ask(&["why", "PJSIP/100", "--at", &moment(event), "--json"]).json();
        assert_eq!(why["aggregate"], event["aggregate"], "{event} {why}");
        assert_eq!(why["at"], event["at"]);
    }
    let second_change = moment(&history["events"][2]);
    let why = server.ask(&["why", "PJSIP/100", "--at", &second_change, "--json"]).json();
    assert_eq!(why["aggregate"], "INUSE");
    assert_eq!(why["facts"].as_array().map(Vec::len), Some(2));
    assert_eq!(why["facts"][0]["origin"]["eid"], TWO);
    assert_eq!(why["facts"][0]["decides"], true);
    assert!(why["facts"][0]["lease"].is_null());
    let text = server.ask(&["why", "PJSIP/100", "--at", &second_change, "--ascii"]).out;
    assert!(text.starts_with("U INUSE   device/PJSIP/100   at "), "{text}");

    assert_eq!(server.ask(&["why", "PJSIP/100", "--at", "-1d"]).code, Some(5));
    assert_eq!(server.ask(&["why", "PJSIP/100", "--at", "2999-01-01T00:00:00Z"]).code, Some(2));
    assert_eq!(server.ask(&["why", "PJSIP/100", "--kind", "device"]).code, Some(0));
    assert_eq!(server.ask(&["why", "device/PJSIP/100", "--kind", "device"]).code, Some(0));
    assert_eq!(server.ask(&["why", "PJSIP/100", "--kind", "mailbox"]).code, Some(5));
    assert_eq!(server.ask(&["history", "PJSIP/100", "--since", "1h", "--json"]).code, Some(0));
}

#[test]
fn a_lamp_of_which_only_the_withdrawal_is_left_is_not_counted() {
    let server = server();
    let added = server.ask(&["user", "add", "server2", "--generate", "--json"]).json();
    let password = added["password"].as_str().expect("a password");
    let mut first = client(&server, "server1", "one");
    let mut second = client(&server, "server2", password);
    first.publish_device(ONE, "PJSIP/100", "INUSE");
    second.publish_device(TWO, "PJSIP/100", "INUSE");
    second.publish_device(TWO, "PJSIP/200", "INUSE");
    let lamps = || server.ask(&["status", "--json"]).json()["counters"]["lamps"].as_u64();
    assert_eq!(lamps(), Some(2));
    drop(second);
    assert!((0..1_000).any(|_| lamps() == Some(1)), "{:?}", lamps());
    let text = server.ask(&["status", "--ascii"]).out;
    assert!(text.contains("lamps 1, facts 1 of ") && text.contains(ONE), "{text}");
    let listed = text.lines().any(|line| line.starts_with("server2@"));
    assert!(!listed, "nothing is left of it: {text}");
}

#[test]
fn after_a_restart_status_says_who_is_awaited() {
    let mut server = server();
    client(&server, "server1", "one").publish_device(ONE, "PJSIP/100", "INUSE");
    server.stop();
    server.restart();
    let status = server.ask(&["status"]);
    assert_eq!(status.code, Some(0), "{}", status.out);
    let first = status.out.lines().next().unwrap_or_default();
    assert!(first.contains("all is well so far, 1 PBX is expected back within "), "{first}");
    assert!(first.contains("s (asked "), "{first}");
}

#[test]
fn what_needs_attention_leads_to_its_explanation() {
    let server = server();
    let added = server.ask(&["user", "add", "server2", "--generate", "--json"]).json();
    let password = added["password"].as_str().expect("a password");
    let mut first = client(&server, "server1", "one");
    let mut second = client(&server, "server2", password);
    first.publish_device(ONE, "PJSIP/100", "INUSE");
    second.publish_device(ONE, "PJSIP/200", "INUSE");
    let status = server.ask(&["status", "--ascii"]);
    assert_eq!(status.code, Some(1), "{}", status.out);
    let more = "     more  lampfield help duplicate-eid\n";
    assert!(status.out.contains(more), "{}", status.out);
    assert!(status.out.contains("then: core restart when convenient\n"), "{}", status.out);
}

#[test]
fn a_resource_that_will_not_come_back_is_given_up() {
    let server = server();
    let mut gone = client(&server, "server1", "one");
    gone.subscribe("server1", "device_state");
    let forget =
        |resource: &str| server.ask(&["user", "forget-resource", "server1", resource, "--json"]);
    assert_eq!(forget("x").code, Some(5), "it is there");
    drop(gone);
    let away = || server.ask(&["user", "list", "--json"]).json()["users"][0]["away"].clone();
    let x = serde_json::json!(["x"]);
    assert!((0..1_000).any(|_| away() == x), "{}", away());
    let other = server.ask(&["user", "forget-resource", "server1", "y"]);
    assert_eq!(other.code, Some(5));
    assert!(other.err.contains("away  x"), "{}", other.err);
    let done = forget("x");
    assert_eq!((done.code, &done.json()["done"]), (Some(0), &"resource-forgotten".into()));
    assert_eq!(away(), serde_json::json!([]));
    let nobody = server.ask(&["user", "forget-resource", "server9", "x"]);
    assert_eq!(nobody.code, Some(5));
}

#[test]
fn a_fact_that_a_server_says_with_another_account_ends_with_that_reason() {
    let server = Server::start_with(&CONFIG.replace("'1s'", "'60s'"), CLEAR);
    let added = server.ask(&["user", "add", "server2", "--generate", "--json"]).json();
    let password = added["password"].as_str().expect("a password");
    let mut first = client(&server, "server1", "one");
    first.publish_device(ONE, "PJSIP/100", "INUSE");
    first.publish_device(ONE, "PJSIP/200", "INUSE");
    drop(first);
    let state = || {
        let why = server.ask(&["why", "PJSIP/100", "--json"]).json();
        why["facts"][0]["lease"]["state"].clone()
    };
    assert!((0..1_000).any(|_| state() == "gone"), "{}", state());
    let mut second = client(&server, "server2", password);
    second.publish_device(ONE, "PJSIP/100", "BUSY");
    let history = server.ask(&["history", "PJSIP/100", "--json"]).json();
    assert_eq!(history["events"][0]["value"], serde_json::Value::Null);
    assert_eq!(history["events"][0]["reason"], "its PBX uses another account now");

    // A second reason within the same second is told from the first.
    server.ask(&["user", "remove", "server2", "--yes"]);
    let history = server.ask(&["history", "PJSIP/100", "--json"]).json();
    assert_eq!(history["events"][0]["reason"], "the account was removed");
}
