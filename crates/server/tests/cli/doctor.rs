//! `doctor` and `report` as a person runs them, on a server and without one.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use crate::server::{Server, lampfield};

/// The names of what was found.
fn found(document: &Value) -> Vec<String> {
    let problems = document["problems"].as_array().expect("problems").iter();
    problems.map(|problem| problem["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn a_fresh_server_is_healthy_and_each_check_has_its_line() {
    let server = Server::start("");
    let ran = server.ask(&["doctor"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    for group in ["server", "configuration", "machine", "ports", "tls", "disk", "files", "members"]
    {
        let is_it = |line: &str| line.split_whitespace().nth(1) == Some(group);
        assert!(ran.out.lines().any(is_it), "no {group}: {}", ran.out);
    }
    assert!(ran.out.contains("ports/only-here   only this machine can connect"), "{}", ran.out);
    assert!(ran.out.contains("not checked: "), "{}", ran.out);
    let document = server.ask(&["doctor", "--json"]).json();
    assert_eq!((&document["schema"], &document["healthy"]), (&"doctor/1".into(), &true.into()));
    for problem in document["problems"].as_array().expect("problems") {
        for part in ["text", "matters_to", "mend"] {
            assert!(problem[part].as_str().is_some_and(|part| !part.is_empty()), "{problem}");
        }
        // Other tests start servers and connections between the two looks.
        let id = problem["id"].as_str().expect("an id");
        let is_of_machine = id == "server/copies" || id.starts_with("machine/");
        assert!(is_of_machine || ran.out.contains(id), "{problem}");
    }
}

#[test]
fn only_what_is_wanted_is_looked_at() {
    let server = Server::start("");
    let document = server.ask(&["doctor", "--only", "tls,files/owner", "--json"]).json();
    let groups = document["groups"].as_array().expect("groups").iter();
    let groups: Vec<_> = groups.map(|group| group["group"].as_str().expect("a name")).collect();
    assert_eq!(groups, ["tls", "files"]);
    let ran = server.ask(&["doctor", "--only", "tsl"]);
    assert!(ran.code == Some(2) && ran.err.contains("tls"), "{}", ran.err);
    let ran = lampfield(&["help", "tls/name"]);
    assert!(ran.code == Some(0) && ran.out.contains("pubsub."), "{}{}", ran.out, ran.err);
}

#[test]
fn a_server_that_was_killed_and_a_port_that_is_taken_are_found() {
    let mut server = Server::start("");
    server.kill();
    let document = server.ask(&["doctor", "--json", "--only", "server/running,ports"]).json();
    assert_eq!(found(&document), ["server/running", "ports/only-here"]);
    assert_eq!(document["server_answers"], false);
    let _taken = std::net::TcpListener::bind(server.address()).expect("its port");
    let ran = server.ask(&["doctor", "--only", "ports/free"]);
    let text = format!("another program listens on {}", server.address());
    assert!(ran.out.contains(&text) && ran.code == Some(1), "{}", ran.out);
}

#[test]
fn what_can_be_mended_is_shown_first_and_mended_with_a_yes() {
    let server = Server::start("");
    let key = server.data().join("accounts.key");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("chmod");
    let mode = || key.metadata().expect("a file").permissions().mode() & 0o777;
    let ran = server.ask(&["doctor", "--only", "files"]);
    assert!(ran.out.contains(" doctor --fix   fixes 1 of these"), "{}", ran.out);
    assert_eq!((ran.code, mode()), (Some(1), 0o644), "it only looks");
    let ran = server.ask(&["doctor", "--only", "files", "--fix"]);
    assert!(ran.err.contains("error[would-fix]"), "{}", ran.err);
    assert!(ran.err.contains(&format!("would  chmod 600 {}", key.display())), "{}", ran.err);
    assert_eq!((ran.code, mode()), (Some(6), 0o644), "nobody has said yes");
    let ran = server.ask(&["doctor", "--only", "files", "--fix", "--yes", "--json"]);
    assert_eq!((ran.code, mode()), (Some(0), 0o600), "{}{}", ran.out, ran.err);
    let fixed = ran.json()["fixed"][0]["command"].as_str().expect("a command").to_owned();
    assert_eq!(fixed, format!("chmod 600 {}", key.display()));
}

#[test]
fn two_pbxs_of_its_own_measure_and_go() {
    let server = Server::start("");
    let ran = server.ask(&["doctor", "--only", "server/running", "--end-to-end"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("they are removed again"), "{}", ran.out);
    assert!(ran.out.contains("20 states passed from one to the other"), "{}", ran.out);
    assert!(!server.ask(&["user", "list"]).out.contains("lampfield-doctor"));
    // A rule that lets nobody say it is found, and leaves nothing behind either.
    server.configure("[[policy]]\nname = 'Custom:*'\nrule = 'ignore'\n");
    server.hang_up();
    server.ask(&["reload"]);
    let ran = server.ask(&["doctor", "--only", "server/running", "--end-to-end", "--json"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    let document = ran.json();
    assert_eq!(found(&document), ["end-to-end/states"]);
    assert_eq!(document["end_to_end"]["removed"], true);
    assert!(!server.ask(&["user", "list"]).out.contains("lampfield-doctor"));
}

/// Every secret of a place: in the configuration, in files that it names, made by the server.
#[test]
fn a_report_has_no_secret_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    fs::write(&secret, "in-a-file-9\n").expect("a file");
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).expect("chmod");
    let log = folder.path().join("lampfield.log");
    let config = format!(
        "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'pbx-a'\npassword = 'hunter2-a'\n\
         [[domain.account]]\nname = 'pbx-b'\npassword_file = '{}'\n[log]\nlevel = 'debug'\nfile = '{}'\n",
        secret.display(),
        log.display()
    );
    let server = Server::start(&config);
    let invited = server.ask(&["invite", "pbx-c", "--json"]).json();
    let block = invited["block"].as_str().expect("a block");
    let made = block.lines().find_map(|line| line.strip_prefix("secret=")).expect("a secret");
    let added = server.ask_with(&["user", "add", "anna", "--role", "user"], "typed-in-7\n");
    assert_eq!(added.code, Some(0), "{}", added.err);
    // Somebody has pasted one into the log.
    let lines = fs::read_to_string(&log).expect("a log");
    fs::write(&log, format!("{lines}tried hunter2-a and secret={made}\n")).expect("a log");
    let out = folder.path().join("report.tar");
    let ran = server.ask(&["report", "--out", &out.display().to_string()]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(out.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
    let archive = fs::read(&out).expect("an archive");
    let archive = String::from_utf8_lossy(&archive);
    for secret in ["hunter2-a", "in-a-file-9", made, "typed-in-7"] {
        assert!(!archive.contains(secret), "{secret} is in the archive");
    }
    let key = fs::read(server.data().join("accounts.key")).expect("a key");
    assert!(!archive.contains(String::from_utf8_lossy(&key).trim()), "the key is in the archive");
    assert!(!archive.contains("PRIVATE KEY"));
    // What it is for is in it.
    for known in ["pbx-a@a.example", "Max open files", "\"schema\": \"doctor/1\"", "tried *** and"]
    {
        assert!(archive.contains(known), "{known} is not in the archive");
    }
    for name in ["versions.txt", "configuration.toml", "status.json", "audit.json", "log.txt"] {
        assert!(ran.out.contains(name) && archive.contains(name), "{name}: {}", ran.out);
    }
}

#[test]
fn a_report_is_made_without_a_server_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lampfield"));
    command.args(["report", "--json", "--data-dir", "data"]).current_dir(folder.path());
    let ran = crate::server::Ran::of(command.output().expect("the program"));
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let document = ran.json();
    let file = document["file"].as_str().expect("a name");
    assert!(folder.path().join(file).exists(), "{document}");
    let left_out = document["left_out"].as_array().expect("a list").iter();
    let left_out: Vec<_> = left_out.map(|one| one["name"].as_str().expect("a name")).collect();
    assert!(left_out.contains(&"status.json") && left_out.contains(&"audit.json"), "{document}");
}
