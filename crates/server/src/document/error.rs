//! `error/1`: why there is no other document.

use serde::Serialize;

use crate::config::{Problem, Problems, Weight};
use crate::failure::{Exit, Failure};

/// A failure for scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Error {
    /// `error/1`.
    pub schema: &'static str,
    /// Stable, the same in the log and in the manual.
    pub code: String,
    /// What is wrong, with the value as typed.
    pub message: String,
    /// Evidence and remedy: each a label and its text.
    pub details: Vec<(String, String)>,
    /// The exit status.
    pub exit: u8,
}

// === impl Error ===

impl From<&Failure> for Error {
    fn from(failure: &Failure) -> Self {
        Self {
            schema: "error/1",
            code: failure.code.clone(),
            message: failure.message.clone(),
            details: failure.lines.clone(),
            exit: failure.exit as u8,
        }
    }
}

impl From<&Problems> for Error {
    /// The first mistake that stops the start, and where all of them are.
    fn from(problems: &Problems) -> Self {
        let fatal = |problem: &&Problem| problem.weight == Weight::Error;
        let first = problems.list.iter().find(fatal);
        let place = |problem: &Problem| {
            let (line, column) = problems.source.line_and_column(problem);
            format!("{}:{line}:{column}", problems.source.path.display())
        };
        let all = problems.list.iter().map(|one| (place(one), one.message.clone()));
        Self {
            schema: "error/1",
            code: first.map_or("configuration", |first| first.code).to_owned(),
            message: first.map_or(String::new(), |first| first.message.clone()),
            details: all.collect(),
            exit: Exit::Usage as u8,
        }
    }
}
