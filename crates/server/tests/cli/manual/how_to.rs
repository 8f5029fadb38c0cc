//! `docs/from-the-how-to.md` against the tests that it names: each is there, and each row has its place.

use std::fs;
use std::path::Path;

use super::links::Page;
use super::{page, root};

const ROWS: [(char, usize); 2] = [('A', 30), ('W', 29)];

/// Whether this is the name of a test in that source: a function behind the attribute of a test, a
/// name in the list of a macro that makes tests, or the name of a wire script.
pub fn is_test(source: &Path, name: &str) -> bool {
    if source.extension().is_some_and(|is| is == "xmpp") {
        return source.exists() && source.file_stem().is_some_and(|stem| stem == name);
    }
    let text = fs::read_to_string(source).unwrap_or_default();
    let function = format!("fn {name}(");
    let Some((before, _)) = text.split_once(&function) else { return false };
    let attributes = before.rsplit(['}', ';']).next().unwrap_or_default();
    let lists = text.split("of_every_kind!(").skip(1);
    let mut listed =
        lists.filter_map(|list| list.split_once(')')).flat_map(|list| list.0.split(','));
    attributes.contains("#[test]")
        || attributes.contains("#[tokio::test")
        || listed.any(|listed| listed.trim() == name)
}

#[test]
fn every_test_that_the_page_names_exists() {
    let text = page("from-the-how-to.md");
    let mut seen = 0;
    for link in Page::read(&text).links {
        let source = root().join("docs").join(&link.target);
        if source.extension().is_some_and(|is| is == "rs" || is == "xmpp") {
            assert!(is_test(&source, &link.text), "{} has no test {}", link.target, link.text);
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} tests named");
}

#[test]
fn every_row_is_there_and_is_tested_or_said_to_be_missing() {
    let text = page("from-the-how-to.md");
    let expected = ROWS
        .into_iter()
        .flat_map(|(letter, last)| (1..=last).map(move |number| format!("{letter}{number}")));
    let rows = text.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let rows: Vec<_> = rows.filter(|(number, _)| number.starts_with(['A', 'W'])).collect();
    let numbers: Vec<_> = rows.iter().map(|(number, _)| (*number).to_owned()).collect();
    assert_eq!(numbers, expected.collect::<Vec<_>>());
    for (number, row) in rows {
        let tested = row.contains("](../tests/") || row.contains("](../crates/");
        let missing = row.contains("not yet");
        assert!(tested != missing, "{number} needs a test, or else \"not yet\"");
    }
}
