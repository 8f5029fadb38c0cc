//! The manual against the program: samples that work, limits that are true, codes that are explained.

mod acceptance;
mod how_to;
mod links;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lampfield_board::Kind;

use crate::server::lampfield;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).expect("a page")
}

/// All files below a folder with this ending.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("one").path());
    let below = |path: PathBuf| match path.is_dir() {
        true => files(&path, ending),
        false => vec![path],
    };
    let found = entries.flat_map(below);
    found.filter(|path| path.extension().is_some_and(|is| is == ending)).collect()
}

#[test]
fn every_sample_of_a_configuration_would_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("lampfield.toml");
    let mut seen = 0;
    for manual in files(&root().join("docs"), "md") {
        let text = fs::read_to_string(&manual).expect("a page");
        for sample in text.split("```toml\n").skip(1) {
            let sample = sample.split("```").next().unwrap_or_default();
            // A sample of an account alone stands in a domain.
            let domain =
                if sample.starts_with("[[domain.") { "[[domain]]\nname = 'a'\n" } else { "" };
            fs::write(&file, format!("{domain}{sample}")).expect("a file");
            let ran = lampfield(&["check", "--json", &file.display().to_string()]);
            let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_default();
            let problems = document["problems"].as_array().cloned().unwrap_or_default();
            // The files that a sample names are not on this machine.
            let wrong = problems
                .iter()
                .filter(|one| one["severity"] == "error" && one["code"] != "secret-file");
            assert_eq!(wrong.count(), 0, "{}: {sample}{}", manual.display(), ran.err);
            let whole = sample.starts_with("# /") || sample.contains("data_dir");
            assert!(!whole || sample.contains("listen = [\"0.0.0.0:5222\"]"), "{sample}");
            seen += 1;
        }
    }
    assert!(seen >= 8, "only {seen} samples found");
    let unit = page("../packaging/systemd/lampfield.service");
    assert!(unit.contains(r#"printf '[xmpp]\nlisten = ["0.0.0.0:5222"]\n'"#), "{unit}");
}

/// The list of kinds is that of the program; whoever adds one finds the places here.
#[test]
fn the_manual_has_every_kind_and_no_other() {
    let words = Kind::ALL.map(|kind| format!("`{kind}`"));
    let filters = page("filters.md");
    let listed = format!("The kinds: {} |", words.join(", "));
    assert!(filters.contains(&listed), "docs/filters.md has not: {listed}");
    let reference = page("reference-json.md");
    let (_, table) = reference.split_once("| kind | value |").expect("the table of values");
    let rows = table.lines().skip(2).map_while(|row| row.strip_prefix("| ")?.split(' ').next());
    assert_eq!(rows.collect::<Vec<_>>(), words, "docs/reference-json.md");
}

/// A number as the manual writes it: `12000` is 12,000.
fn with_commas(digits: &str) -> String {
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A default as the manual writes it: `"256KiB"` is 256 KiB, `"30s"` is 30 s.
fn as_written(value: &toml::Value) -> String {
    let text = value.to_string().replace('"', "");
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (count, unit) = text.split_at(unit);
    format!("{} {unit}", with_commas(count)).trim().to_owned()
}

#[test]
fn every_limit_of_the_configuration_is_in_the_table_with_its_default() {
    let nowhere = tempfile::tempdir().expect("a folder");
    let file = nowhere.path().join("lampfield.toml");
    fs::write(&file, "").expect("a file");
    let shown = lampfield(&["check", "--effective", &file.display().to_string()]).out;
    let defaults: toml::Table = shown.parse().expect("a configuration");
    let manual = page("operations.md");
    for (path, table) in
        [("limits", &defaults["limits"]), ("xmpp.limits", &defaults["xmpp"]["limits"])]
    {
        for (key, value) in table.as_table().expect("a table") {
            let row = format!("| `{path}.{key}` | {} |", as_written(value));
            assert!(manual.contains(&row), "docs/operations.md has no row {row}");
        }
    }
}

/// The page is made of the definitions: what stands there is what is known of a key.
#[test]
fn every_key_of_the_configuration_has_its_help() {
    let page = lampfield(&["check", "--reference"]).out;
    let mut lines = page.lines().peekable();
    let mut keys = 0;
    while let Some(line) = lines.next() {
        let Some(key) = line.strip_prefix("- **`") else { continue };
        let help = lines.peek().and_then(|next| next.strip_prefix("  ")).unwrap_or_default();
        assert!(help.split_whitespace().count() >= 3, "no help for {key}");
        keys += 1;
    }
    assert!(keys > 40, "only {keys} keys");
}

/// Limits without a key: where each is defined, and how the manual says it.
const CONSTANTS: [(&str, &str, &str); 49] = [
    ("server/src/serve/host/joining.rs", "SILENT: usize = 100;", "connected and silent | 100 |"),
    ("xmpp/src/refused_logins.rs", "MOST: usize = 64;", "each cause and name | 64 |"),
    ("board/src/kind/custom.rs", "DEEPEST: usize = 32;", "in a `custom` value | 32 |"),
    ("server/src/control/listener.rs", "MOST_CLIENTS: usize = 32;", "| 32 |"),
    ("operations/src/watchers.rs", "BACKLOG: usize = 1_000;", "| 1,000 |"),
    (JOURNAL, "LIMIT: usize = 4_096;", "| losses and returns in memory | 4,096 |"),
    (
        "operations/src/operation/history.rs",
        "MOST_EVENTS: usize = 10_000;",
        "`lampfield history` | 10,000 |",
    ),
    (STORED, "MOST_WAITING: usize = 50_000;", "to the history | 50,000, usually one second |"),
    (
        STORED,
        "WRITE_EVERY: Duration = Duration::from_secs(1);",
        "to the history | 50,000, usually one second |",
    ),
    (
        "hub/src/shell/history/index.rs",
        "MOST_PAGES: usize = 100_000;",
        "| 100,000, of 32 KiB at most |",
    ),
    (
        "hub/src/shell/history/page.rs",
        "PAGE_BYTES: usize = 32 * 1024;",
        "| 100,000, of 32 KiB at most |",
    ),
    ("operations/src/audit.rs", "LIMIT: u64 = 10_000;", "(`lampfield audit`) | 10,000 |"),
    ("operations/src/operation/list.rs", "MOST: usize = 10_000;", "`lampfield list` | 10,000 |"),
    ("operations/src/filter.rs", "MOST_BYTES: usize = 1_000;", "| 1,000 bytes, 64 terms"),
    ("operations/src/filter.rs", "MOST_CONDITIONS: usize = 64;", "| 1,000 bytes, 64 terms"),
    ("server/src/serve/added.rs", "MOST: usize = 100;", "added at run time | 100 |"),
    ("hub/src/refusals.rs", "MOST: usize = 64;", "(`facts-refused`) | 64 |"),
    ("server/src/serve/host/machine.rs", "MISDIRECTED: usize = 8;", "(`no-such-service`) | 8 |"),
    ("server/src/serve/host/machine.rs", "UNHEARD: usize = 8;", "(`nothing-taken`) | 8 |"),
    ("xmpp/src/breakages.rs", "MOST: usize = 64;", "(`stream-broken`) | 64 |"),
    ("server/src/logging.rs", "WAITING: usize = 4_096;", "| 4,096 lines |"),
    (
        "accounts/src/pace.rs",
        "WINDOW: Duration = Duration::from_secs(60);",
        "| 3 | one more within 60 s",
    ),
    ("xmpp/src/contacts/contact.rs", "MOST_CONTACTS: usize = 1_000;", "| 1,000 contacts, "),
    (
        "xmpp/src/contacts/contact.rs",
        "MOST_STRANGERS: usize = 100;",
        "100 may be requests from strangers",
    ),
    ("xmpp/src/contacts/contact.rs", "MOST_BYTES: usize = 262_144;", "256 KiB of text |"),
    ("xmpp/src/services/relay.rs", "MOST_TO_PBX: usize = 16 * 1024;", "| 16 KiB |"),
    ("xmpp/src/session/asked.rs", "MOST: usize = 64;", "| 64 |"),
    ("xmpp/src/session/directed.rs", "MOST: usize = 100;", "| 100 |"),
    ("xmpp/src/services/telephony/listing.rs", "MOST: usize = 200;", "| 200 |"),
    ("hub/src/kit/results.rs", "MOST: usize = 200_000;", "| 200,000 |"),
    (
        "xmpp/src/wire/answer_memory.rs",
        "LARGEST_ANSWER: usize = 8 * 1024 * 1024;",
        "| 8 MiB, for all ",
    ),
    ("accounts/src/book.rs", "accounts: 100_000,", "| 100,000 |"),
    ("board/src/site.rs", "MOST: usize = 16;", "| labels of one account | 16 |"),
    ("board/src/mapping.rs", "MOST_RULES: usize = 1_000;", "| `[[map]]` rules | 1,000 |"),
    ("accounts/src/book.rs", "hashing: 2,", "| 2, and 1,024 wait |"),
    ("accounts/src/book.rs", "waiting: 1_024,", "| 2, and 1,024 wait |"),
    ("accounts/src/book.rs", "throttled: 65_536,", "| 65,536, of one address 1,024 |"),
    ("accounts/src/book.rs", "throttled_of_one: 1_024,", "| 65,536, of one address 1,024 |"),
    (QUEUE, "WRONG: usize = 16;", "or shared line, that are known to be wrong | 16 |"),
    (
        PRECEDENCE,
        "MOST: usize = 16;",
        "whose password went first and that wait longer for it | 16 |",
    ),
    (RECALL, "MOST: usize = 200_000;", "| 200,000, for 75 s |"),
    (RECALL, "RECALL: Duration = Duration::from_secs(75);", "| 200,000, for 75 s |"),
    (QUEUE, "EVERY: Duration = Duration::from_secs(12);", "one every 12 s, for up to 15 s;"),
    (
        "accounts/src/book/turn.rs",
        "PATIENCE: Duration = Duration::from_secs(15);",
        "one every 12 s, for up to 15 s;",
    ),
    (PUBSUB, "nodes: 10_000,", "| 10,000, of one account 1,000 |"),
    (PUBSUB, "nodes_per_creator: 1_000,", "| 10,000, of one account 1,000 |"),
    (PUBSUB, "items_per_node: 10_000,", "| 10,000 items |"),
    (PUBSUB, "payload_bytes: 128 * 1024,", "| 128 KiB |"),
    (PUBSUB, "stored_bytes: 256 * 1024 * 1024,", "| 256 MiB |"),
];

const JOURNAL: &str = "hub/src/shell/history/journal.rs";
const STORED: &str = "hub/src/shell/history.rs";
const QUEUE: &str = "accounts/src/throttle/queue.rs";
const PRECEDENCE: &str = "accounts/src/throttle/precedence.rs";
const RECALL: &str = "accounts/src/throttle/recall.rs";

const PUBSUB: &str = "xmpp/src/services/pubsub/engine/limits.rs";

#[test]
fn every_other_limit_is_in_the_table_as_it_is_in_the_code() {
    let manual = page("operations.md");
    for (file, defined, said) in CONSTANTS {
        let source = fs::read_to_string(root().join("crates").join(file)).expect(file);
        assert!(source.contains(defined), "{file} says something else than {defined}");
        assert!(manual.contains(said), "docs/operations.md does not say {said} ({file})");
    }
}

/// What stands between each pair of these marks.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    let rest = text.split(before).skip(1);
    rest.filter_map(|rest| Some(rest.split_once(after)?.0)).collect()
}

/// The codes behind `Exit::Usage, "` and its like.
fn failed(source: &str) -> Vec<&str> {
    let rest = source.split("Exit::").skip(1);
    let code = rest.filter_map(|rest| {
        let (exit, rest) = rest.split_once(',')?;
        let quoted = rest.trim_start().strip_prefix('"')?;
        let is_word = exit.bytes().all(|byte| byte.is_ascii_alphabetic());
        Some(quoted.split_once('"')?.0).filter(|_| is_word)
    });
    code.collect()
}

/// Every code that the program can show, from its sources.
fn codes() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for file in files(&root().join("crates"), "rs") {
        if !file.components().any(|part| part.as_os_str() == "src") {
            continue;
        }
        let source = fs::read_to_string(&file).expect("a source");
        let marks = ["code = \"", "code: \"", "reader.error(\"", "reader.warning(\""];
        let marked = marks.iter().flat_map(|mark| between(&source, mark, "\""));
        // The shape of a code keeps prose and tests out.
        let is_code = |code: &&str| code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'-'));
        codes.extend(marked.chain(failed(&source)).filter(is_code).map(str::to_owned));
    }
    codes
}

#[test]
fn every_code_is_explained_by_help() {
    let codes = codes();
    assert!(codes.len() > 80, "only {} codes found", codes.len());
    let unexplained = codes.iter().filter(|code| lampfield(&["help", code]).code != Some(0));
    let unexplained: Vec<_> = unexplained.collect();
    assert!(unexplained.is_empty(), "not in a table of docs/messages.md: {unexplained:?}");
}
