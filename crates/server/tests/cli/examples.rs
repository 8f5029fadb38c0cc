//! Every example of every `--help`, run as a person who pastes it: on a fresh server that one fake PBX
//! feeds. What an example speaks of and a fresh server has not is made before by [`BEFORE`].

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::server::{Ran, Server, free_address, lampfield};
use crate::terminal::Terminal;

/// How long an example that runs until it is stopped may take to show that it works.
const PATIENCE: Duration = Duration::from_secs(60);

/// Verbs whose examples need another machine's server or process; they have tests of their own.
pub const LEFT_OUT: [&str; 1] = ["lampfield bench"];

/// Verbs that run until they are stopped, unless something of these ends them.
const RUN: [&str; 6] = ["lampfield", "serve", "watch", "relay", "demo", "fake-pbx"];
const ENDS: [&str; 4] = ["--for", "--count", "--crash", "--effective"];

/// What is done before an example, by its beginning.
pub const BEFORE: [(&str, &str); 11] = [
    (
        "lampfield user add",
        "for one in pbx-2 anna pbx-3; do lampfield user remove $one --yes; done",
    ),
    ("lampfield user forget-resource", "lampfield fake-pbx pbx-2 --crash 2s"),
    ("lampfield user", ACCOUNTS),
    ("lampfield domain add b", "lampfield domain remove b.example --yes"),
    ("lampfield domain add", "lampfield domain add b.example"),
    ("lampfield domain", "for one in b c people; do lampfield domain add $one.example; done"),
    ("lampfield clear Custom", "lampfield set Custom:night INUSE --keep"),
    ("lampfield clear", MAILBOX),
    ("lampfield why 1000", MAILBOX),
    ("lampfield history 1000", MAILBOX),
    ("lampfield why PJSIP/100 --at", "sleep 3"),
];

const ACCOUNTS: &str =
    "lampfield user add pbx-2 --generate; lampfield user add anna --role user --generate";

const MAILBOX: &str = "lampfield set mailbox/1000@default '{\"new\":1,\"old\":0}' --keep";

/// A server with a fake PBX, and a folder with the files that examples name.
pub struct Scene {
    pub server: Server,
    fake: Child,
    folder: tempfile::TempDir,
}

impl Scene {
    pub fn new() -> Self {
        let server = Server::start("");
        let fake = ["fake-pbx", "pbx-1", "--calls-per-minute", "600", "--quiet"];
        let fake = server.command(&fake).stdout(Stdio::null()).spawn().expect("the program");
        let scene = Self { server, fake, folder: tempfile::tempdir().expect("a folder") };
        let begun = std::time::Instant::now();
        while scene.server.ask(&["why", "PJSIP/109"]).code != Some(0) {
            assert!(begun.elapsed() < PATIENCE, "no lamp");
        }
        let file = |name: &str, text: &str| fs::write(scene.folder.path().join(name), text);
        let here = format!("data_dir = 'other'\n[xmpp]\nlisten = ['{}']\n", free_address());
        file("lampfield.toml", &here).expect("a file");
        file("secret.txt", "a-secret-of-24-letters\n").expect("a file");
        let certificate = scene.server.data().join("tls/localhost.pem");
        fs::copy(certificate, scene.folder.path().join("lamps.pem")).expect("a copy");
        scene
    }

    /// A shell in which `lampfield` is the program, on the server; a further server is its own.
    pub fn shell(&self, script: &str) -> Command {
        let program = env!("CARGO_BIN_EXE_lampfield");
        let own = self.folder.path().join("lampfield.toml");
        let mut command = Command::new("sh");
        let prologue = "lampfield() { case \" $* \" in *' --config '*|' demo '*) \"$PROGRAM\" \"$@\";; \
                        '  '|' serve '*) \"$PROGRAM\" --config \"$OWN\" \"$@\";; \
                        *) \"$PROGRAM\" --config \"$CONFIG\" \"$@\";; esac; }\n";
        command.arg("-c").arg(format!("{prologue}{script}")).current_dir(self.folder.path());
        command.env("PROGRAM", program).env("CONFIG", self.server.config()).env("OWN", own);
        command
    }

    /// What is pasted, with what a person fills in.
    pub fn filled(&self, example: &str) -> String {
        let port = free_address().rsplit(':').next().unwrap_or_default().to_owned();
        let print = "ab".repeat(32);
        let mine = example.replace("SHA256HEX", &print).replace("/etc/bash_completion.d/", "");
        mine.replace("0.0.0.0:5222", &format!("127.0.0.1:{port}"))
            .replace("--listen 127.0.0.1:5222", &format!("--listen 127.0.0.1:{port}"))
    }

    /// Runs it to its end. Who is asked for a yes gives it, who is asked for a password has one.
    pub fn run(&self, script: &str) -> Ran {
        let mut command = match asks(script) {
            // Only a terminal is asked.
            true => {
                let file = self.folder.path().join("asked.sh");
                let shell = self.shell(script);
                let text = shell.get_args().nth(1).unwrap_or_default();
                fs::write(&file, text.as_encoded_bytes()).expect("a file");
                let typed = format!("echo yes | script -qec 'sh {}' /dev/null", file.display());
                let mut terminal = Command::new("sh");
                terminal.arg("-c").arg(typed).current_dir(self.folder.path());
                terminal.envs(shell.get_envs().filter_map(|(key, value)| Some((key, value?))));
                terminal
            }
            false => self.shell(&format!("{{ {script}; }} < secret.txt")),
        };
        Ran::of(command.output().expect("a shell"))
    }

    /// Looks at it on a terminal, and quits.
    fn look(&self, script: &str) {
        let mut command = self.shell(script);
        command.env("TERM", "xterm");
        let mut terminal = Terminal::start(command);
        terminal.until("? keys");
        terminal.press("q");
        assert!(terminal.end().0.success(), "{script}");
    }

    /// Starts it, sees it say something, and stops it as Ctrl-C does.
    fn start_and_stop(&self, script: &str) -> Result<(), String> {
        use std::os::unix::process::CommandExt;
        let mut command = self.shell(&format!("{script} 2>&1"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("a shell");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let (told, line) = channel();
        let reader = thread::spawn(move || {
            let mut first = String::new();
            let read = out.read_line(&mut first);
            let _ = told.send(first);
            let mut rest = String::new();
            read.and_then(|_| out.read_to_string(&mut rest)).map(|_| rest).unwrap_or_default()
        });
        let first = line.recv_timeout(PATIENCE);
        let group = Pid::from_raw(child.id().cast_signed()).expect("a process");
        // It may have ended by itself, which the lines below tell.
        let _ = kill_process_group(group, Signal::TERM);
        child.wait().expect("an end");
        let rest = reader.join().expect("a reader");
        match first {
            Ok(line) if !line.is_empty() && !line.starts_with("error") => Ok(()),
            other => Err(format!("it began with {other:?}: {rest}")),
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.fake.kill();
        let _ = self.fake.wait();
    }
}

/// Whether it asks for a yes.
fn asks(script: &str) -> bool {
    script.contains(" remove ") && !script.contains("--yes")
}

/// The lines of a block of a help text.
fn block(help: &str, head: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != head).skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    lines.map(|line| line.trim().to_owned()).collect()
}

/// Every verb with its examples.
pub fn all() -> Vec<(String, Vec<String>)> {
    let (mut found, mut open) = (Vec::new(), vec![Vec::<String>::new()]);
    while let Some(path) = open.pop() {
        let typed: Vec<_> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = lampfield(&typed).out;
        let name = [vec!["lampfield".to_owned()], path.clone()].concat().join(" ");
        let is_verb = |line: &&String| line.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        for line in block(&help, "Commands:").iter().filter(is_verb) {
            // A second line of what a verb does begins further in; a verb has two blanks behind it.
            if let Some((verb, _)) = line.split_once("  ") {
                open.push([path.clone(), vec![verb.to_owned()]].concat());
            }
        }
        found.push((name, block(&help, "Examples:")));
    }
    found
}

pub fn runs_on(example: &str) -> bool {
    let verb = example.split_whitespace().nth(1).filter(|word| !word.starts_with('-'));
    RUN.contains(&verb.unwrap_or("lampfield")) && !ENDS.iter().any(|end| example.contains(end))
}

/// What is wrong with the examples of one verb.
fn tried(examples: &[String]) -> Vec<String> {
    let scene = Scene::new();
    let wrong = examples.iter().filter_map(|example| {
        let before = BEFORE.iter().find(|(beginning, _)| example.starts_with(beginning));
        // What is there already is as good as what was made.
        before.map(|(_, script)| scene.run(script));
        let script = scene.filled(example);
        if example.starts_with("lampfield top") {
            scene.look(&script);
            return None;
        }
        if runs_on(example) {
            return scene.start_and_stop(&script).err().map(|why| format!("{example}: {why}"));
        }
        let ran = scene.run(&script);
        let told = || format!("{example}: ended with {:?}\n{}{}", ran.code, ran.out, ran.err);
        // What is asked something is on a terminal.
        let is_plain = !format!("{}{}", ran.out, ran.err).contains('\x1b') || asks(&script);
        (ran.code != Some(0) || !is_plain).then(told)
    });
    wrong.collect()
}

/// What is wrong with each of many, looked at by four threads.
pub fn wrong_of<T: Send>(
    many: impl Iterator<Item = T> + Send,
    wrong_of_one: impl Fn(T) -> Vec<String> + Sync,
) -> Vec<String> {
    let waiting = Mutex::new(many);
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().expect("nobody panics").next();
                    let Some(one) = next else { return };
                    let found = wrong_of_one(one);
                    wrong.lock().expect("nobody panics").extend(found);
                }
            });
        }
    });
    wrong.into_inner().expect("nobody panicked")
}

#[test]
fn every_example_works_as_it_is_printed() {
    let all = all();
    assert!(all.iter().any(|(verb, _)| verb == "lampfield user forget-resource"), "{all:?}");
    let left_out = |verb: &str| LEFT_OUT.iter().any(|path| verb.starts_with(path));
    let wrong =
        wrong_of(all.into_iter().filter(|(verb, _)| !left_out(verb)), |(verb, examples)| {
            assert_eq!(examples.len(), 3, "{verb}");
            tried(&examples)
        });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
