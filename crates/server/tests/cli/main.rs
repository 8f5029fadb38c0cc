//! The command line as an operator meets it: the real program, started and asked.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of tests"
)]

mod acceptance;
mod audit;
mod boards;
mod by_hand;
mod changes;
mod client;
mod data_folder;
mod doctor;
mod documents;
mod domains;
mod examples;
mod fake_pbxs;
mod invitations;
mod joining;
mod lamps;
mod listing;
mod logs;
mod manual;
mod mistakes;
mod relay_alone;
mod reload_verb;
mod reloads;
mod server;
mod terminal;
mod times;
mod top;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;

use server::{Ran, Server, lampfield};

#[test]
fn a_wrong_configuration_names_the_place_and_starts_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    fs::write(&file, "[xmpp]\nlistten = [\"0.0.0.0:5222\"]\n").expect("a file");
    // A check starts nothing anyway.
    let end = "nothing was started\n";
    for (verb, end) in [("check", ""), ("serve", end), ("status", "")] {
        let ran = lampfield(&[verb, "--config", &file.display().to_string()]);
        let expected = format!(
            "{}:2:1: error[unknown-key]: \"listten\" is not a key of [xmpp]\n    2 | listten = \
             [\"0.0.0.0:5222\"]\n      | ^^^^^^^ did you mean \"listen\"?\n  more  lampfield help \
             unknown-key\n{end}",
            file.display()
        );
        assert_eq!((ran.code, ran.err), (Some(2), expected), "{verb}");
    }
}

/// The server goes on with what it read when that was right, and so do those who ask it.
#[test]
fn mistakes_in_the_file_keep_nobody_from_asking_a_server_that_runs() {
    let mut server = Server::start("");
    server.configure("\n[history]\nkeep = 'an hour or so'\n");
    server.hang_up();
    server.says("nothing was changed");
    let ran = server.ask(&["status"]);
    assert!(ran.out.contains("all is well"), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("! the configuration has mistakes ("), "{}", ran.err);
    let data = server.data().display().to_string();
    let ran = lampfield(&["status", "--data-dir", &data]);
    assert!(ran.out.contains("all is well") && ran.err.is_empty(), "{}{}", ran.out, ran.err);
    // Where nobody answers, the mistakes may be why.
    server.stop();
    let ran = server.ask(&["status"]);
    assert!(ran.err.contains("error[wrong-value]") && ran.code == Some(2), "{}", ran.err);
}

/// As when `here` and `board` of a rule are swapped, or `allow` speaks the names of the site.
#[test]
fn a_pbx_of_which_nothing_is_taken_is_told_of_until_something_is() {
    let account = |allow: &str| {
        format!(
            "\n[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'pbx-a'\npassword = 'one'\n\
             allow = ['{allow}']\n"
        )
    };
    let clear = "tls = 'off'\nclear_text_auth = true\n";
    let mut server = Server::start_with(&account("Custom:*"), clear);
    let mut pbx = client::Client::log_in(server.address(), "a.example", "pbx-a", "one");
    pbx.publish_device("02:00:00:00:00:01", "PJSIP/1", "INUSE");
    let ran = server.ask(&["status"]);
    let text = "nothing that pbx-a@a.example publishes is accepted (1 so far)";
    assert!(ran.out.contains(text) && ran.code == Some(1), "{}", ran.out);
    server.configure_with(&account("PJSIP/*"), clear);
    server.hang_up();
    server.says("the configuration was read again");
    pbx.publish_device("02:00:00:00:00:01", "PJSIP/1", "INUSE");
    assert!(!server.ask(&["status"]).out.contains("nothing that"));
}

#[test]
fn check_shows_what_is_in_force_without_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    let account = "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'x'\n";
    fs::write(&file, format!("{account}password = 'hunter2'\n")).expect("a file");
    let ran = lampfield(&["check", "--effective", &file.display().to_string()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("# password is set, not shown\n"), "{}", ran.out);
    assert!(!ran.out.contains("hunter2") && !ran.out.contains("password = "));
    fs::write(&file, format!("{account}password = '********'\n")).expect("a file");
    assert_eq!(lampfield(&["check", &file.display().to_string()]).code, Some(2), "an old mask");
}

#[test]
fn check_prints_all_that_is_in_force_and_reads_it_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    let text = "[lease]\ngrace = '7s'\n[xmpp]\ncertificate = 'a.pem'\ncertificate_key = 'a.key'\n";
    fs::write(&file, text).expect("a file");
    let (name, data) = (file.display().to_string(), folder.path().join("elsewhere"));
    let data = data.display().to_string();
    let effective = ["check", "--effective", &name, "--data-dir", &data, "--listen", "0.0.0.0:1"];
    let ran = lampfield(&effective);
    let lines = [
        &format!("data_dir = \"{data}\""),
        "[[domain]]",
        "name = \"localhost\"",
        "listen = [\"0.0.0.0:1\"]",
        "grace = \"7s\"",
        &format!("certificate = \"{}/a.pem\"", folder.path().display()),
    ];
    for line in lines {
        assert!(ran.out.lines().any(|one| one == line), "{line}: {}", ran.out);
    }
    fs::write(&file, &ran.out).expect("a file");
    assert_eq!(lampfield(&["check", "--effective", &name]).out, ran.out);
    let document = lampfield(&["check", "--effective", &name, "--json"]).json();
    assert_eq!(document["schema"], "effective/1");
    assert_eq!(document["config"]["domain"][0]["name"], "localhost");
}

#[test]
fn check_has_a_document_for_scripts() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    let name = file.display().to_string();
    fs::write(&file, "[xmpp]\nlistten = []\n").expect("a file");
    let ran = lampfield(&["check", &name, "--json"]);
    let document = ran.json();
    assert_eq!((ran.code, &document["would_start"]), (Some(2), &serde_json::json!(false)));
    let problem = &document["problems"][0];
    assert_eq!(problem["code"], "unknown-key");
    assert_eq!((&problem["line"], &problem["severity"]), (&2.into(), &"error".into()));
    fs::write(&file, "").expect("a file");
    let ran = lampfield(&["check", &name, "--json"]);
    assert_eq!((ran.code, &ran.json()["would_start"]), (Some(0), &serde_json::json!(true)));
    assert_eq!(ran.json()["problems"][0]["code"], "only-here");
    fs::write(&file, "[xmpp]\nlistten = []\n").expect("a file");
    let ran = lampfield(&["status", "--config", &name, "--json"]);
    assert_eq!((ran.code, &ran.json()["code"]), (Some(2), &"unknown-key".into()));
}

#[test]
fn a_server_that_nobody_else_can_reach_is_told_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    fs::write(&file, "").expect("a file");
    let name = file.display().to_string();
    let told = lampfield(&["check", &name]);
    let mend = format!("mend  listen = [\"0.0.0.0:5222\"] under [xmpp] in {name}");
    assert!(told.out.contains("only this machine can connect"), "{}", told.out);
    assert!(told.out.contains(&mend), "{}", told.out);
    assert!(told.out.contains("more  lampfield help only-here"), "{}", told.out);
    fs::write(&file, "[xmpp]\nlisten = ['0.0.0.0:5222']\n").expect("a file");
    assert_eq!(lampfield(&["check", &name]).out, format!("✓ {name}: good\n"));

    let mut server = Server::start("");
    let next = |server: &Server| server.ask(&["status"]).out.lines().last().map(str::to_owned);
    let typed = format!("lampfield --config {}", server.config().display());
    let first = next(&server).expect("a line");
    assert!(first.starts_with(&format!("next: {typed} invite pbx-1 ")), "{first}");
    let invite = server.ask(&["invite", "pbx-2"]);
    assert!(invite.out.contains("! only this machine can connect"), "{}", invite.out);
    let port = server.address().rsplit(':').next().expect("a port");
    assert!(invite.out.contains(&format!("listen = [\"0.0.0.0:{port}\"]")), "{}", invite.out);
    let second = next(&server).expect("a line");
    assert!(second.starts_with(&format!("next: {typed} user list ")), "{second}");
    let log = server.stop();
    assert!(log.iter().any(|line| line.contains("only-here") && line.contains("WARN")), "{log:?}");
}

/// On the machine of a PBX there is no `lampfield`.
#[test]
fn under_the_name_of_its_package_a_relay_speaks_of_that_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("lampfield-relay");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_lampfield"), &program).expect("a link");
    let ran = |arguments: &[&str]| {
        Ran::of(std::process::Command::new(&program).args(arguments).output().expect("the program"))
    };
    let needs = ran(&[]);
    assert_eq!(needs.code, Some(2), "{}", needs.err);
    for line in [
        "lampfield-relay needs --to",
        "lampfield-relay --help",
        "lampfield-relay help missing-argument",
    ] {
        assert!(needs.err.contains(line), "{}", needs.err);
    }
    for (typed, help) in [
        (&["relay", "--nope"][..], "lampfield-relay --help"),
        (&["help", "--nope"], "lampfield-relay help --help"),
        (&["help", "qqqqqqqqq"], "lampfield-relay --help"),
    ] {
        let wrong = ran(typed);
        assert!(wrong.err.contains(help), "{typed:?}: {}", wrong.err);
        assert!(!wrong.err.contains("lampfield relay"), "{typed:?}: {}", wrong.err);
    }
    assert_eq!(ran(&["help", "missing-argument"]).code, Some(0));
    let nowhere = ran(&["--to", "a", "--ca", "/nowhere.pem"]);
    assert_eq!(nowhere.code, Some(2), "{}", nowhere.err);
    for line in
        ["/nowhere.pem: there is no such file", "--ca FILE", "lampfield-relay help no-trust"]
    {
        assert!(nowhere.err.contains(line), "{}", nowhere.err);
    }
}

#[test]
fn a_help_text_says_where_the_configuration_is_searched() {
    let help = lampfield(&["serve", "--help"]).out;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("/etc/lampfield/lampfield.toml for root"), "{help}");
}

#[test]
fn every_error_leads_to_its_explanation() {
    let ran = lampfield(&["status", "--data-dir", "/nowhere"]);
    assert!(ran.err.contains("more   lampfield help not-reached"), "{}", ran.err);
    let help = lampfield(&["help", "not-reached"]);
    assert_eq!(help.code, Some(0), "{}", help.err);
    assert!(help.out.contains("no server answers in this data folder"), "{}", help.out);
    let key = lampfield(&["help", "history.keep"]);
    assert!(key.out.starts_with("keep in [history]: duration, default \"7days\""), "{}", key.err);
    for code in [
        "wrong-subject",
        "wrong-filter",
        "wrong-pattern",
        "wrong-level",
        "wrong-role",
        "wrong-name",
    ] {
        let text = lampfield(&["help", code]).out;
        assert!(!text.contains("as the message says") && text.len() > 150, "{code}: {text}");
    }
    assert!(lampfield(&["help", "histroy.keep"]).err.contains("nearest  history.keep"));
    assert!(lampfield(&["help", "user", "add"]).out.contains("lampfield user add pbx-2"));
    assert!(lampfield(&["help", "completions", "bash"]).out.contains("complete -F _lampfield"));
    assert!(lampfield(&["help", "man"]).out.contains(".TH lampfield"));
    let unknown = lampfield(&["help", "not-reachd"]);
    assert_eq!(unknown.code, Some(5));
    assert!(unknown.err.contains("nearest  not-reached"), "{}", unknown.err);
    assert_eq!(lampfield(&["help", "completions", "cmd"]).code, Some(2));
}

#[test]
fn mistakes_are_said_in_the_readers_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    let said = |text: &str| {
        fs::write(&file, text).expect("a file");
        lampfield(&["check", &file.display().to_string()]).err
    };
    let domain = "[[domain]]\nname = 'a.example'\n";
    let account = said(&format!("{domain}[[domain.account]]\nname = 'a b'\n"));
    assert!(account.contains("\"a b\" cannot be an account name"), "{account}");
    assert!(account.contains("no blank") && !account.contains("nodeprep"), "{account}");
    assert!(said("data_dir = 1\n").contains("an integer, but text in quotes is needed"));
    let nameless = said("[[domain]]\nregistration = 'closed'\n");
    assert!(nameless.contains("[[domain]] has no \"name\""), "{nameless}");
    let since = lampfield(&["history", "PJSIP/100", "--since", "yesterday"]);
    assert!(since.code == Some(2) && since.err.contains("10m, 2h, 14:03"), "{}", since.err);
    let month = said("[history]\nkeep = '1M'\n");
    assert!(month.contains("write 1month or 1min"), "{month}");
    let size = said("[history]\nsize = '64 MB'\n");
    assert!(size.contains("\"64 MB\" is not a size") && size.contains("KiB, MiB"), "{size}");
    let read = said("[history]\nread = ['owner']\n");
    assert!(read.contains("neither a role nor the address of an account"), "{read}");
    let timeout = lampfield(&["status", "--timeout", "0s"]);
    assert!(timeout.code == Some(2) && timeout.err.contains("longer than zero"));
}

#[test]
fn what_people_type_instead_leads_to_what_they_mean() {
    let cases: [(&[&str], &[&str]); 7] = [
        (&["serve", "--listen", "26300"], &["127.0.0.1:5222"]),
        (&["--listen", "localhost:26300"], &["127.0.0.1:5222", "not a name"]),
        (&["lamps"], &["'lampfield status'", "'lampfield why NAME'"]),
        (&["user", "del", "x"], &["'lampfield user remove NAME'"]),
        (&["user", "delete", "x"], &["'lampfield user remove NAME'"]),
        (&["user", "add", "x", "--password", "foo"], &["cannot be an argument", "--generate"]),
        (&["user", "passwd", "x", "--password=foo"], &["cannot be an argument", "--generate"]),
    ];
    for (typed, wanted) in cases {
        let ran = lampfield(typed);
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        for words in wanted {
            assert!(ran.err.contains(words), "no {words}: {}", ran.err);
        }
        assert!(!ran.err.contains("socket address syntax"), "{}", ran.err);
        assert!(!ran.err.contains("use '-- --password'"), "{}", ran.err);
    }
    let near = lampfield(&["help", "explain"]).err;
    assert_eq!(near.matches("no-plain").count(), 1, "{near}");
}

#[test]
fn check_reads_the_operators_certificates() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    let text = "[xmpp]\ncertificate = 'a.pem'\ncertificate_key = 'a.key'\n";
    fs::write(&file, text).expect("a file");
    let ran = lampfield(&["check", &file.display().to_string()]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.starts_with("error[certificate]: ") && ran.err.contains("a.pem"),
        "{}",
        ran.err
    );
}

#[test]
fn a_missing_server_is_said_with_its_own_status() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = lampfield(&["status", "--data-dir", &folder.path().display().to_string()]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.err.starts_with("error[not-reached]: no server answers here\n"), "{}", ran.err);
}

#[test]
fn a_wrong_usage_is_two() {
    assert_eq!(lampfield(&["statsu"]).code, Some(2));
    assert_eq!(lampfield(&["why"]).code, Some(2));
    assert_eq!(lampfield(&["--help"]).code, Some(0));
}

#[test]
fn says_ready_once_and_stops_in_good_order() {
    let mut server = Server::start("");
    let status = server.ask(&["status"]);
    assert_eq!(status.code, Some(0), "{}{}", status.out, status.err);
    let log = server.stop();
    let ready = log.iter().filter(|line| line.starts_with("lampfield ready")).count();
    assert_eq!(ready, 1, "{log:#?}");
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let server = Server::start("");
    let second = server.ask(&["serve"]);
    assert_eq!(second.code, Some(6), "{}", second.err);
    assert!(second.err.contains("folder-held"), "{}", second.err);
    assert_eq!(server.ask(&["status"]).code, Some(0), "the first is not disturbed");
}

#[test]
fn a_taken_address_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
    let address = taken.local_addr().expect("an address");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    let text = format!("data_dir = 'data'\n[xmpp]\nlisten = ['{address}']\n");
    fs::write(&file, text).expect("a file");
    let ran = lampfield(&["serve", "--config", &file.display().to_string()]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains(&format!("error[listen]: {address}: ")), "{}", ran.err);
}

#[test]
fn an_unknown_lamp_has_a_status_and_a_document() {
    let server = Server::start("");
    let ran = server.ask(&["why", "PJSIP/100", "--json"]);
    assert_eq!(ran.code, Some(5));
    let document = ran.json();
    assert_eq!(document["schema"], "error/1");
    assert_eq!(document["code"], "unknown-subject");
    assert_eq!(server.ask(&["history", "1000@default"]).code, Some(5));
    // What is to be tried reaches the same server.
    let ran = server.ask(&["why", "PJSIP/100"]);
    assert!(ran.err.contains("lampfield.toml watch "), "{}", ran.err);
}

#[test]
fn a_measurement_without_tls_says_that_it_is_needed() {
    let server = Server::start("");
    let at = ["--server", server.address(), "--domain", "localhost"];
    let ran = server.ask(&[&["bench", "connect", "--clients", "2"], &at[..]].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("requires TLS: add --tls\n"), "{}", ran.err);
}

#[test]
fn status_has_counters_and_limits() {
    let server = Server::start("[limits]\nfacts = 1234\n");
    let status = server.ask(&["status", "--json"]).json();
    assert_eq!(status["schema"], "status/1");
    assert_eq!(status["healthy"], true, "{status:#}");
    assert_eq!(status["limits"]["facts"], 1234);
    assert_eq!(status["counters"]["facts"], 0);
    assert_eq!(status["store"]["state"], "ok");
    assert!(status["server"]["memory_bytes"].as_u64() > Some(0));
}

#[test]
fn an_invitation_can_be_asked_again_until_it_is_rotated() {
    let server = Server::start("");
    let block = |arguments: &[&str]| {
        let ran = server.ask(&[&["invite", "pbx-7", "--json"], arguments].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        ran.json()["block"].as_str().expect("a block").to_owned()
    };
    let first = block(&[]);
    let jid = "username=pbx-7@localhost/asterisk\n";
    assert!(first.starts_with("[lampfield]\ntype=client\nserverhost=127.0.0.1\n"), "{first}");
    assert!(first.contains(jid) && first.contains("pubsub_node=pubsub.localhost\n"), "{first}");
    assert_eq!(first, block(&[]));
    let rotated = block(&["--rotate"]);
    assert_ne!(first, rotated);
    assert_eq!(rotated, block(&[]));
    // What has ended stays ended, also for an account that is added again.
    assert_eq!(server.ask(&["user", "remove", "pbx-7", "--yes"]).code, Some(0));
    for arguments in [&[][..], &["--rotate"], &["--rotate"]] {
        let again = block(arguments);
        assert!(again != first && again != rotated, "{again}");
    }
}

#[test]
fn a_declared_password_is_what_the_invitation_prints() {
    let account = "[[domain.account]]\nname = 'server1'\npassword = 'topsecret'\n";
    let server = Server::start(&format!("[[domain]]\nname = 'a.example'\n{account}"));
    let ran = server.ask(&["invite", "server1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("    secret=topsecret\n"), "{}", ran.out);
    assert_eq!(server.ask(&["invite", "server1", "--rotate"]).code, Some(6));
    assert_eq!(server.ask(&["user", "remove", "server1", "--yes"]).code, Some(6));
}

#[test]
fn accounts_come_and_go() {
    let server = Server::start("");
    let added = server.ask_with(&["user", "add", "anna", "--role", "user"], "s3cret\n");
    assert_eq!((added.code, added.out.as_str()), (Some(0), "anna@localhost   password as given\n"));
    let again = server.ask_with(&["user", "add", "anna"], "x\n");
    assert_eq!(again.code, Some(6), "{}", again.err);
    let made = server.ask(&["user", "add", "pbx-2", "--generate", "--allow", "PJSIP/2*", "--json"]);
    assert!(made.json()["password"].as_str().is_some_and(|password| password.len() > 15));

    let users = server.ask(&["user", "list", "--json"]).json();
    let listed: Vec<_> = users["users"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|user| format!("{} {} {}", user["jid"], user["role"], user["allow"]))
        .collect();
    let expected = ["\"anna@localhost\" \"user\" []", "\"pbx-2@localhost\" \"pbx\" [\"PJSIP/2*\"]"];
    assert_eq!(listed, expected);

    let placed = ["--site", "berlin", "--label", "sales", "--label", "floor-2", "--hear", "C*"];
    let placed = [&["user", "add", "pbx-3", "--generate"], &placed[..]].concat();
    assert_eq!(server.ask(&placed).code, Some(0));
    let users = server.ask(&["user", "list", "--json"]).json();
    let user = &users["users"][2];
    let place = format!("{} {} {}", user["site"], user["labels"], user["hear"]);
    assert_eq!(place, r#""berlin" ["sales","floor-2"] ["C*"]"#);
    assert_eq!(users["users"][0]["hear"].to_string(), r#"["*"]"#);
    let table = server.ask(&["user", "list"]).out;
    assert!(table.lines().any(|line| line.ends_with("  C*")), "{table}");
    assert!(table.contains("  berlin  sales floor-2  "), "{table}");
    for wrong in [["--site", "a b"], ["--label", "a/b"], ["--hear", ""]] {
        let refused = server.ask(&[&["user", "add", "x", "--generate"], &wrong[..]].concat());
        assert_eq!(refused.code, Some(2), "{wrong:?}");
    }
    assert_eq!(server.ask(&["user", "remove", "pbx-3", "--yes"]).code, Some(0));

    let unsure = server.ask(&["user", "remove", "anna"]);
    assert_eq!(unsure.code, Some(2), "{}", unsure.err);
    assert!(unsure.err.contains(" user remove anna --yes"), "{}", unsure.err);
    let removed = server.ask(&["user", "remove", "anna", "--yes", "--json"]);
    assert_eq!(removed.json()["schema"], "done/1");
    assert_eq!(removed.json()["done"], "user-removed");
    let gone = server.ask(&["user", "passwd", "pbx-3", "--generate"]);
    assert_eq!(gone.code, Some(5));
    assert!(gone.err.contains("nearest  pbx-2@localhost"), "{}", gone.err);
    assert_eq!(server.ask(&["user", "add", "x@nowhere", "--generate"]).code, Some(5));
    assert_eq!(server.ask(&["user", "add", "x", "--role", "boss", "--generate"]).code, Some(2));
}

#[test]
fn a_password_that_can_be_printed_again_is_not_said_to_be_shown_once() {
    let account = "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'pbx-1'\n";
    let server = Server::start(account);
    let prints_again = |arguments: &[&str]| {
        let made = server.ask(&[&["user"], arguments, &["--generate"]].concat()).out;
        let said = made.contains("invite") && !made.contains("once");
        let password = made.split_whitespace().nth(2).expect("a password").to_owned();
        let name = arguments[1];
        let again = server.ask(&["invite", name]).out.contains(&format!("secret={password}\n"));
        assert_eq!(said, again, "{made}");
        assert!(!again || made.contains(&format!("(lampfield invite {name}@a.example prints it")));
        again
    };
    assert!(prints_again(&["passwd", "pbx-1"]));
    assert!(prints_again(&["add", "pbx-2"]));
    assert!(!prints_again(&["add", "anna", "--role", "user"]));
    assert!(!prints_again(&["passwd", "anna"]));
}

#[test]
fn nobody_gets_a_password_that_nobody_gave() {
    let server = Server::start("");
    for command in [["user", "add", "tim"], ["user", "passwd", "tim"]] {
        for (given, word) in
            [("", "--generate"), ("\n", "--generate"), (&"x".repeat(3_000), "1024")]
        {
            let ran = server.ask_with(&command, given);
            assert_eq!(ran.code, Some(2), "{command:?} {}{}", ran.out, ran.err);
            assert!(ran.err.contains(word), "{}", ran.err);
        }
        server.ask(&["user", "add", "tim", "--generate"]);
    }
}

#[test]
fn only_a_pbx_is_invited_and_only_to_one_domain() {
    let domains = "[[domain]]\nname = 'a.example'\n[[domain]]\nname = 'b.example'\n";
    let server = Server::start(domains);
    for role in ["user", "admin"] {
        server.ask(&["user", "add", role, "--role", role, "--generate"]);
        let ran = server.ask(&["invite", role]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(6), ""), "{}", ran.err);
        assert!(ran.err.contains("not-a-pbx"), "{}", ran.err);
    }
    let ran = server.ask(&["invite", "x@a.example", "--domain", "b.example"]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(!server.ask(&["user", "list"]).out.contains("x@"));
    let ran = server.ask(&["invite", "x@b.example", "--domain", "b.example", "--quiet"]);
    assert!(ran.out.contains("username=x@b.example/asterisk"), "{}", ran.err);
}

#[test]
fn quiet_says_nothing_but_what_is_shown_once() {
    let server = Server::start("");
    let status = server.ask(&["status", "--quiet"]);
    assert_eq!((status.code, status.out.as_str()), (Some(0), ""));
    let made = server.ask(&["user", "add", "tim", "--generate", "--quiet"]);
    assert!(made.out.contains("password "), "{}", made.out);
}

#[test]
fn status_waits_and_speaks_nagios() {
    let mut server = Server::start("");
    let ran = server.ask(&["status", "--format", "nagios"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.starts_with("LAMPFIELD OK - all is well | lamps=0;;;0; facts=0;;;0;1000000"));
    assert_eq!(server.ask(&["status", "--wait", "30s"]).code, Some(0));
    server.stop();
    let ran = server.ask(&["status", "--format", "nagios"]);
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.out.starts_with("LAMPFIELD CRITICAL - no server"), "{}", ran.out);
    assert_eq!(server.ask(&["status", "--wait", "300ms"]).code, Some(7));
    let mut waiting = server.command(&["status", "--wait", "30s", "--quiet"]).spawn().expect("it");
    server.restart();
    assert_eq!(waiting.wait().expect("an end").code(), Some(0));
}

#[test]
fn log_levels_change_at_run_time() {
    let mut server = Server::start("");
    assert_eq!(server.ask(&["log", "set", "debug"]).code, Some(0));
    server.ask_with(&["user", "add", "tim"], "hunter2\n");
    server.says("asked code=\"command\" operation=\"user add\"");
    server.ask(&["why", "PJSIP/100"]);
    server.says("why=\"unknown-subject\"");
    for typed in ["info,x=loud", "lala"] {
        let wrong = server.ask(&["log", "set", typed]);
        assert_eq!(wrong.code, Some(2), "{}", wrong.err);
    }
    assert_eq!(server.ask(&["log", "set", "info", "--json"]).json()["done"], "log-set");
    assert!(!server.stop().join("").contains("hunter2"), "no level shows a password");
}

#[test]
fn a_reload_takes_new_accounts_and_refuses_a_wrong_file() {
    let domain = "[[domain]]\nname = 'a.example'\n";
    let mut server = Server::start(domain);
    server.configure(&format!("{domain}[[domain.account]]\nname = 'server1'\n"));
    server.hang_up();
    server.says("the configuration was read again");
    assert!(server.ask(&["user", "list"]).out.contains("server1@a.example"));
    server.configure("[[domain]]\nname = 'b.example'\n");
    server.hang_up();
    server.says(
        "this change takes effect at the next start code=\"reload\" key=\"domain b.example\"",
    );
    assert!(server.ask(&["user", "list"]).out.contains("server1@a.example"));
    assert!(!server.ask(&["domain", "list"]).out.contains("b.example"));
    server.configure(&format!("{domain}nmae = 'x'\n"));
    server.hang_up();
    server.says("nothing was changed code=\"reload\"");
    let log = server.stop();
    let named = |line: &&String| line.contains("ERROR") && line.contains("code=\"unknown-key\"");
    assert!(log.iter().any(|line| named(&line) && line.contains("lampfield.toml:4:1")), "{log:#?}");
}

#[test]
fn a_reload_changes_nothing_when_a_part_of_it_cannot_be_used() {
    let domain = "[[domain]]\nname = 'a.example'\n";
    let mut server = Server::start(domain);
    let good = "[[domain.account]]\nname = 'server1'\n";
    let bad = "[[domain.account]]\nname = 'server2'\npassword = '\u{e000}'\n";
    server.configure(&format!("{domain}{good}{bad}[log]\nlevel = 'debug'\n"));
    server.hang_up();
    server.says("nothing was changed");
    assert!(!server.ask(&["user", "list"]).out.contains("server1"));
}

#[test]
fn an_invitation_shows_what_is_in_force_not_what_waits() {
    let mut server = Server::start_with("", "tls = 'off'\nclear_text_auth = true\n");
    let before = server.ask(&["invite", "x"]).out;
    assert!(before.contains("usetls=no"), "{before}");
    server.configure("");
    server.hang_up();
    server.says("key=\"xmpp.tls\"");
    assert_eq!(server.ask(&["invite", "x"]).out, before);
}

#[test]
fn a_first_start_keeps_its_secret_out_of_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Server::bare(folder.path());
    let file = folder.path().join("pbx-1.xmpp.conf");
    let block = fs::read_to_string(&file).expect("the file that the log names");
    let mode = file.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = block.lines().find_map(|line| line.strip_prefix("secret=")).expect("a secret");
    let log = server.stop().join("\n");
    assert!(log.contains("pbx-1.xmpp.conf"), "{log}");
    assert!(!log.contains(secret), "{log}");

    // A start before the first login looks for the file again, and so it still goes away.
    let mut again = Server::bare(folder.path());
    assert!(file.exists());
    again.ask(&["user", "remove", "pbx-1", "--yes"]);
    again.says("removed: its account was removed");
    assert!(!file.exists());
}

#[test]
fn what_somebody_has_opened_is_closed_at_the_start() {
    let mut server = Server::start("");
    server.stop();
    let set = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
    };
    let files = ["lampfield.db", "accounts.key", "lampfield.lock"];
    for file in files {
        set(&server.data().join(file), 0o644);
    }
    set(server.data(), 0o777);
    server.restart();
    let mode =
        |path: &std::path::Path| path.metadata().expect("there").permissions().mode() & 0o777;
    for file in files.into_iter().chain(["control.sock"]) {
        assert_eq!(mode(&server.data().join(file)) & 0o077, 0, "{file}");
    }
    assert_eq!(mode(server.data()), 0o700);
    let log = server.stop();
    let told = log.iter().filter(|line| line.contains("code=\"was-open\"")).count();
    assert_eq!(told, 4, "{log:#?}");

    let shared = tempfile::tempdir().expect("a folder");
    fs::write(shared.path().join("lampfield.toml"), "").expect("a file that may lie there");
    set(shared.path(), 0o1777);
    let ran = lampfield(&["serve", "--data-dir", &shared.path().display().to_string()]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains("chmod go-w"), "{}", ran.err);
    assert_eq!(mode(shared.path()), 0o777);
}

#[test]
fn watch_ends_in_time_and_counts() {
    let server = Server::start("");
    let ran = server.ask(&["watch", "PJSIP/*", "--for", "100ms"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.starts_with("-- 0 changes in 0.") && ran.out.ends_with("none skipped\n"));
    assert_eq!(server.ask(&["watch", "", "--for", "100ms"]).code, Some(0), "all lamps");
    assert_eq!(server.ask(&["watch", "state:", "--for", "100ms"]).code, Some(2));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let server = Server::start("");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = server.command(&["check", "--reference"]).stdout(writer).output();
    let ran = Ran::of(output.expect("the program"));
    assert_eq!((ran.code, ran.err.as_str()), (Some(141), ""));
}

#[test]
fn a_crowd_and_a_flood_at_the_control_socket_are_bounded() {
    let server = Server::start("");
    let path = server.data().join("control.sock");
    let mut long = std::os::unix::net::UnixStream::connect(&path).expect("the socket");
    let flood = vec![b'x'; 70 << 10];
    // The server may close before it has read all of it.
    let _ = std::io::Write::write_all(&mut long, &flood);
    let mut answer = String::new();
    let read = BufReader::new(long).read_line(&mut answer);
    assert!(read.is_err() || answer.is_empty(), "{answer}");

    let crowd: Vec<_> = (0..40)
        .map(|_| std::os::unix::net::UnixStream::connect(&path).expect("the socket"))
        .collect();
    let refused = server.ask(&["status"]);
    assert_eq!(refused.code, Some(3), "{}", refused.err);
    drop(crowd);
    // The places are free when the server has seen that they are.
    let served = (0..100).any(|_| server.ask(&["status"]).code == Some(0));
    assert!(served, "the crowd's places are never free again");
}
