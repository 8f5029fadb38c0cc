//! `fake-pbx` and `demo` as a person runs them: lamps come, lamps go, and nothing is left behind.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::server::{Ran, Server, lampfield};

/// How long anything may take before a test gives up; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that runs until it is stopped, and what it prints.
struct Running {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        let (told, lines) = channel();
        let out = child.stdout.take().expect("a pipe");
        let err = child.stderr.take().expect("a pipe");
        let errors = told.clone();
        std::thread::spawn(move || pass(BufReader::new(out), |line| told.send(line).is_ok()));
        std::thread::spawn(move || pass(BufReader::new(err), |line| errors.send(line).is_ok()));
        Self { child, lines, said: Vec::new() }
    }

    /// Waits for a line that fits.
    fn says(&mut self, fits: impl Fn(&str) -> bool) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.said.push(line.clone());
                    if fits(&line) {
                        return line;
                    }
                }
                Err(error) => panic!("{error} in {:#?}", self.said),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process");
        kill_process(pid, signal).expect("our own child");
    }

    /// How it ended, and all that it printed.
    fn ended(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().expect("an end").code();
        self.said.extend(self.lines.iter());
        (code, self.said.join("\n"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pass(lines: impl BufRead, pass: impl Fn(String) -> bool) {
    for line in lines.lines().map_while(Result::ok) {
        if !pass(line) {
            return;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test serves nobody while it waits")]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A lamp that somebody uses: the line of a watch.
fn is_lit(line: &str) -> bool {
    !line.contains(" -- ")
        && (line.contains("RINGING") || line.contains("INUSE"))
        && line.contains("PJSIP/")
}

fn demo(options: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lampfield"));
    command.arg("demo").args(options);
    Running::start(command)
}

/// The command that the demo prints for another terminal, as it stands there.
fn printed(demo: &mut Running, verb: &str) -> Vec<String> {
    let line = demo.says(|line| line.contains(&format!(" {verb} ")) && line.contains("--data-dir"));
    let words = line.split_whitespace().skip(1);
    words.map(|word| word.trim_matches('\'').to_owned()).collect()
}

fn run(arguments: &[String]) -> Ran {
    lampfield(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

fn folder_of(arguments: &[String]) -> PathBuf {
    let data = Path::new(arguments.last().expect("a folder"));
    data.parent().expect("the folder around it").to_owned()
}

fn is_running(pid: u64) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // What has ended and was not looked at is a zombie.
    !status.is_empty() && !status.contains(") Z ")
}

#[test]
fn the_demo_shows_lamps_and_leaves_nothing_behind() {
    let begun = Instant::now();
    let mut demo = demo(&[]);
    let status = printed(&mut demo, "status");
    let why = printed(&mut demo, "why");
    demo.says(is_lit);
    println!("first lamp after {:?}", begun.elapsed());
    eventually("all three are there", || {
        let shown = run(&status).out;
        ["pbx-1@", "pbx-2@", "pbx-3@"].iter().all(|name| shown.contains(name))
    });
    eventually("PJSIP/100 is explained", || run(&why).out.contains("PJSIP/100"));
    let pid = run(&[&status[..], &["--json".to_owned()]].concat()).json()["server"]["pid"].as_u64();
    let (pid, folder) = (pid.expect("a server"), folder_of(&status));
    assert!(is_running(pid) && folder.exists());
    demo.signal(Signal::INT);
    let (code, said) = demo.ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(!folder.exists() && !is_running(pid), "{said}");
}

#[test]
fn the_server_of_a_demo_does_not_outlive_it() {
    let mut demo = demo(&[]);
    let status = printed(&mut demo, "status");
    let pid = run(&[&status[..], &["--json".to_owned()]].concat()).json()["server"]["pid"].as_u64();
    let (pid, folder) = (pid.expect("a server"), folder_of(&status));
    demo.signal(Signal::KILL);
    eventually("the server ends", || !is_running(pid));
    fs::remove_dir_all(folder).expect("what a killed demo leaves");
}

#[test]
fn the_demo_touches_no_server_of_the_operator() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().display().to_string();
    let refused = lampfield(&["demo", "--data-dir", &place]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("error[demo-folder]"), "{}", refused.err);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

/// All facts that a server knows about a lamp.
fn facts(server: &Server, lamp: &str) -> Vec<Value> {
    let why = server.ask(&["why", lamp, "--json"]);
    match why.code {
        Some(5) => Vec::new(),
        _ => why.json()["facts"].as_array().cloned().unwrap_or_default(),
    }
}

#[test]
fn a_fake_pbx_is_a_pbx_and_goes_with_its_account() {
    let server = Server::start("");
    let options = ["fake-pbx", "test-1", "--calls-per-minute", "120", "--devices", "500-503"];
    let mut fake = Running::start(server.command(&options));
    fake.says(|line| line.contains("is logged in as test-1@localhost/"));
    fake.says(|line| line.contains(" calls "));
    eventually("its phones have lamps", || !facts(&server, "PJSIP/502").is_empty());
    let mut watch = Running::start(server.command(&["watch", "PJSIP/50*"]));
    watch.says(is_lit);
    let users = server.ask(&["user", "list"]).out;
    assert!(users.contains("test-1@localhost"), "{users}");
    // Its account is in use now.
    let second = server.ask(&["fake-pbx", "test-1"]);
    assert_eq!(second.code, Some(6), "{}{}", second.out, second.err);
    assert!(second.err.contains("error[fake-name-taken]"), "{}", second.err);
    fake.signal(Signal::TERM);
    let (code, said) = fake.ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("says goodbye"), "{said}");
    let users = server.ask(&["user", "list"]).out;
    assert!(!users.contains("test-1@localhost"), "{users}");
}

#[test]
fn the_lamps_of_a_fake_pbx_that_crashes_stand_for_the_grace() {
    let server = Server::start("[lease]\ngrace = '4s'\n");
    let fake = Running::start(server.command(&["fake-pbx", "test-1", "--crash", "2s"]));
    let (code, said) = fake.ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("crashes"), "{said}");
    assert!(said.contains("user remove test-1@localhost --yes"), "{said}");
    let history = || server.ask(&["history", "PJSIP/100"]).out;
    assert!(!history().contains("withdrawn"), "{}", history());
    assert!(!facts(&server, "PJSIP/100").is_empty());
    eventually("its lamps go out", || history().contains("withdrawn"));
    assert!(history().contains("grace"), "{}", history());
}

#[test]
fn a_fake_pbx_that_says_goodbye_is_gone_at_once() {
    let server = Server::start("[lease]\ngrace = '1h'\n");
    let added = server.ask_with(&["user", "add", "test-1"], "secret\n");
    assert_eq!(added.code, Some(0), "{}", added.err);
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(file, "secret").expect("a password");
    let path = file.path().display().to_string();
    let address = server.address().to_owned();
    let to = ["--to", &address, "--domain", "localhost", "--password-file", &path];
    let fake = lampfield(&[&["fake-pbx", "test-1", "--for", "2s"][..], &to].concat());
    assert_eq!(fake.code, Some(0), "{}{}", fake.out, fake.err);
    assert!(!fake.out.contains("secret"), "{}", fake.out);
    eventually("its lamps go out", || {
        server.ask(&["history", "PJSIP/100"]).out.contains("withdrawn")
    });

    writeln!(file.reopen().expect("the file"), "another").expect("a password");
    let refused = lampfield(&[&["fake-pbx", "test-1"][..], &to].concat());
    assert_eq!(refused.code, Some(4), "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("error[fake-refused]"), "{}", refused.err);
    // With the fingerprint of another server nobody is told the password.
    let print = ["--fingerprint", &"0".repeat(64)];
    let refused = lampfield(&[&["fake-pbx", "test-1"][..], &to, &print].concat());
    assert!(refused.err.contains("another fingerprint"), "{}{}", refused.out, refused.err);
    let nobody = crate::server::free_address();
    let to = ["--to", &nobody, "--domain", "localhost", "--password-file", &path];
    let missing = lampfield(&[&["fake-pbx", "test-1"][..], &to].concat());
    assert_eq!(missing.code, Some(3), "{}{}", missing.out, missing.err);
    assert!(missing.err.contains("error[fake-not-reached]"), "{}", missing.err);
}

/// As a web server that waits for a line, or a relay that reaches nobody.
#[test]
fn a_fake_pbx_that_nobody_lets_in_plays_no_calls_and_fails() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address").to_string();
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(file, "secret").expect("a password");
    let path = file.path().display().to_string();
    let pace = ["--calls-per-minute", "600", "--for", "6s"];
    let to = ["fake-pbx", "test-1", "--to", &address, "--password-file", &path];
    let fake = lampfield(&[&to[..], &pace].concat());
    assert_eq!(fake.code, Some(3), "{}{}", fake.out, fake.err);
    assert!(!fake.out.contains(" calls "), "{}", fake.out);
    let waits = format!("not logged in yet: {address} is connected but sends no XMPP");
    assert_eq!(fake.out.matches(&waits).count(), 1, "{}", fake.out);
    assert!(!fake.out.contains("goodbye"), "{}", fake.out);
    assert!(fake.err.contains("error[fake-not-reached]: it never logged in"), "{}", fake.err);
}
