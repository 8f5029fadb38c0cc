//! Check 9: `watch` and whoever reads it: one who has seen enough, and one who does not keep up.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::client::Client;
use crate::server::Server;

const CONFIG: &str = "[limits]\nhistory = 100\n[history]\nkeep = '0s'\n\
    [[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'pbx-1'\npassword = 'one'\n";
const CLEAR: &str = "tls = 'off'\nclear_text_auth = true\n";
const EID: &str = "02:00:00:00:00:01";

const LAMPS: usize = 300;
const ROUNDS: usize = 90;
/// What may be kept for one that does not read, in KiB: a thousand changes and what is on its way.
const MOST_KEPT: u64 = 3_000;

/// A watch whose first line has come, with what reads it.
fn watch(server: &Server, pbx: &mut Client) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut command = server.command(&["watch", "--ascii"]);
    let mut watch = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("one");
    let mut lines = BufReader::new(watch.stdout.take().expect("a pipe"));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| lines.read_line(&mut String::new()));
        for state in ["INUSE", "NOT_INUSE"].into_iter().cycle() {
            pbx.publish_device(EID, "Custom:first", state);
            if first.is_finished() {
                break;
            }
        }
    });
    (watch, lines)
}

#[test]
fn one_who_has_seen_enough_ends_it_silently() {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut pbx = Client::log_in(server.address(), "a.example", "pbx-1", "one");
    let (mut watch, lines) = watch(&server, &mut pbx);
    drop(lines);
    // It learns of that with the next line.
    for state in ["INUSE", "NOT_INUSE"].into_iter().cycle() {
        pbx.publish_device(EID, "Custom:next", state);
        if watch.try_wait().expect("a child").is_some() {
            break;
        }
    }
    let ended = watch.wait_with_output().expect("an end");
    assert_eq!(ended.status.code(), Some(141));
    assert_eq!(String::from_utf8(ended.stderr).expect("UTF-8"), "");
}

fn publish_all(pbx: &mut Client, state: &str) {
    let send = |lamp| pbx.send_device(EID, &format!("PJSIP/{lamp}"), state);
    let asked = (0..LAMPS).map(send).collect();
    pbx.answers(asked);
}

fn resident_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn one_who_does_not_keep_up_is_told_what_was_skipped_and_has_the_newest() {
    let server = Server::start_with(CONFIG, CLEAR);
    let mut pbx = Client::log_in(server.address(), "a.example", "pbx-1", "one");
    publish_all(&mut pbx, "RINGING");
    let (mut watch, lines) = watch(&server, &mut pbx);
    let before = [server.pid(), watch.id()].map(resident_kib);
    for round in 0..ROUNDS {
        publish_all(&mut pbx, ["INUSE", "BUSY", "ONHOLD"][round % 3]);
    }
    publish_all(&mut pbx, "NOT_INUSE");
    let after = [server.pid(), watch.id()].map(resident_kib);
    for (before, after) in before.iter().zip(after) {
        assert!(after.saturating_sub(*before) < MOST_KEPT, "{before} KiB, {after} KiB");
    }
    let (mut newest, mut changes, mut skipped) = (BTreeMap::new(), 0, 0);
    for line in lines.lines() {
        let line = line.expect("UTF-8");
        let words: Vec<_> = line.split_whitespace().collect();
        if line.contains("skipped; the newest values are shown") {
            skipped += words[1].replace(',', "").parse::<usize>().expect("a number");
        } else if words[3].starts_with("PJSIP/") {
            changes += 1;
            newest.insert(words[3].to_owned(), words[2].to_owned());
        }
        if newest.len() == LAMPS && newest.values().all(|state| state == "NOT_INUSE") {
            break;
        }
    }
    assert!(skipped > 0, "nothing was skipped: the test is too weak");
    // Values of the first lamp may be among the skipped ones.
    let all = LAMPS * (ROUNDS + 1);
    assert!((all..all + 1_000).contains(&(changes + skipped)), "{changes} and {skipped} of {all}");
    watch.kill().and_then(|()| watch.wait()).expect("an end");
}
