//! `docs/contributing/a-new-kind.md` is followed to the letter: its blocks are put into a copy of this crate, all tests of
//! it are run there, and they find the bug that the page tells to plant. Then the new kind goes the whole way, beside copies of
//! the crates above this one: a program says it at a door, it is stored, survives a restart and can be asked about.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper that fails ends the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One block of the page: what to do with which file.
enum Block {
    /// A file by its path, with its whole text.
    File(PathBuf, String),
    /// Lines with a space in front are there, and those with a plus come between them.
    Added(PathBuf, Vec<String>),
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some((kind, path)) = line.strip_prefix("```").and_then(|head| head.split_once(' '))
        else {
            continue;
        };
        let body: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(match kind {
            "rust" => Block::File(path.into(), body.join("\n") + "\n"),
            "diff" => Block::Added(path.into(), body.iter().map(ToString::to_string).collect()),
            other => panic!("what to do with a block of {other}?"),
        });
    }
    blocks
}

// === impl Block ===

impl Block {
    fn apply(&self, to: &Path) {
        match self {
            Self::File(path, text) => fs::write(to.join(path), text).unwrap(),
            Self::Added(path, lines) => {
                let (before, after): (Vec<_>, Vec<_>) =
                    (Self::of(lines, " ").collect(), Self::of(lines, " +").collect());
                let file = to.join(path);
                let (text, before) = (fs::read_to_string(&file).unwrap(), before.concat());
                let places = text.matches(&before).count();
                assert_eq!(places, 1, "{} has {places} places for\n{before}", path.display());
                fs::write(file, text.replace(&before, &after.concat())).unwrap();
            }
        }
    }

    /// The lines with one of these signs in front, without it.
    fn of<'a>(lines: &'a [String], signs: &'a str) -> impl Iterator<Item = String> + 'a {
        let with_sign = move |line: &&String| line.chars().next().is_none_or(|c| signs.contains(c));
        lines.iter().filter(with_sign).map(|line| line.chars().skip(1).chain(['\n']).collect())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// This crate, and those between a door and an answer.
const MEMBERS: [&str; 6] = ["board", "fabric", "hub", "xmpp-stream", "accounts", "operations"];

/// These crates in a workspace of their own, with the settings of this one.
fn workspace(to: &Path) {
    let settings = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (before, rest) = settings.split_once("[workspace]").unwrap();
    let (_, after) = rest.split_once("\n[").unwrap();
    let members = MEMBERS.map(|name| format!("crates/{name}"));
    let members = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n");
    let settings = format!("{before}{members}\n[{after}");
    fs::write(to.join("Cargo.toml"), settings).unwrap();
    for file in ["Cargo.lock", "rustfmt.toml"] {
        fs::copy(root().join(file), to.join(file)).unwrap();
    }
    // The tests of the operations read the worked door, and what the other door declares.
    for name in MEMBERS.iter().chain(&["xmpp"]) {
        copy(&root().join("crates").join(name), &to.join("crates").join(name));
    }
    // The copy must not make copies.
    fs::remove_file(to.join("crates/board/tests/a_new_kind.rs")).unwrap();
}

/// Runs some tests in the copy; what they say if they fail.
fn try_tests(copy: &Path, which: &[&str]) -> Result<(), String> {
    cargo(copy, &[&["test", "--offline"], which].concat())
}

/// Runs cargo in the copy; what it says if it fails.
fn cargo(copy: &Path, arguments: &[&str]) -> Result<(), String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a-new-kind");
    let ran = Command::new(cargo)
        .args(arguments)
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap();
    let said = [ran.stdout, ran.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    if ran.status.success() { Ok(()) } else { Err(said.concat()) }
}

/// All tests of this crate.
const OF_BOARD: [&str; 2] = ["--package", "lampfield-board"];

/// Each kind of the list on its way from a door to the store and to whoever asks.
const OF_THE_WAY: [&str; 5] =
    ["--package", "lampfield-operations", "--test", "desk", "a_door_publishes_every_kind"];

#[test]
fn the_page_is_right_from_the_first_line_to_the_last() {
    let page = fs::read_to_string(root().join("docs/contributing/a-new-kind.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    workspace(folder.path());
    blocks(&page).iter().for_each(|block| block.apply(folder.path()));
    let form = ["fmt", "--package", "lampfield-board", "--", "--check"];
    cargo(folder.path(), &form).unwrap_or_else(|wrong| panic!("{wrong}"));
    for tests in [&OF_BOARD[..], &OF_THE_WAY] {
        if let Err(said) = try_tests(folder.path(), tests) {
            panic!("{said}");
        }
    }

    let kind = folder.path().join("crates/board/src/kind/parking.rs");
    let right = fs::read_to_string(&kind).unwrap();
    let plant = |bug: String| fs::write(&kind, bug).unwrap();
    plant(right.replacen("min_by_key", "max_by_key", 1));
    let found = try_tests(folder.path(), &OF_BOARD).expect_err("the planted bug was not found");
    assert!(found.contains("the_board_shows_what_the_plainest_model_does"), "{found}");
    // What a restart would lose.
    plant(right.replacen("pub caller: String", "#[serde(skip)]\n    pub caller: String", 1));
    let found = try_tests(folder.path(), &OF_THE_WAY).expect_err("the new kind is not on the way");
    assert!(found.contains("parking"), "{found}");
}
