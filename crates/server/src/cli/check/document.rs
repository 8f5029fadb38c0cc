//! `check/1` and `effective/1`: would this configuration start, and what would be in force?

use serde::Serialize;

use crate::advice::Advice;
use crate::config::{Problem, Problems, Weight};

/// Whether a configuration would start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckDocument {
    /// The schema of this document, `check/1`.
    pub schema: &'static str,
    /// Whether nothing is wrong that stops the start.
    pub would_start: bool,
    /// The file; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Everything to look at, in the order of the file.
    pub problems: Vec<Found>,
}

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Stable, the same in the manual.
    pub code: String,
    /// `error`, which stops the start, or `warning`.
    pub severity: &'static str,
    /// What is so, with the value as typed.
    pub message: String,
    /// What to do, if anything is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Its line in the file, from 1; absent when it is about no line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Its column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

/// What would be in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effective {
    /// The schema of this document, `effective/1`.
    pub schema: &'static str,
    /// The configuration with every key that has a value; passwords are left out.
    pub config: toml::Table,
}

// === impl CheckDocument ===

impl CheckDocument {
    /// What was found in a file and about it.
    pub fn of(file: Option<String>, problems: &Problems, advice: &[Advice]) -> Self {
        let in_file = problems.list.iter().map(|problem| Found::in_file(problem, problems));
        Self {
            schema: "check/1",
            would_start: !problems.are_fatal(),
            file,
            problems: in_file.chain(advice.iter().map(Found::about)).collect(),
        }
    }
}

// === impl Found ===

impl Found {
    fn in_file(problem: &Problem, of: &Problems) -> Self {
        let (line, column) = of.source.line_and_column(problem);
        Self {
            code: problem.code.to_owned(),
            severity: problem.weight.word(),
            message: problem.message.clone(),
            remedy: problem.hint.clone(),
            line: Some(line),
            column: Some(column),
        }
    }

    fn about(advice: &Advice) -> Self {
        Self {
            code: advice.code.to_owned(),
            severity: Weight::Warning.word(),
            message: advice.text.clone(),
            remedy: Some(advice.remedy.clone()),
            line: None,
            column: None,
        }
    }
}
