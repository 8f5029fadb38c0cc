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
    for line in [
        "lease.grace   in force\n",
        "log.format   takes effect",
        "depth   in force for new connections\n",
    ] {
        assert!(ran.out.contains(line), "no {line:?} in {}", ran.out);
    }
    let json = server.ask(&["reload", "--json"]).json();
    assert_eq!(json["changes"][0]["key"], "log.format", "it still waits: {json}");
    assert_eq!(json["changes"][0]["applies"], "at-start", "{json}");
}

/// Accounts that went with a line of the file are named; so is what `check` would say of the rest, once.
#[test]
fn a_reload_names_the_accounts_that_went_and_what_is_to_be_looked_at() {
    let account = |name: &str, more: &str| format!("[[domain.account]]\nname = '{name}'\n{more}");
    let domain = "[[domain]]\nname = 'a.example'\n";
    let mut server = Server::start(&format!("{domain}{}{}", account("x", ""), account("y", "")));
    server.configure(&format!("{domain}{}", account("y", "password = 'short'\n")));
    let ran = server.ask(&["reload"]);
    for part in [
        "changed  y@a.example\n",
        "removed  x@a.example\n",
        "lampfield.toml:6:",
        "the password of y is weak: it has fewer than 8 characters",
        "lampfield help weak-password",
    ] {
        assert!(ran.out.contains(part), "no {part:?} in {}", ran.out);
    }
    assert!(!ran.out.contains("only this machine can connect"), "as before: {}", ran.out);
    server.says("account=x@a.example");
    let again = server.ask(&["reload"]).out;
    assert!(again.contains("nothing has changed") && !again.contains("weak"), "{again}");
    server.configure(domain);
    let json = server.ask(&["reload", "--json"]).json();
    assert_eq!(json["accounts"]["removed"], serde_json::json!(["y@a.example"]), "{json}");
    assert_eq!(json["warnings"], serde_json::json!([]), "{json}");
}

/// What stands in no file is looked at in the same way.
#[test]
fn an_account_that_a_command_makes_is_looked_at_as_one_of_the_file() {
    let map = "[[map]]\nsite = 'berlin'\nhere = 'PJSIP/*'\nboard = 'Custom:berlin-*'\n";
    let server = Server::start(map);
    let ran = server.ask(&["user", "add", "x", "--generate", "--allow", "_1XX"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for part in
        ["looks like a pattern of a dialplan", "mend  write \"1??\"", "help dialplan-pattern"]
    {
        assert!(ran.err.contains(part), "no {part:?} in {}", ran.err);
    }
    let ran = server.ask(&["user", "change", "x", "--label", "sales"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "nothing of it is new");
    let ran =
        server.ask(&["user", "change", "x", "--site", "berlin", "--allow", "PJSIP/1*", "--json"]);
    let warnings = ran.json()["warnings"].clone();
    assert_eq!(warnings[0]["code"], "site-names", "{warnings}");
    assert_eq!(warnings.as_array().map(Vec::len), Some(1), "{warnings}");
    let fine = server.ask(&[
        "user",
        "add",
        "y",
        "--generate",
        "--site",
        "berlin",
        "--allow",
        "Custom:berlin-*",
    ]);
    assert_eq!((fine.code, fine.err.as_str()), (Some(0), ""));
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

/// Nothing else says why its PBXs do not come back.
#[test]
fn the_accounts_of_a_domain_that_was_renamed_are_told_of() {
    let domain = |name: &str| format!("[[domain]]\nname = '{name}'\n");
    let mut server = Server::start(&domain("old.example"));
    server.ask_with(&["user", "add", "x"], "quite-good-1\n");
    server.configure(&domain("new.example"));
    let ran = server.ask(&["reload"]);
    let waits = "from the next start on 1 account of the domain old.example cannot log in";
    assert!(ran.out.contains(waits), "{}{}", ran.out, ran.err);
    assert!(!server.ask(&["status"]).out.contains("domain-gone"), "it is served still");
    server.stop();
    server.restart();
    let status = server.ask(&["status"]);
    let gone =
        "1 account of the domain old.example cannot log in, because it is not served any more";
    assert!(status.out.contains(gone) && status.code == Some(1), "{}", status.out);
    assert_eq!(server.ask(&["domain", "add", "old.example"]).code, Some(0));
    assert_eq!(server.ask(&["domain", "remove", "old.example", "--yes"]).code, Some(0));
    let status = server.ask(&["status"]);
    assert!(!status.out.contains("old.example"), "{}", status.out);
}
