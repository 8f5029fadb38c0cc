//! `top`, on a terminal of 80 by 24 as a person uses it.

use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::server::Server;
use crate::terminal::Terminal;

/// A server with a fake PBX of ten phones, which goes with it.
struct Scene {
    server: Server,
    fake: Child,
}

// === impl Scene ===

impl Scene {
    fn new() -> Self {
        let server = Server::start("");
        let calls = ["fake-pbx", "pbx-1", "--calls-per-minute", "600", "--quiet"];
        let fake = server.command(&calls).stdout(Stdio::null()).spawn().expect("the program");
        Self { server, fake }
    }

    fn top(&self, filter: &[&str], language: &str) -> Terminal {
        let mut command = self.server.command(&["top"]);
        command.args(filter).env("LC_ALL", language).env("TERM", "xterm").env_remove("NO_COLOR");
        Terminal::start(command)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.fake.kill();
        let _ = self.fake.wait();
    }
}

/// The codes that leave the other screen and show the cursor again.
const LEFT: [&str; 2] = ["\x1b[?1049l", "\x1b[?25h"];

#[test]
fn all_of_it_is_seen_on_a_small_terminal_without_utf_8() {
    let scene = Scene::new();
    let mut terminal = scene.top(&[], "C");
    terminal.until("1 PBX");
    let seen = terminal.until("lamps by name  device/");
    for part in ["all is well", "1 PBX", "xmpp 127.0.0.1", "pbx-1@", "1 Server", "4 Changes"] {
        assert!(seen.contains(part), "no {part:?} in\n{seen}");
    }
    assert!(seen.lines().count() <= 24 && seen.is_ascii(), "{seen}");
    // Its lamps change while somebody looks.
    terminal.until("(was ");
    terminal.press("q");
    let (status, written) = terminal.end();
    assert!(status.success());
    assert!(LEFT.iter().all(|code| written.contains(code)), "{written:?}");
}

#[test]
fn the_keys_lead_to_what_the_verbs_say() {
    let scene = Scene::new();
    let mut terminal = scene.top(&["PJSIP/1*"], "C.UTF-8");
    terminal.until("10 lamps of PJSIP/1* by name  device/PJSIP/100");
    terminal.press("\r");
    terminal.until("lampfield why device/PJSIP/100");
    terminal.until("Rule");
    terminal.press("b\x1b[Ch");
    terminal.until("lampfield history device/PJSIP/101");
    terminal.press("b/10?\r");
    terminal.until("lamps of 10? by name");
    terminal.press("/state:nonsense\r");
    terminal.until("! ");
    terminal.press("b");
    terminal.until("lamps by name");
    terminal.press("s");
    terminal.until("by -since");
    terminal.press("p");
    terminal.until("paused, +");
    terminal.press("p2\r");
    terminal.until("lamps of origin:pbx-1@");
    terminal.press("?");
    let seen = terminal.until("●  INUSE");
    assert!(seen.contains("quit"), "{seen}");
    terminal.press("\x03");
    assert!(terminal.end().0.success());
}

/// Whoever ends it from elsewhere gets a terminal that works.
#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    let scene = Scene::new();
    let terminal = scene.top(&["night"], "C");
    terminal.until("0 lamps of night");
    let pid = Pid::from_raw(terminal.pid() as i32).expect("a process");
    kill_process(pid, Signal::TERM).expect("it runs");
    let (_, written) = terminal.end();
    assert!(LEFT.iter().all(|code| written.contains(code)), "{written:?}");
}

/// Nothing tells it of a terminal that is not the one it was started from.
#[test]
fn a_terminal_that_is_gone_ends_it() {
    let scene = Scene::new();
    let terminal = scene.top(&["night"], "C");
    terminal.until("0 lamps of night");
    terminal.hang_up();
}

#[test]
fn a_server_that_goes_and_comes_back_is_told() {
    let mut scene = Scene::new();
    let mut terminal = scene.top(&[], "C");
    terminal.until("PJSIP/109");
    scene.server.stop();
    terminal.until("! no server answers here");
    scene.server.restart();
    terminal.until("1-4 pane");
    terminal.press("q");
    assert!(terminal.end().0.success());
}

#[test]
fn without_a_terminal_it_names_the_verb_that_needs_none() {
    let server = Server::start("");
    for arguments in [&["top"][..], &["top", "--json"]] {
        let ran = server.ask(arguments);
        assert_eq!(ran.code, Some(2));
        assert!(ran.err.contains("error[no-terminal]") && ran.err.contains("watch"), "{}", ran.err);
    }
}
