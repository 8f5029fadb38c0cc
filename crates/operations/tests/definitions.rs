//! What every definition must say, and what is made of what is said to it.

#![allow(clippy::expect_used, clippy::panic, reason = "the helpers of tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lampfield_operations::operation::{History, UserAdd, Why};
use lampfield_operations::{
    Answer, Arguments, Effect, Form, Hidden, OPERATIONS, Operation, Scope, defined, notable,
};
use serde_json::json;

fn said(value: serde_json::Value) -> Arguments {
    value.as_object().cloned().expect("an object")
}

#[test]
fn every_operation_and_every_argument_has_its_help() {
    let mut names = BTreeSet::new();
    for operation in OPERATIONS {
        assert!(names.insert(operation.name), "{} is there twice", operation.name);
        let ends = operation.about.ends_with(['.', '?']);
        assert!(ends && operation.about.len() > 8, "{}: {:?}", operation.name, operation.about);
        assert!(!operation.about.starts_with(' '), "{}", operation.name);
        for argument in operation.arguments {
            assert!(argument.about.len() > 8, "{} {}", operation.name, argument.name);
            assert!(!argument.about.starts_with(' '), "{} {}", operation.name, argument.name);
            let is_word = argument.name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'));
            assert!(is_word, "{} {}", operation.name, argument.name);
        }
        let (Answer::Document(schema) | Answer::Lines(schema)) = operation.answer;
        assert!(schema.ends_with("/1"), "{schema}");
    }
}

/// All kinds have the same verbs, and a name is that of a lamp of any kind: each verb for lamps can be told which.
#[test]
fn whatever_names_lamps_takes_their_kind() {
    let names_lamps = |name: &str| ["subject", "filter", "pattern"].contains(&name);
    let mut verbs = 0;
    for operation in OPERATIONS {
        if operation.arguments.iter().any(|argument| names_lamps(argument.name)) {
            let kind = operation.argument("kind").map(|argument| argument.form);
            assert_eq!(kind, Some(Form::Kind), "{}", operation.name);
            verbs += 1;
        }
    }
    assert!(verbs >= 6, "only {verbs} verbs for lamps");
}

#[test]
fn whoever_may_only_read_changes_nothing() {
    for operation in OPERATIONS {
        let reads = operation.scope.as_str().ends_with(":read");
        assert_eq!(reads, operation.effect == Effect::Reads, "{}", operation.name);
    }
    let used: BTreeSet<_> = OPERATIONS.iter().map(|operation| operation.scope).collect();
    let unused = Scope::ALL.iter().filter(|scope| !used.contains(scope));
    assert_eq!(unused.count(), 0, "a scope that allows nothing");
}

/// What an argument can be: texts, numbers, moments. None of them is a file, or a program to run.
fn names_a_file_or_a_program(form: Form) -> bool {
    match form {
        Form::Text | Form::Texts | Form::Secret | Form::Switch | Form::Number => false,
        Form::Moment | Form::Since | Form::Span | Form::Kind | Form::Json => false,
    }
}

/// All sources below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|one| one.expect("one").path());
    let below = |path: PathBuf| if path.is_dir() { sources(&path) } else { vec![path] };
    entries.flat_map(below).collect()
}

/// Who asks from outside has no rights on the machine: what an operation does is done with those of the server.
#[test]
fn nothing_in_here_opens_a_file_or_runs_a_program() {
    let all = sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    assert!(all.len() > 40, "only {} sources", all.len());
    let ways =
        ["std::fs", "tokio::fs", "File::", "OpenOptions", "Command::new", "process::Command"];
    for source in all {
        let text = std::fs::read_to_string(&source).expect("a source");
        let way = ways.iter().find(|way| text.contains(**way));
        assert_eq!(way, None, "{}", source.display());
    }
}

/// Everything that is told lies in the arguments: a file or a program that the caller names would be read or run with the
/// rights of the server.
#[test]
fn no_operation_takes_a_file_or_a_program() {
    for argument in OPERATIONS.iter().flat_map(|operation| operation.arguments) {
        let words = ["file", "path", "folder", "command", "program", "url"];
        let suspect = words.iter().any(|word| argument.name.split('_').any(|part| part == *word));
        assert!(!suspect && !names_a_file_or_a_program(argument.form), "{}", argument.name);
    }
}

#[test]
fn what_is_said_is_read_as_it_was_written() {
    let add = UserAdd {
        name: "anna".to_owned(),
        role: "user".to_owned(),
        allow: vec!["PJSIP/1*".to_owned()],
        hear: vec!["Custom:*".to_owned()],
        site: Some("berlin".to_owned()),
        label: vec!["floor-2".to_owned(), "sales".to_owned()],
        legacy_auth: true,
        password: Some(Hidden("hunter2".to_owned())),
    };
    assert_eq!(UserAdd::read(add.write()), Ok(add));
    let least = UserAdd::read(said(json!({"name": "pbx-1"}))).expect("the rest has defaults");
    assert_eq!((least.role.as_str(), least.password), ("pbx", None));
    let history = History::read(said(json!({"subject": "PJSIP/1"}))).expect("defaults");
    assert_eq!(history.limit, 50);
    let why = said(json!({"subject": "x", "at": "2026-11-21T14:03:00.000Z", "kind": "custom"}));
    assert_eq!(Why::read(why.clone()).expect("a question").write(), why);
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    let refused = |value| {
        let failure = UserAdd::read(said(value)).expect_err("wrong");
        (failure.code.clone(), failure.to_string())
    };
    let (code, text) = refused(json!({"name": "x", "rolle": "pbx"}));
    assert_eq!(code, "unknown-argument");
    assert!(text.contains("nearest  role"), "{text}");
    assert_eq!(refused(json!({})).0, "missing-argument");
    let (code, text) = refused(json!({"name": "x", "allow": "PJSIP/1"}));
    assert_eq!(code, "wrong-argument");
    assert!(text.contains("allow: a list of texts is needed"), "{text}");
    let unknown = defined("user ad").expect_err("none").to_string();
    assert!(unknown.contains("user add"), "{unknown}");
}

#[test]
fn nothing_secret_and_nothing_long_is_noted() {
    let definition = UserAdd::DEFINITION;
    assert_eq!(definition.argument("password").map(|one| one.form), Some(Form::Secret));
    let patterns = vec!["PJSIP/1*"; 1_000];
    let all = said(json!({"name": "x", "password": "hunter2", "what": 1, "allow": patterns}));
    let noted = serde_json::Value::from(notable(definition, &all)).to_string();
    assert!(noted.contains("***") && !noted.contains("hunter2"), "{noted}");
    assert!(noted.len() < 400 && !noted.contains("what"), "{noted}");
}

#[test]
fn the_manual_tells_what_each_scope_allows() {
    let manual = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/security.md");
    let manual = std::fs::read_to_string(manual).expect("the page").to_lowercase();
    for scope in Scope::ALL {
        let about = scope.about().trim_end_matches('.').to_lowercase();
        let row = format!("| `{scope}` | {about} |\n");
        assert!(manual.contains(&row), "docs/security.md has no row {row}");
    }
}
