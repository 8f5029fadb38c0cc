//! Every relative link of the repository's pages leads somewhere: the file is there, and the heading.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{files, root};

/// What one page offers to links, and where its own links lead.
#[derive(Default)]
pub struct Page {
    anchors: BTreeSet<String>,
    pub links: Vec<Link>,
}

/// A link or picture: its text, and its target as it is written.
#[derive(Default)]
pub struct Link {
    pub text: String,
    pub target: String,
}

impl Page {
    pub fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut open: Vec<Link> = Vec::new();
        let mut heading = None;
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    open.push(Link { text: String::new(), target: dest_url.into_string() });
                }
                Event::End(TagEnd::Link | TagEnd::Image) => page.links.extend(open.pop()),
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => page.anchor(&heading.take().unwrap_or_default()),
                Event::Text(part) | Event::Code(part) => {
                    for text in open.iter_mut().map(|link| &mut link.text).chain(&mut heading) {
                        text.push_str(&part);
                    }
                }
                _ => {}
            }
        }
        page
    }

    /// The anchor that forges make of a heading; a second heading of the same words gets a number.
    fn anchor(&mut self, heading: &str) {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let lower = heading.to_lowercase();
        let slug: String =
            lower.chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect();
        let numbered = |number| match number {
            0 => slug.clone(),
            _ => format!("{slug}-{number}"),
        };
        let free = (0..).map(numbered).find(|anchor| !self.anchors.contains(anchor));
        self.anchors.extend(free);
    }
}

/// All pages of the repository, by their path from its root.
fn pages() -> BTreeMap<PathBuf, Page> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root()).expect("the repository") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // What is built and what is hidden is not the repository's.
        let below = match path.is_dir() {
            true if name.starts_with('.') || name == "target" => Vec::new(),
            true => files(&path, "md"),
            false => vec![path]
                .into_iter()
                .filter(|one| one.extension() == Some("md".as_ref()))
                .collect(),
        };
        for file in below {
            let text = fs::read_to_string(&file).expect("a page");
            let name = file.strip_prefix(root()).expect("below the root").to_owned();
            found.insert(name, Page::read(&text));
        }
    }
    found
}

/// The path that a target means, seen from the folder of its page.
fn resolved(page: &Path, target: &str) -> PathBuf {
    let mut path = page.parent().unwrap_or(Path::new("")).to_owned();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

/// Why this link leads nowhere, if it does.
fn broken(pages: &BTreeMap<PathBuf, Page>, page: &Path, target: &str) -> Option<String> {
    let elsewhere = ["https://", "http://", "mailto:"];
    if elsewhere.iter().any(|scheme| target.starts_with(scheme)) {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { page.to_owned() } else { resolved(page, file) };
    if !root().join(&path).exists() {
        return Some(format!("{}: no file {} ({target})", page.display(), path.display()));
    }
    let known = |page: &Page| anchor.is_empty() || page.anchors.contains(anchor);
    match pages.get(&path).map_or(anchor.is_empty(), known) {
        true => None,
        false => Some(format!("{}: no heading for {target}", page.display())),
    }
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let pages = pages();
    let links =
        || pages.iter().flat_map(|(at, page)| page.links.iter().map(move |link| (at, link)));
    assert!(links().count() > 100, "only {} links found", links().count());
    let wrong: Vec<_> = links().filter_map(|(at, link)| broken(&pages, at, &link.target)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_of_the_manual_is_in_its_list() {
    let pages = pages();
    let list = pages.get(Path::new("docs/README.md")).expect("the list");
    let listed: BTreeSet<_> =
        list.links.iter().map(|link| resolved(Path::new("docs/README.md"), &link.target)).collect();
    let manual = pages.keys().filter(|page| page.parent() == Some(Path::new("docs")));
    let missing: Vec<_> = manual
        .filter(|page| page.file_name() != Some("README.md".as_ref()) && !listed.contains(*page))
        .collect();
    assert!(missing.is_empty(), "docs/README.md does not list {missing:?}");
}

#[test]
fn headings_become_the_anchors_that_forges_make() {
    let text = "# `why SUBJECT --json`: `why/1`\n## Two words\n## Two words\n## See [it](a.md)\n";
    let page = Page::read(text);
    let anchors = ["why-subject---json-why1", "two-words", "two-words-1", "see-it"];
    assert_eq!(page.anchors, anchors.map(str::to_owned).into());
}
