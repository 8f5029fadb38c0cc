//! The table of typical mistakes, `mistakes.toml`: each is made, its answer must name the cause and a
//! command, and that command is run. `cargo test -p lampfield --test cli mistakes -- --nocapture`
//! prints all answers, to be read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::server::{Ran, Server};

#[derive(Deserialize)]
struct Table {
    mistake: Vec<Mistake>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistake {
    /// What somebody does wrong.
    what: String,
    /// The configuration file that it is about, if not that of the running server.
    file: Option<String>,
    /// What is done before, as a script.
    #[serde(default)]
    before: String,
    /// What is typed, as a script. `lampfield` reads the configuration of the running server, or `file`.
    typed: String,
    /// The exit status.
    exit: i32,
    /// Words of the answer that name the cause.
    says: Vec<String>,
    /// The command of the answer that mends it or shows more; it must end well.
    then: String,
}

/// A place to make mistakes at.
struct Scene {
    server: Server,
    fake: std::process::Child,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let account = "[[domain]]\nname = 'a.example'\n[[domain.account]]\nname = 'pbx-a'\n\
                       password = 'quite-good-1'\n";
        let server = Server::start(account);
        let fake = server.command(&["fake-pbx", "pbx-1", "--calls-per-minute", "1"]).spawn();
        let scene = Self {
            server,
            fake: fake.expect("the program"),
            folder: tempfile::tempdir().expect("a folder"),
        };
        scene.wait_for("PJSIP/109");
        scene
    }

    fn wait_for(&self, lamp: &str) {
        let begun = std::time::Instant::now();
        while self.server.ask(&["why", lamp]).code != Some(0) {
            assert!(begun.elapsed().as_secs() < 30, "no {lamp}");
        }
    }

    /// Runs a script in which `lampfield` is the program, on the file that it is about.
    fn run(&self, script: &str, config: &Path) -> Ran {
        let program = env!("CARGO_BIN_EXE_lampfield");
        let prologue = "lampfield() { \"$PROGRAM\" --config \"$CONFIG\" \"$@\"; }\n";
        let data = self.server.data();
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{prologue}{script}"));
        command.current_dir(self.folder.path()).env("PROGRAM", program).env("CONFIG", config);
        command.env("ADDRESS", self.server.address()).env("DATA", data);
        command.stdin(std::process::Stdio::null());
        Ran::of(command.output().expect("a shell"))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.fake.kill();
        let _ = self.fake.wait();
    }
}

#[test]
fn each_is_answered_with_its_cause_and_a_command() {
    let table: Table = toml::from_str(include_str!("mistakes.toml")).expect("a table");
    let scene = Scene::new();
    let mut wrong = BTreeMap::new();
    for mistake in &table.mistake {
        let (told, complaints) = made(mistake, &scene);
        println!("# {}\n{told}", mistake.what);
        if !complaints.is_empty() {
            wrong.insert(&mistake.what, format!("{complaints}\n{told}"));
        }
    }
    assert!(table.mistake.len() >= 40, "only {}", table.mistake.len());
    let wrong: String = wrong.iter().fold(String::new(), |mut all, (what, why)| {
        let _ = writeln!(all, "## {what}\n{why}");
        all
    });
    assert!(wrong.is_empty(), "{wrong}");
}

/// Makes one mistake; gives what was seen, and what is wrong with it.
fn made(mistake: &Mistake, scene: &Scene) -> (String, String) {
    let config = match &mistake.file {
        Some(text) => {
            let file = scene.folder.path().join("lampfield.toml");
            fs::write(&file, text).expect("a file");
            file
        }
        None => scene.server.config(),
    };
    let ready = scene.run(&mistake.before, &config);
    assert_eq!(ready.code, Some(0), "{}: {}{}", mistake.what, ready.out, ready.err);
    let ran = scene.run(&mistake.typed, &config);
    let here = format!("--config {} ", config.display());
    let told = format!("{}{}", ran.out, ran.err).replace(&here, "");
    let mut complaints = Vec::new();
    if ran.code != Some(mistake.exit) {
        complaints.push(format!("it ended with {:?}, not {}", ran.code, mistake.exit));
    }
    let missing = mistake.says.iter().chain([&mistake.then]).filter(|words| !told.contains(*words));
    complaints.extend(missing.map(|words| format!("it does not say {words:?}")));
    let then = scene.run(&mistake.then, &config);
    if then.code != Some(0) {
        complaints.push(format!("{} ended with {:?}: {}", mistake.then, then.code, then.err));
    }
    (format!("$ {}\n{told}", mistake.typed), complaints.join("\n"))
}
