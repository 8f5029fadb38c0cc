//! Reads one TOML table key by key and gathers every problem instead of stopping at the first. It
//! must never swallow a key nobody asked for: what is left over at the end is an error.
//!
//! Our own on the tree of the `toml` crate: serde stops at the first mistake and drops the places,
//! and its derive could not make the reference page, the hints and `check --effective` from the
//! same definition.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Weight};
use super::reference::{Part, ReferencePage, Times};
use lampfield_operations::nearest::nearest;

/// A value as it stands in the file.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// The value with its place.
    pub value: &'a Spanned<DeValue<'a>>,
    /// The folder of the file: relative paths start here.
    pub folder: &'a Path,
}

/// Why a value was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong, with the value as typed.
    pub message: String,
    /// What to try instead, if anything is known.
    pub hint: Option<String>,
    /// The part of a list it is about; the whole value if `None`.
    pub span: Option<Range<usize>>,
}

/// One table of the file, being read.
pub struct Reader<'a> {
    table: &'a DeTable<'a>,
    header: Range<usize>,
    path: String,
    times: Times,
    asked: Vec<&'static str>,
    folder: &'a Path,
    /// The whole text of the file.
    text: &'a str,
    /// All keys of the file, to be asked for only when one is in the wrong table.
    all_keys: fn() -> ReferencePage,
    problems: &'a mut Vec<Problem>,
}

// === impl Refused ===

impl Refused {
    /// A refusal of the whole value.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, span: None }
    }

    /// With what to try instead.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// A value of another type than the key has; `wanted` with its article.
    pub fn not(wanted: &str, found: &DeValue<'_>) -> Self {
        let found = found.type_str();
        let article = if found.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        Self::new(format!("{article} {found}, but {wanted} is needed"))
    }
}

// === impl Reader ===

impl<'a> Reader<'a> {
    /// Starts on the top table of a file.
    pub fn top(
        table: &'a DeTable<'a>,
        (folder, text): (&'a Path, &'a str),
        all_keys: fn() -> ReferencePage,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        let asked = Vec::new();
        let (path, times) = (String::new(), Times::Once);
        Self { table, header: 0..0, path, times, asked, folder, text, all_keys, problems }
    }

    /// The value of `name`, if the file has one.
    pub fn given(&mut self, name: &'static str) -> Option<Given<'a>> {
        self.asked.push(name);
        let value = self.table.get(name)?;
        Some(Given { value, folder: self.folder })
    }

    /// Reads the table `name`, an empty one if the file has none.
    pub fn table<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Reader<'_>) -> Option<T>,
    ) -> Option<T> {
        let Some(given) = self.given(name) else {
            let empty = DeTable::new();
            return self.inner((name, Times::Once), self.header.clone(), &empty, read);
        };
        match given.value.get_ref() {
            DeValue::Table(table) => {
                self.inner((name, Times::Once), given.value.span(), table, read)
            }
            found => {
                self.error("wrong-value", given.value.span(), Refused::not("a table", found));
                None
            }
        }
    }

    /// Reads every table of the list `[[name]]`.
    pub fn tables<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&mut Reader<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Some(given) = self.given(name) else { return Some(Vec::new()) };
        let DeValue::Array(list) = given.value.get_ref() else {
            let refused = Refused::not("a list of tables", given.value.get_ref())
                .hint(format!("write [[{}]]", self.path_of(name)));
            self.error("wrong-value", given.value.span(), refused);
            return None;
        };
        // Every table is read before the first failure counts, so that all problems are shown.
        let read: Vec<Option<T>> = list
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::Table(table) => {
                    self.inner((name, Times::Many), item.span(), table, &mut read)
                }
                found => {
                    self.error("wrong-value", item.span(), Refused::not("a table", found));
                    None
                }
            })
            .collect();
        read.into_iter().collect()
    }

    fn inner<T>(
        &mut self,
        (name, times): (&str, Times),
        header: Range<usize>,
        table: &DeTable<'_>,
        read: impl FnOnce(&mut Reader<'_>) -> T,
    ) -> T {
        let path = self.path_of(name);
        let (asked, folder, text, all_keys) = (Vec::new(), self.folder, self.text, self.all_keys);
        let problems = &mut *self.problems;
        read(&mut Reader { table, header, path, times, asked, folder, text, all_keys, problems })
    }

    /// A table inside this one, as a header names it.
    fn path_of(&self, name: &str) -> String {
        match self.path.as_str() {
            "" => name.to_owned(),
            outer => format!("{outer}.{name}"),
        }
    }

    /// Where `key` stands in this table; the table's head if it does not.
    pub fn place_of(&self, key: &str) -> Range<usize> {
        self.table.get_key_value(key).map_or(self.header.clone(), |(key, _)| key.span())
    }

    /// Where the value of `key` stands in table number `index` of the list `name`.
    pub fn place_in(&self, name: &str, index: usize, key: &str) -> Range<usize> {
        self.place_at(&format!("{name}.{index}.{key}"))
    }

    /// Where the value at a path of keys and numbers of a list stands, from this table on: `domain.0.account.1.allow.0`;
    /// the table's head if there is none.
    pub fn place_at(&self, path: &str) -> Range<usize> {
        let mut steps = path.split('.');
        let first = steps.next().and_then(|key| self.table.get(key));
        let value = steps.try_fold(first, |value, step| {
            let value = value?.get_ref();
            let number = step.parse::<usize>().ok();
            let item = number.and_then(|number| value.as_array()?.get(number));
            Some(item.or_else(|| value.as_table()?.get(step)))
        });
        value.flatten().map_or(self.header.clone(), Spanned::span)
    }

    /// The line of a place, from 1.
    pub fn line_of(&self, place: &Range<usize>) -> usize {
        self.text.get(..place.start).unwrap_or_default().matches('\n').count() + 1
    }

    /// Notes an error at `span`.
    pub fn error(&mut self, code: &'static str, span: Range<usize>, refused: Refused) {
        self.note(Weight::Error, code, span, refused);
    }

    /// Notes something that does not stop the start.
    pub fn warning(&mut self, code: &'static str, span: Range<usize>, refused: Refused) {
        self.note(Weight::Warning, code, span, refused);
    }

    /// Notes that a key without a default is not there.
    pub fn missing(&mut self, name: &'static str, kind: &str) {
        let message = format!("{} has no \"{name}\"", title(&self.path, self.times));
        let refused = Refused::new(message).hint(format!("add {name} = ({kind})"));
        self.error("missing-key", self.header.clone(), refused);
    }

    /// Reports every key that nobody asked for.
    pub fn finish(&mut self) {
        let table = self.table;
        let unknown = table.keys().filter(|key| !self.asked.contains(&key.get_ref().as_ref()));
        for key in unknown.collect::<Vec<_>>() {
            let name = key.get_ref().as_ref();
            let near = nearest(name, self.asked.iter().copied(), 1);
            let has_it = |key: &&&'static str| key.split('_').any(|part| part == name);
            let near = near.first().copied().or_else(|| self.asked.iter().find(has_it).copied());
            let all = (self.all_keys)();
            let usual = || match (near, home_of(name, &all), deeper(name, &all)) {
                (Some(near), ..) => Some(format!("did you mean \"{near}\"?")),
                (None, Some(home), _) => Some(format!("it is a key of {home}")),
                (None, None, Some(table)) => Some(format!("did you mean {table}?")),
                (None, None, None) => None,
            };
            let hint = self.of_xmpp_conf(name).map(str::to_owned).or_else(usual);
            let message = format!("\"{name}\" is not a key of {}", title(&self.path, self.times));
            self.error("unknown-key", key.span(), Refused { message, hint, span: None });
        }
    }

    /// What is written here for a key of Asterisk's `xmpp.conf`.
    fn of_xmpp_conf(&self, key: &str) -> Option<&'static str> {
        let (here, hint) = match key {
            "secret" => ("password", "that is its name in xmpp.conf: write password"),
            "username" => ("name", "that is its name in xmpp.conf: write name, without the domain"),
            "port" | "serverhost" | "bindaddr" => {
                ("listen", "the address and the port stand in listen = [\"0.0.0.0:5222\"]")
            }
            "usetls" => ("tls", "that is its name in xmpp.conf: write tls = \"required\""),
            "usesasl" => ("legacy_auth", "for usesasl=no in xmpp.conf write legacy_auth = true"),
            _ => return None,
        };
        self.asked.contains(&here).then_some(hint)
    }

    fn note(&mut self, weight: Weight, code: &'static str, at: Range<usize>, refused: Refused) {
        let Refused { message, hint, span } = refused;
        self.problems.push(Problem { code, message, span: span.unwrap_or(at), hint, weight });
    }
}

/// A table as an operator names it.
fn title(path: &str, times: Times) -> String {
    match (path, times) {
        ("", _) => "the file".to_owned(),
        (path, Times::Once) => format!("[{path}]"),
        (path, Times::Many) => format!("[[{path}]]"),
    }
}

/// The table that has a key of this name, as an operator names it.
fn home_of(name: &str, all: &ReferencePage) -> Option<String> {
    let has = |part: &&Part| part.entries.iter().any(|entry| entry.name == name);
    all.sections.iter().find(has).map(|part| title(&part.path, part.times))
}

/// The table of this name that belongs into another one.
fn deeper(name: &str, all: &ReferencePage) -> Option<String> {
    let ends = format!(".{name}");
    let found = all.sections.iter().find(|part| part.path.ends_with(&ends));
    found.map(|part| title(&part.path, part.times))
}
