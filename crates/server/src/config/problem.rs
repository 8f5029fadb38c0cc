//! What is wrong in a configuration file, with the place and a way out, in the shape every error
//! of the program has. It must never show the value of a secret.
//!
//! Our own: the crates that draw such places (miette, annotate-snippets) have a shape and colours
//! of their own, and errors without a place have to look the same.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use lampfield_operations::visible;

/// One thing wrong in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Stable code, the same in the log and in the built-in help.
    pub code: &'static str,
    /// What is wrong, with the value as typed.
    pub message: String,
    /// Bytes of the file it is about.
    pub span: Range<usize>,
    /// What to try, written under the carets.
    pub hint: Option<String>,
    /// An error stops the start; a warning is only shown.
    pub weight: Weight,
}

/// Whether a problem stops the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// An error: nothing is started.
    Error,
    /// The server starts; somebody should look.
    Warning,
}

/// The text of one configuration file and its name, as the operator gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name used in messages.
    pub path: PathBuf,
    /// The whole text, to show the line that is wrong.
    pub text: String,
}

/// All problems of one file, with its text to show them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file they are in.
    pub source: Source,
    /// In the order of the file.
    pub list: Vec<Problem>,
}

/// A place in a text, as editors count: from 1, columns in characters.
#[derive(Debug, PartialEq, Eq)]
struct TextPosition<'a> {
    line: usize,
    column: usize,
    text: &'a str,
}

// === impl Weight ===

impl Weight {
    /// `error` or `warning`, as it is shown and stands in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

// === impl Source ===

impl Source {
    /// The folder that relative paths in the file start from.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Where a problem is, as editors count: from 1, columns in characters.
    pub fn line_and_column(&self, problem: &Problem) -> (usize, usize) {
        let place = self.place(problem.span.start);
        (place.line, place.column)
    }

    fn place(&self, offset: usize) -> TextPosition<'_> {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = self.text.get(line_start..).unwrap_or_default();
        TextPosition {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            text: rest.lines().next().unwrap_or_default(),
        }
    }

    /// Writes one problem with its source line and carets.
    fn write(&self, problem: &Problem, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place(problem.span.start);
        let Problem { code, message, weight, .. } = problem;
        let word = weight.word();
        let path = self.path.display();
        writeln!(
            f,
            "{path}:{}:{}: {word}[{code}]: {}",
            place.line,
            place.column,
            visible(message)
        )?;

        let marked = self.text.get(problem.span.clone()).unwrap_or_default();
        let width = marked.lines().next().unwrap_or_default().chars().count().max(1);
        // Tabs are repeated under the line so that the carets stand where the reader sees the key.
        let indent: String = place
            .text
            .chars()
            .take(place.column - 1)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        let shown = without_secret(place.text);
        let text: Vec<_> = shown.split('\t').map(visible).collect();
        writeln!(f, "{:>5} | {}", place.line, text.join("\t"))?;
        write!(f, "{:>5} | {indent}{}", "", "^".repeat(width))?;
        match &problem.hint {
            Some(hint) => writeln!(f, " {}", visible(hint)),
            None => writeln!(f),
        }
    }
}

/// A line as it may be shown: this goes to the log of a service too.
fn without_secret(line: &str) -> Cow<'_, str> {
    match line.split_once(['=', ':']) {
        Some((key, _)) if key.trim() == "password" => {
            format!("{} ...", line.get(..=key.len()).unwrap_or_default()).into()
        }
        _ => line.into(),
    }
}

// === impl Problems ===

impl Problems {
    /// Whether one of them stops the start.
    pub fn are_fatal(&self) -> bool {
        self.list.iter().any(|problem| problem.weight == Weight::Error)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.iter().try_for_each(|problem| self.source.write(problem, f))?;
        let codes: BTreeSet<_> = self.list.iter().map(|problem| problem.code).collect();
        codes.iter().try_for_each(|code| writeln!(f, "  more  lampfield help {code}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_line_and_marks_the_word() {
        let text = "[xmpp]\n\tlistten = [\"0.0.0.0:5222\"]\n".to_owned();
        let problem = Problem {
            code: "unknown-key",
            message: "\"listten\" is not a key of [xmpp]".to_owned(),
            span: 8..15,
            hint: Some("did you mean \"listen\"?".to_owned()),
            weight: Weight::Error,
        };
        let source = Source { path: "lampfield.toml".into(), text };
        let shown = Problems { source, list: vec![problem] }.to_string();
        assert_eq!(
            shown,
            "lampfield.toml:2:2: error[unknown-key]: \"listten\" is not a key of [xmpp]\n    \
             2 | \tlistten = [\"0.0.0.0:5222\"]\n      | \t^^^^^^^ did you mean \"listen\"?\n  more  lampfield help unknown-key\n"
        );
    }

    #[test]
    fn a_password_is_never_shown() {
        for line in ["password = hunter2", "  password: 'hunter2", "password = \"hunter2\" x"] {
            let source = Source { path: "x".into(), text: line.to_owned() };
            let shown = crate::config::Config::parse(source).expect_err("no TOML").to_string();
            assert!(!shown.contains("hunter2") && shown.contains("..."), "{shown}");
        }
    }

    #[test]
    fn counts_characters_and_survives_a_place_behind_the_end() {
        let source = Source { path: "x".into(), text: "# ä\nö = 1".to_owned() };
        assert_eq!(source.place(5), TextPosition { line: 2, column: 1, text: "ö = 1" });
        assert_eq!(source.place(10).column, 5);
        assert_eq!(source.place(99).line, 2);
    }
}
