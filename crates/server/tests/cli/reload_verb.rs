//! `lampfield reload`: what became of each change is told to whoever asked for it.

use crate::server::Server;

#[test]
fn a_reload_tells_what_is_in_force_and_what_waits() {
    let server = Server::start("");
    let ran = server.ask(&["reload"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    assert!(ran.out.contains("nothing has changed"), "{}", ran.out);
    server.configure("\n[lease]\ngrace = '7s'\n[log]\nformat = 'json'\n[xmpp.limits]\ndepth = 9\n");
    let ran = server.ask(&["reload"]);
    for line in
        ["lease.grace   in force\n", "log.format   waits", "depth   in force for new connections\n"]
    {
        assert!(ran.out.contains(line), "no {line:?} in {}", ran.out);
    }
    let json = server.ask(&["reload", "--json"]).json();
    assert_eq!(json["changes"][0]["key"], "log.format", "it still waits: {json}");
    assert_eq!(json["changes"][0]["applies"], "at-start", "{json}");
}

/// The words for a start that failed would be wrong here.
#[test]
fn a_file_that_is_missing_is_told_with_one_result() {
    let server = Server::start("");
    server.configure("\n[xmpp.limits]\ndepth = 9\n[[domain]]\nname = 'a.example'\ncertificate = 'no.pem'\ncertificate_key = 'no.key'\n");
    let ran = server.ask(&["reload"]);
    assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
    assert_eq!(ran.err.matches("result").count(), 1, "{}", ran.err);
    assert!(ran.err.contains("nothing was changed"), "{}", ran.err);
}

#[test]
fn a_wrong_file_is_told_with_its_lines_and_changes_nothing() {
    let server = Server::start("");
    server.configure("\n[lease]\ngrase = '7s'\n");
    let ran = server.ask(&["reload"]);
    assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
    for part in [
        "error[wrong-configuration]",
        "lampfield.toml:",
        "grase",
        "\"grace\"",
        "nothing was changed",
    ] {
        assert!(ran.err.contains(part), "no {part:?} in {}", ran.err);
    }
}
