//! The audit log, as an operator reads it.

use serde_json::Value;

use crate::server::Server;

const CONFIG: &str = "[[domain]]\nname = 'a.example'\n[[domain]]\nname = 'b.example'\n";

fn entries(server: &Server, more: &[&str]) -> Vec<Value> {
    let audit = server.ask(&[&["audit", "--json"], more].concat()).json();
    audit["entries"].as_array().cloned().expect("a list")
}

/// What was done, and how it ended, the newest first.
fn outcomes(entries: &[Value]) -> Vec<(&str, &str)> {
    let text = |value: &'_ Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let both = entries.iter().map(|one| (text(&one["operation"]), text(&one["outcome"])));
    both.map(|(name, outcome)| (&*name.leak(), &*outcome.leak())).collect()
}

#[test]
fn every_change_and_every_refused_try_is_told_also_after_a_restart() {
    let mut server = Server::start(CONFIG);
    server.ask_with(&["user", "add", "anna@b.example", "--role", "user"], "hunter2\n");
    server.ask(&["user", "passwd", "nobody", "--generate"]);
    server.ask(&["log", "set", "debug"]);
    server.ask(&["user", "list"]);
    server.ask(&["status"]);
    let told = entries(&server, &[]);
    let expected = [("log set", "done"), ("user passwd", "unknown-account"), ("user add", "done")];
    assert_eq!(outcomes(&told), expected);
    let add = &told[2];
    assert_eq!((&add["actor"], &add["name"]), (&"owner".into(), &Value::Null));
    assert_eq!(add["board"], "b.example");
    assert_eq!(add["arguments"]["name"], "anna@b.example");
    assert_eq!(add["arguments"]["password"], "***");
    assert_eq!((&told[1]["board"], &told[0]["board"]), (&"a.example".into(), &Value::Null));

    let at = told[0]["at"].as_str().expect("a moment").to_owned();
    assert_eq!(outcomes(&entries(&server, &["--since", &at])), expected[..1]);
    assert_eq!(outcomes(&entries(&server, &["--operation", "user"])), expected[1..]);
    assert_eq!(outcomes(&entries(&server, &["--operation", "user add"])), expected[2..]);
    assert_eq!(outcomes(&entries(&server, &["--board", "a.example"])), expected[1..2]);
    assert_eq!(outcomes(&entries(&server, &["--limit", "1"])), expected[..1]);
    assert_eq!(entries(&server, &["--actor", "token"]), [Value::Null; 0]);

    let text = server.ask(&["audit", "--ascii"]).out;
    assert!(
        text.contains("owner  user passwd  a.example  BAD unknown-account  name=nobody"),
        "{text}"
    );
    assert!(text.ends_with("3 entries shown; 3 of at most 10,000 kept\n"), "{text}");

    server.stop();
    server.restart();
    assert_eq!(entries(&server, &[]), told);
    server.ask(&["user", "remove", "anna@b.example", "--yes"]);
    assert_eq!(outcomes(&entries(&server, &["--limit", "2"]))[0], ("user remove", "done"));
    let database = std::fs::read(server.data().join("lampfield.db")).expect("a file");
    assert!(!database.windows(7).any(|bytes| bytes == b"hunter2"), "a password is in the file");
}

#[test]
fn nothing_that_was_refused_moves_the_cursor_of_whoever_reads_of_it() {
    let server = Server::start(CONFIG);
    let name = "Custom:\u{1b}[2Jx\r\n";
    let refused = server.ask(&["set", name, "BUSY", "--keep"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    let unknown = server.ask(&["user", "passwd", "a\u{9b}31m\u{202e}", "--generate"]);
    let usage = server.ask(&["list", "--kind", "\u{1b}[2J"]);
    let text = server.ask(&["audit", "--ascii"]);
    for shown in [&refused.err, &unknown.err, &usage.err, &text.out] {
        let raw = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!shown.contains(raw), "{shown:?}");
    }
    assert!(unknown.err.contains("\\u{9b}31m\\u{202e}"), "{}", unknown.err);
    assert!(text.out.contains("subject=Custom:\\u{1b}[2Jx\\r\\n"), "{}", text.out);
    assert_eq!(text.out.lines().count(), 4, "{}", text.out);
    // A program reads what was said.
    let told = entries(&server, &["--operation", "set"]);
    assert_eq!(told[0]["arguments"]["subject"], name);
}

/// `systemctl reload` sends a signal; it changes as much as the command does.
#[test]
fn a_reload_by_signal_is_told_like_one_by_command() {
    let mut server = Server::start(CONFIG);
    server.hang_up();
    server.says("the configuration was read again");
    server.configure("nmae = 'x'\n");
    server.hang_up();
    server.says("nothing was changed");
    let told = entries(&server, &[]);
    assert_eq!(outcomes(&told), [("reload", "wrong-configuration"), ("reload", "done")]);
    assert_eq!(told[0]["actor"], "owner");
}
