//! The log as programs and people read it.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::server::Server;

#[test]
fn a_log_in_json_has_one_object_a_line_with_its_code() {
    let mut server = Server::start("\n[log]\nformat = 'json'\n");
    let log = server.stop();
    let objects: Vec<serde_json::Value> =
        log.iter().filter(|line| line.starts_with('{')).map(|line| parsed(line)).collect();
    let start = objects.iter().find(|object| object["code"] == "start").expect("the start");
    assert_eq!(start["level"], "INFO", "{start}");
    assert_eq!(start["message"], "lampfield starts", "{start}");
    assert!(objects.iter().any(|object| object["code"] == "stop"), "{log:#?}");
}

fn parsed(line: &str) -> serde_json::Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Relative names belong to the folder of the configuration, as everywhere.
#[test]
fn a_log_file_has_the_lines_and_standard_error_only_what_is_said_at_the_start() {
    let mut server = Server::start("\n[log]\nfile = 'lampfield.log'\n");
    let log = server.stop();
    assert!(!log.iter().any(|line| line.contains("code=")), "{log:#?}");
    let file = server.data().with_file_name("lampfield.log");
    let lines = fs::read_to_string(file).expect("a log");
    let is_stop = |line: &&str| line.contains(" INFO stopping code=\"stop\"");
    assert!(lines.lines().any(|line| is_stop(&line)), "{lines}");
}

#[test]
fn a_log_file_that_cannot_be_written_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    fs::write(&file, "[log]\nfile = 'no/such/folder.log'\n").expect("a file");
    let ran = crate::server::lampfield(&["serve", "--config", &file.display().to_string()]);
    assert!(ran.err.contains("error[log-file]"), "{}", ran.err);
    assert!(ran.err.contains("no/such/folder.log"), "{}", ran.err);
    assert_eq!(ran.code, Some(1));
}

/// `script` gives it a terminal; when that is closed, nobody is there to stop it by hand.
#[test]
fn a_hang_up_stops_a_server_that_has_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let serve =
        format!("{} serve --data-dir {data} --listen 127.0.0.1:0", env!("CARGO_BIN_EXE_lampfield"));
    let mut script = Command::new("script");
    script.args(["--quiet", "--flush", "--return", "--command", &serve, "/dev/null"]);
    script.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut terminal = script.spawn().expect("script(1)");
    let socket = folder.path().join("data/control.sock");
    wait_for("a control socket", || socket.exists());
    let status = crate::server::lampfield(&["status", "--json", "--data-dir", &data]);
    let pid = status.json()["server"]["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
    let pid = pid.and_then(rustix::process::Pid::from_raw).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).expect("it runs");
    wait_for("its end", || terminal.try_wait().expect("a child").is_some());
}

#[expect(clippy::disallowed_methods, reason = "a test serves nobody while it waits")]
fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < Duration::from_secs(30), "no {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
