//! The reference page of all configuration keys, made from their definitions and from nothing else.

use std::fmt::{self, Display, Formatter};

/// How often a table may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// At most once, as `[name]`.
    Once,
    /// Any number of times, as `[[name]]`.
    Many,
}

/// When a changed value takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applies {
    /// At the next start.
    AtStart,
    /// On SIGHUP, for everything at once.
    OnReload,
    /// On SIGHUP, for these things when they begin after it; what is there goes on as it began.
    OnReloadFor(&'static str),
}

/// One key, as the reference page tells of it.
#[derive(Debug)]
pub struct KeyEntry {
    /// Its name inside its table.
    pub name: &'static str,
    /// What its value is, in words: a size, a list of addresses.
    pub kind: String,
    /// As TOML; `None` when it is not set by default.
    pub default: Option<String>,
    /// Smallest and largest allowed value.
    pub range: Option<(String, String)>,
    /// Whether the table makes no sense without it.
    pub required: bool,
    /// When a change takes effect.
    pub applies: Applies,
    /// What it does, with its limits: the documentation of its field.
    pub help: &'static str,
}

/// One table and its keys.
#[derive(Debug)]
pub struct Part {
    /// Its dotted name; empty for the top of the file.
    pub path: String,
    /// How often it may be there.
    pub times: Times,
    /// What the table is for: the documentation of its struct.
    pub help: &'static str,
    /// Whether it takes effect on SIGHUP as a whole, with all its keys.
    pub reloads: bool,
    /// Its keys in the order of their definition.
    pub entries: Vec<KeyEntry>,
}

/// The reference of all keys, before it is written as Markdown.
#[derive(Debug)]
pub struct ReferencePage {
    /// The tables in the order of their definition.
    pub sections: Vec<Part>,
    at: usize,
}

// === impl ReferencePage ===

impl ReferencePage {
    /// What `describe` says of a table, whose help is given, and of all tables inside it.
    pub fn of(help: &'static str, describe: fn(&mut Self)) -> Self {
        let (path, times, entries) = (String::new(), Times::Once, Vec::new());
        let top = Part { path, times, help, reloads: false, entries };
        let mut page = Self { sections: vec![top], at: 0 };
        describe(&mut page);
        page
    }

    /// Adds a key to the table being described.
    pub fn entry(&mut self, entry: KeyEntry) {
        if let Some(section) = self.sections.get_mut(self.at) {
            let applies = match entry.applies {
                Applies::AtStart if section.reloads => Applies::OnReload,
                applies => applies,
            };
            section.entries.push(KeyEntry { applies, ..entry });
        }
    }

    /// Adds a table under this name, with what `describe` says of its keys.
    pub fn table(
        &mut self,
        name: &str,
        (times, applies): (Times, Applies),
        help: &'static str,
        describe: fn(&mut Self),
    ) {
        let outer = self.at;
        let path = match self.sections.get(outer).map(|section| section.path.as_str()) {
            None | Some("") => name.to_owned(),
            Some(above) => format!("{above}.{name}"),
        };
        let reloads = applies != Applies::AtStart;
        self.sections.push(Part { path, times, help, reloads, entries: Vec::new() });
        self.at = self.sections.len() - 1;
        describe(self);
        self.at = outer;
    }
}

impl Display for ReferencePage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        self.sections.iter().try_for_each(|section| write!(f, "{section}"))
    }
}

const HEAD: &str = "\
# Configuration reference

Made from the definitions in the program by `lampfield check --reference`; do not edit by hand.

One TOML file; every key is optional. `lampfield check` shows what is wrong with a file without
starting anything, `lampfield check --effective` prints the effective values, without passwords.
Durations carry units (`\"10s\"`, `\"1m 30s\"`), sizes are bytes or carry IEC suffixes (`\"64KiB\"`),
relative paths start from the folder of the file, and `*` in patterns stands for any characters.

Keys marked *reload* take effect on SIGHUP (`systemctl reload lampfield`); those marked
*reload for new connections* apply to new connections, while existing ones keep the old value. All
others take effect at the next start; until then the old value stays in force, and the log names the
key. A limit below the current number drops only the oldest of `tombstones`, of `history` and of
what `[history]` keeps: existing entries can change and end, and new ones are refused until there is
room.
";

// === impl Part ===

impl Part {
    /// The table as it is written: `[lease]`, `[[map]]`.
    pub fn title(&self) -> String {
        match (self.path.as_str(), self.times) {
            ("", _) => "the top of the file".to_owned(),
            (path, Times::Many) => format!("[[{path}]]"),
            (path, Times::Once) => format!("[{path}]"),
        }
    }
}

impl Display for Part {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.path.as_str(), self.times) {
            ("", _) => write!(f, "\n## Top of the file\n\n")?,
            (path, Times::Many) => write!(f, "\n## `[[{path}]]`\n\n{}\n", prose(self.help))?,
            (path, Times::Once) => write!(f, "\n## `[{path}]`\n\n{}\n", prose(self.help))?,
        }
        self.entries.iter().try_for_each(|entry| write!(f, "{entry}"))
    }
}

// === impl KeyEntry ===

impl KeyEntry {
    /// What can be written for it, what stands without it, and when a change takes effect.
    pub fn form(&self) -> String {
        let mut form = self.kind.clone();
        form += &match (&self.default, self.required) {
            (_, true) => ", required".to_owned(),
            (Some(default), _) => format!(", default `{default}`"),
            (None, _) => ", not set by default".to_owned(),
        };
        if let Some((least, most)) = &self.range {
            form += &format!(", {least} to {most}");
        }
        match self.applies {
            Applies::AtStart => form,
            Applies::OnReload => form + ", *reload*",
            Applies::OnReloadFor(new) => form + &format!(", *reload for {new}*"),
        }
    }
}

impl Display for KeyEntry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "- **`{}`**: {}.", self.name, self.form())?;
        self.help.lines().try_for_each(|line| writeln!(f, "  {}", line.trim()))
    }
}

fn prose(help: &str) -> String {
    help.lines().map(|line| line.trim().to_owned() + "\n").collect()
}
