//! The operator's commands, against a server that has something to tell.

use lampfield_tests::scripted_pbx::ScriptedPbx;
use lampfield_tests::server::{Config, DOMAIN, Server};
use lampfield_tests::xmpp::Client;

async fn server_with_a_state() -> (Server, ScriptedPbx) {
    let server = Server::start(&Config::plain().servers()).await;
    let mut pbx = ScriptedPbx::login(server.address(), "server1", 1).await;
    pbx.publish("PJSIP/100", "RINGING").await;
    pbx.publish("PJSIP/100", "INUSE").await;
    (server, pbx)
}

#[tokio::test]
async fn why_names_value_origin_and_rule() {
    let (server, pbx) = server_with_a_state().await;
    let why = server.why("PJSIP/100");
    assert_eq!(why.value(), "INUSE");
    let facts = why.facts();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].account, format!("server1@{DOMAIN}"));
    assert_eq!(facts[0].eid, pbx.eid());
    let text = String::from_utf8(server.command(&["why", "PJSIP/100"]).stdout).unwrap();
    assert!(
        text.contains("INUSE") && text.contains("server1") && text.contains(pbx.eid()),
        "{text}"
    );
}

#[tokio::test]
async fn an_unknown_subject_is_exit_code_5_and_names_the_nearest() {
    let (server, _pbx) = server_with_a_state().await;
    let output = server.command(&["why", "PJSIP/10O"]);
    assert_eq!(output.status.code(), Some(5));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("PJSIP/100"), "{error}");
}

#[tokio::test]
async fn history_tells_who_said_what() {
    let (server, _pbx) = server_with_a_state().await;
    let history = server.ask_json(&["history", "PJSIP/100"]).to_string();
    assert!(history.contains("RINGING") && history.contains("INUSE"), "{history}");
}

#[tokio::test]
async fn status_counts_and_lists() {
    let (server, _pbx) = server_with_a_state().await;
    assert!(server.is_connected("server1"));
    assert!(!server.is_connected("server2"));
    let status = server.status();
    assert_eq!(status["healthy"], true, "{status}");
    assert!(status["limits"].as_object().is_some_and(|limits| !limits.is_empty()), "{status}");
}

#[tokio::test]
async fn nobody_there_is_exit_code_3() {
    let server = Server::prepare(&Config::plain());
    assert_eq!(server.command(&["status"]).status.code(), Some(3));
}

#[tokio::test]
async fn watch_prints_a_line_for_each_change() {
    let (server, mut pbx) = server_with_a_state().await;
    let address = server.config_file();
    let watching = std::thread::spawn(move || {
        std::process::Command::new(lampfield_tests::server::binary())
            .args(["watch", "PJSIP/1*", "--json", "--count", "2", "--config"])
            .arg(address)
            .output()
            .unwrap()
    });
    // It says nothing when it begins, so changes go on until it has seen enough.
    while !watching.is_finished() {
        pbx.publish("PJSIP/200", "INUSE").await;
        pbx.publish("PJSIP/100", "ONHOLD").await;
        pbx.publish("PJSIP/100", "INUSE").await;
    }
    let output = watching.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.lines().all(|line| line.contains("PJSIP/100")), "{text}");
}

#[tokio::test]
async fn accounts_come_change_and_go_while_it_runs() {
    let server = Server::start(&Config::plain().servers()).await;
    let jid = format!("anna@{DOMAIN}");
    server.tell(&["user", "add", "anna", "--role", "user"], "first\n");
    assert!(server.tell(&["user", "list"], "").contains("anna"));
    let mut anna = Client::login(server.address(), &format!("{jid}/x"), "first").await;

    server.tell(&["user", "passwd", "anna"], "second\n");
    Client::login(server.address(), &format!("{jid}/y"), "second").await;

    server.tell(&["user", "remove", "anna", "--yes"], "");
    anna.ending().await;
    let mut gone = Client::connect(server.address(), DOMAIN).await;
    gone.open().await;
    assert!(gone.authenticate("anna", "second").await.is_err());
}

#[tokio::test]
async fn an_account_is_changed_while_it_is_connected() {
    let server = Server::start(&Config::plain().servers()).await;
    server.tell(&["user", "add", "added"], &format!("{}\n", Config::password("added")));
    let mut pbx = ScriptedPbx::login(server.address(), "added", 9).await;
    pbx.publish("PJSIP/100", "INUSE").await;
    server.tell(&["user", "change", "added", "--allow", "Custom:*", "--site", "berlin"], "");
    pbx.publish("PJSIP/100", "RINGING").await;
    pbx.publish("Custom:night", "BUSY").await;
    // What it may no longer say has ended, and is not taken again.
    assert_eq!(server.why("PJSIP/100").value(), "UNKNOWN");
    assert_eq!(server.why("Custom:night").value(), "BUSY");
    let users = server.ask_json(&["user", "list"]).to_string();
    assert!(users.contains("\"site\":\"berlin\""), "{users}");
    let declared = server.command(&["user", "change", "server1", "--site", "berlin"]);
    assert_eq!(declared.status.code(), Some(6));
    let error = String::from_utf8(declared.stderr).unwrap();
    assert!(error.contains(".toml:"), "{error}");
}

#[tokio::test]
async fn an_invitation_is_stable_until_it_is_rotated() {
    let mut server = Server::start(&Config::plain().servers()).await;
    let first = server.tell(&["invite", "pbx-c"], "");
    assert!(first.contains(&format!("username=pbx-c@{DOMAIN}")), "{first}");
    assert!(!first.contains("buddy"), "{first}");
    server.stop().await;
    server.run().await;
    assert_eq!(server.tell(&["invite", "pbx-c"], ""), first);
    assert_ne!(server.tell(&["invite", "pbx-c", "--rotate"], ""), first);
}

#[tokio::test]
async fn the_log_changes_its_level_while_it_runs() {
    let server = Server::start(&Config::plain().servers()).await;
    server.tell(&["log", "set", "debug"], "");
    let wrong = server.command(&["log", "set", "loud"]);
    assert!(!wrong.status.success());
}
