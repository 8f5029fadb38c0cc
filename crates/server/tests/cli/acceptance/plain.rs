//! Check 3, on a terminal: with `NO_COLOR=1` or `TERM=dumb` no verb writes an escape. In a pipe none does either, which
//! `examples.rs` sees of every example.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::examples::{BEFORE, LEFT_OUT, Scene, all, runs_on, wrong_of};
use crate::terminal::Terminal;

const ESCAPE: char = '\x1b';

/// A password is asked for on a terminal only, and here nobody types one.
const TYPED: &str = "lampfield user passwd anna";

/// A program that is stopped as Ctrl-C does it, in the place of one that runs until then.
fn stopped_soon(scene: &Scene) -> PathBuf {
    let file = scene.server.data().with_file_name("stopped-soon");
    let program = env!("CARGO_BIN_EXE_lampfield");
    fs::write(&file, format!("#!/bin/sh\nexec timeout -s INT 0.6 {program} \"$@\"\n"))
        .expect("one");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).expect("it is ours");
    file
}

/// All that a script writes to a terminal.
fn written(scene: &Scene, script: &str, set: (&str, &str)) -> String {
    let mut command = scene.shell(script);
    command.env("TERM", "xterm").env_remove("NO_COLOR").env(set.0, set.1);
    if runs_on(script) {
        command.env("PROGRAM", stopped_soon(scene));
    }
    let mut terminal = Terminal::start(command);
    // Whoever asks for a yes gets it.
    terminal.press("yes\n");
    terminal.end().1
}

/// Groups of verbs that share a server, as starting one takes longer than a verb.
const GROUPS: usize = 4;

#[test]
fn without_colours_no_verb_writes_an_escape_to_a_terminal() {
    let all = all();
    let wrong = wrong_of(0..GROUPS, |group| {
        let scene = Scene::new();
        let verbs = all.iter().skip(group).step_by(GROUPS);
        verbs.flat_map(|(verb, examples)| escapes(&scene, verb, examples)).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let colourful = written(&Scene::new(), "lampfield why PJSIP/100", ("LC_ALL", "C.UTF-8"));
    assert!(colourful.contains(ESCAPE), "there are colours otherwise: {colourful}");
}

/// Where the first example of a verb writes escapes, or its help where none can be run here.
fn escapes(scene: &Scene, verb: &str, examples: &[String]) -> Vec<String> {
    let left_out = LEFT_OUT.iter().any(|path| verb.starts_with(path));
    let help = format!("{verb} --help");
    let script = examples.iter().find(|one| *one != TYPED && !left_out).unwrap_or(&help);
    let before = BEFORE.iter().find(|(beginning, _)| script.starts_with(beginning));
    // A crash takes its time, and what is said without one will do.
    let before = before.filter(|(_, first)| !first.contains("--crash"));
    // The dashboard is made of escapes: where they mean nothing it refuses.
    let sets = [("NO_COLOR", "1"), ("TERM", "dumb")];
    let sets = sets.into_iter().filter(|(name, _)| script != "lampfield top" || *name == "TERM");
    let found = sets.filter_map(|set| {
        before.map(|(_, first)| scene.run(first));
        let text = written(scene, &scene.filled(script), set);
        text.contains(ESCAPE).then(|| format!("{script} with {set:?}: {text:?}"))
    });
    found.collect()
}
