//! `docs/contributing/acceptance.md` against the tests that it names and the warnings that there are: each is there.

use std::collections::BTreeSet;
use std::fs;

use super::how_to::is_test;
use super::links::Page;
use super::{files, page, root};

const PAGE: &str = "contributing/acceptance.md";

/// The codes of what `status` can warn of: most stand before the severity.
fn warnings(source: &str) -> BTreeSet<String> {
    // Of `Severity::Bad` and of `severity: ...` alike.
    let before = source.split("everity").map(|text| {
        let text = text.trim_end_matches(['S', 's']).trim_end().trim_end_matches(',');
        text.trim_end_matches(".to_owned()")
    });
    let quoted = before.filter_map(|text| text.strip_suffix('"')?.rsplit('"').next());
    // What the hub tells has its codes in a table of their own.
    let table = source.split("fn code(trouble: &Trouble)").nth(1).unwrap_or_default();
    let table = table.split("\n}").next().unwrap_or_default();
    let quoted = quoted.chain(table.split('"').skip(1).step_by(2));
    let is_code = |code: &&str| code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'-'));
    quoted.filter(is_code).map(str::to_owned).collect()
}

#[test]
fn every_test_that_the_page_names_exists() {
    let mut seen = 0;
    for link in Page::read(&page(PAGE)).links {
        let source = root().join("docs/contributing").join(&link.target);
        if source.extension().is_some_and(|is| is == "rs") {
            assert!(is_test(&source, &link.text), "{} has no test {}", link.target, link.text);
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} tests named");
}

#[test]
fn every_warning_of_status_has_its_test_on_the_page() {
    let folders = ["operations", "server", "xmpp"].map(|name| root().join("crates").join(name));
    let sources = folders.iter().flat_map(|folder| files(&folder.join("src"), "rs"));
    let texts = sources.map(|file| fs::read_to_string(file).expect("a source"));
    let codes: BTreeSet<_> = texts.flat_map(|text| warnings(&text)).collect();
    assert!(codes.len() >= 19, "only {codes:?} found");
    let page = page(PAGE);
    let rows: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .filter(|(_, test)| test.contains("]("))
        .map(|(code, _)| code.to_owned())
        .collect();
    assert_eq!(rows, codes, "the rows of {PAGE}, and the codes of the sources");
}
