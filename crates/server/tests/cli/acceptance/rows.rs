//! Check 3, of documents: `--json` of every verb that reads is one document without anything that a terminal would obey,
//! whatever strangers have sent, and its rows are those of the text, in a pipe and on a terminal.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use lampfield_operations::visible;
use serde_json::Value;

use crate::client::Client;
use crate::examples::all;
use crate::server::{Ran, Server};
use crate::terminal::Terminal;

const CONFIG: &str = "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'pbx-1'\n\
    password = 'quite-good-1'\nsite = 'rome'\n[[domain.account]]\nname = 'pbx-2'\npassword = 'quite-good-2'\n";
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";
const EID: &str = "02:00:00:00:00:01";

/// A name that turns the direction of writing, which nothing forbids.
const TURNING: &str = "PJSIP/a\u{202e}b";

/// A verb that reads, and how its text and its document show one and the same.
struct Read {
    words: &'static [&'static str],
    /// The list in the document, and what of each of its elements stands in the row.
    list: &'static str,
    shown: &'static [&'static str],
    rows: Rows,
}

/// Which lines of a text are its rows.
enum Rows {
    /// Those of the table with this head.
    Below(&'static str),
    /// All lines like this.
    Lines(fn(&str) -> bool),
}

// === impl Rows ===

impl Rows {
    fn of<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let lines = text.lines();
        match self {
            Self::Below(head) => {
                let table = lines.skip_while(|line| !line.trim_start().starts_with(head)).skip(1);
                table.take_while(|line| line.contains("  ")).collect()
            }
            Self::Lines(is_row) => lines.filter(|line| is_row(line)).collect(),
        }
    }
}

const READS: [Read; 12] = [
    Read {
        words: &["status"],
        list: "/origins",
        shown: &["/origin/account"],
        rows: Rows::Below("ORIGIN  "),
    },
    Read {
        words: &["why", TURNING],
        list: "/facts",
        shown: &["/origin/account"],
        rows: Rows::Below("VALUE  "),
    },
    Read {
        words: &["why", "custom/x", "--at", "-0s"],
        list: "/facts",
        shown: &[],
        rows: Rows::Below("VALUE  "),
    },
    Read {
        words: &["why", "PJSIP/*"],
        list: "/lamps",
        shown: &["/subject"],
        rows: Rows::Below("SUBJECT  "),
    },
    Read { words: &["list"], list: "/lamps", shown: &["/subject"], rows: Rows::Below("SUBJECT  ") },
    Read {
        words: &["history", TURNING],
        list: "/events",
        shown: &["/origin/account"],
        rows: Rows::Below("TIME  "),
    },
    Read {
        words: &["history", "custom/x"],
        list: "/events",
        shown: &[],
        rows: Rows::Below("TIME  "),
    },
    Read {
        words: &["user", "list"],
        list: "/users",
        shown: &["/jid", "/role"],
        rows: Rows::Below("ACCOUNT  "),
    },
    Read {
        words: &["domain", "list"],
        list: "/domains",
        shown: &["/name"],
        rows: Rows::Below("DOMAIN  "),
    },
    Read {
        words: &["audit"],
        list: "/entries",
        shown: &["/operation", "/outcome"],
        rows: Rows::Below("TIME  "),
    },
    Read {
        words: &["check"],
        list: "/problems",
        shown: &["/code"],
        rows: Rows::Lines(leads_to_help),
    },
    Read {
        words: &["doctor", "--only", "files"],
        list: "/problems",
        shown: &["/id"],
        rows: Rows::Lines(is_check),
    },
];

/// Verbs that read and have tests of their own here or nowhere: a stream, a screen, and explanations, which are text.
const OTHERS: [&str; 3] = ["watch", "top", "help"];

/// Verbs that run or change something.
const CHANGES: [&str; 21] = [
    "serve",
    "relay",
    "demo",
    "fake-pbx",
    "rotate invite-key",
    "rotate certificate",
    "set",
    "clear",
    "user add",
    "user change",
    "user passwd",
    "user forget-resource",
    "user remove",
    "invite",
    "domain add",
    "domain change",
    "domain remove",
    "report",
    "reload",
    "log set",
    "bench",
];

/// Where a problem of a configuration leads.
fn leads_to_help(line: &str) -> bool {
    line.contains("  lampfield help ")
}

/// A failed check begins with a sign and an id.
fn is_check(line: &str) -> bool {
    let has_id = line.split(' ').nth(1).is_some_and(|word| word.contains('/'));
    has_id && !line.starts_with(' ')
}

/// Whether a terminal would only write it: the ends of lines are all that moves the cursor.
fn is_harmless(text: &str) -> bool {
    let lines = text.replace("\r\n", "\n");
    lines.lines().all(|line| visible(line) == line)
}

/// A server to which strangers have said what they should not.
fn scene() -> (Server, Client) {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut stranger = Client::connect(server.address(), "a.example");
    assert!(!stranger.authenticate("x\u{9b}31m\u{202e}", "wrong"));
    let mut pbx = Client::log_in(server.address(), "a.example", "pbx-1", "quite-good-1");
    pbx.pubsub("\u{9b}2J.example", "<subscribe node='device_state' jid='\u{9b}2J'/>");
    pbx.try_publish_device(EID, "PJSIP/\u{9b}2J", "INUSE");
    pbx.try_publish_device(EID, "PJSIP/100", "IN\u{9b}USE");
    for name in [TURNING, "PJSIP/100"] {
        pbx.publish_device(EID, name, "INUSE");
        pbx.publish_device(EID, name, "RINGING");
    }
    let value = r#"{"data":"\u001b[2J\u009b2J\u202e"}"#;
    assert_eq!(server.ask(&["set", "custom/x", value, "--keep"]).code, Some(0));
    assert_eq!(server.ask(&["set", "Custom:\u{1b}[2J", "INUSE", "--keep"]).code, Some(2));
    (server, pbx)
}

fn on_a_terminal(server: &Server, words: &[&str]) -> String {
    let mut command = server.command(words);
    command.env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8");
    Terminal::start(command).end().1.replace("\r\n", "\n")
}

#[test]
fn the_rows_of_text_and_document_are_the_same_and_obeyed_by_no_terminal() {
    let (server, _pbx) = scene();
    for Read { words, list, shown, rows } in READS {
        let (text, json) = (server.ask(words), server.ask(&[words, &["--json"]].concat()));
        let seen = on_a_terminal(&server, words);
        let Ran { out, err, .. } = &json;
        let said = [out, err, &text.out, &text.err, &seen];
        assert!(said.iter().all(|text| is_harmless(text)), "{words:?}: {said:?}");
        let document: Value = json.json();
        let elements = document.pointer(list).and_then(Value::as_array).expect("a list");
        assert!(!elements.is_empty(), "{words:?}: {document}");
        for text in [&format!("{}{}", text.out, text.err), &seen] {
            let rows = rows.of(text);
            assert_eq!(rows.len(), elements.len(), "{words:?}: {text}\n{document}");
            for (row, element) in rows.iter().zip(elements) {
                let parts = shown.iter().map(|part| element.pointer(part).and_then(Value::as_str));
                let is_there = |part: Option<&str>| row.contains(&*visible(part.unwrap_or("?")));
                assert!(parts.clone().all(is_there), "{words:?}: {row}\n{element}");
            }
        }
    }
}

#[test]
fn every_verb_is_known_to_read_or_to_change() {
    let all = all();
    let is_short = |verb: &str| all.iter().any(|(other, _)| other.starts_with(&format!("{verb} ")));
    let verbs = all.iter().map(|(verb, _)| verb.as_str()).filter(|verb| !is_short(verb));
    let verbs = verbs.filter_map(|verb| verb.strip_prefix("lampfield "));
    // The bench is a program of its own.
    let verbs = verbs.map(|verb| if verb.starts_with("bench ") { "bench" } else { verb });
    let verbs: BTreeSet<_> = verbs.collect();
    let reads = READS.iter().map(|read| match read.words[1..].first() {
        Some(&"list") => format!("{} list", read.words[0]),
        _ => read.words[0].to_owned(),
    });
    let others = OTHERS.into_iter().chain(CHANGES).map(str::to_owned);
    let known: BTreeSet<_> = reads.chain(others).collect();
    assert_eq!(known.iter().map(String::as_str).collect::<BTreeSet<_>>(), verbs);
}

/// A watch in a pipe, and what reads it.
fn watch(server: &Server, more: &[&str]) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut command = server.command(&[&["watch"], more].concat());
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    (child, lines.map_while(Result::ok))
}

#[test]
fn a_watch_tells_the_same_as_text_and_as_documents() {
    let (server, mut pbx) = scene();
    let (mut text, text_lines) = watch(&server, &[]);
    let (mut json, json_lines) = watch(&server, &["--json"]);
    let mut command = server.command(&["watch"]);
    command.env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8");
    let terminal = Terminal::start(command);
    // All of them have begun once each has shown the same device; what follows is the same for all.
    let last = "PJSIP/last";
    let begun = std::thread::spawn({
        let (mut text, mut json) = (text_lines, json_lines);
        move || (text.next(), json.next(), text, json)
    });
    for state in ["INUSE", "NOT_INUSE"].into_iter().cycle() {
        pbx.publish_device(EID, "PJSIP/first", state);
        if begun.is_finished() && terminal.seen().contains("PJSIP/first") {
            break;
        }
    }
    let (_, _, text_lines, json_lines) = begun.join().expect("lines");
    for name in [TURNING, "PJSIP/101", last] {
        pbx.publish_device(EID, name, "BUSY");
    }
    terminal.until(last);
    let seen = terminal.seen();
    let until = |lines: Vec<String>| -> Vec<String> {
        let rest = lines.into_iter().filter(|line| !line.contains("PJSIP/first"));
        rest.filter(|line| line.contains("PJSIP/")).collect()
    };
    let take = |lines: &mut dyn Iterator<Item = String>| {
        let mut taken = Vec::new();
        while taken.last().is_none_or(|line: &String| !line.contains(last)) {
            taken.extend(lines.next());
        }
        until(taken)
    };
    let (mut text_lines, mut json_lines) = (text_lines, json_lines);
    let (texts, documents) = (take(&mut text_lines), take(&mut json_lines));
    let seen = until(seen.lines().map(str::to_owned).collect());
    assert!([&texts, &documents, &seen].iter().all(|all| all.len() == 3), "{texts:?} {seen:?}");
    for ((text, document), seen) in texts.iter().zip(&documents).zip(&seen) {
        assert!([text, document, seen].iter().all(|line| is_harmless(line)), "{text} {document}");
        let change: Value = serde_json::from_str(document).expect("JSON");
        let subject = change["subject"].as_str().expect("a subject");
        let name = visible(subject.strip_prefix("device/").unwrap_or(subject)).into_owned();
        assert!(text.contains(&name) && seen.contains(&name), "{text} {document}");
    }
    for child in [&mut text, &mut json] {
        child.kill().and_then(|()| child.wait()).expect("an end");
    }
}
