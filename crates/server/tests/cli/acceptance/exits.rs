//! Check 4: each exit status of the manual, produced by a command, with and without `--json`.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::client::Client;
use crate::server::{Ran, Server, lampfield};

const CONFIG: &str =
    "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'pbx-1'\npassword = 'one'\n";
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";

/// What ends with each status. A PBX of the server has a wrong `pubsub_node`.
const ENDS: [(i32, &str); 10] = [
    (0, "lampfield list"),
    (1, "lampfield status"),
    (2, "lampfield status --nonsense"),
    (3, "lampfield status --data-dir /nowhere"),
    // What runs has no document.
    (4, "echo wrong | \"$PROGRAM\" fake-pbx pbx-1@a.example --to $ADDRESS --no-tls"),
    (5, "lampfield why PJSIP/nobody"),
    (6, "lampfield user add pbx-1 --generate"),
    (7, "kill -STOP $PID; lampfield status --timeout 300ms; code=$?; kill -CONT $PID; exit $code"),
    // A shell starts what runs in the background deaf to interrupts; this one tells how it has ended.
    (130, "timeout --preserve-status -s INT 1 \"$PROGRAM\" --config \"$CONFIG\" watch $JSON"),
    (141, "{ { sleep 0.2; lampfield list; echo $? >&3; } | true; } 3>code; exit $(cat code)"),
];

#[test]
fn every_exit_status_of_the_manual_is_produced() {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut pbx = Client::log_in(server.address(), "a.example", "pbx-1", "one");
    assert!(!pbx.pubsub("a.exmaple", "<subscribe node='device_state' jid='pbx-1@a.example'/>"));
    for json in ["", "--json"] {
        for (code, script) in ENDS {
            let ran = run(&server, script, json);
            assert_eq!(ran.code, Some(code), "{script} {json}: {}{}", ran.out, ran.err);
            assert!(code != 141 || ran.err.is_empty(), "silent: {}", ran.err);
        }
    }
    let man = lampfield(&["help", "man"]).out;
    let table = man.split(".SH \"EXIT STATUS\"").nth(1).expect("a table");
    let table = table.split(".SH ").next().unwrap_or_default();
    let codes: BTreeSet<i32> = table.split_whitespace().filter_map(number).collect();
    assert_eq!(codes, ENDS.map(|(code, _)| code).into(), "{table}");
}

/// A number in bold.
fn number(word: &str) -> Option<i32> {
    word.trim_start_matches("\\fB").trim_end_matches("\\fR").parse().ok()
}

fn run(server: &Server, script: &str, json: &str) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let prologue = "lampfield() { \"$PROGRAM\" --config \"$CONFIG\" \"$@\" $JSON; }\n";
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{prologue}{script}")).current_dir(folder.path());
    command.env("PROGRAM", env!("CARGO_BIN_EXE_lampfield")).env("CONFIG", server.config());
    command.env("JSON", json).env("ADDRESS", server.address());
    command.env("PID", server.pid().to_string()).stdin(Stdio::null());
    Ran::of(command.output().expect("a shell"))
}
