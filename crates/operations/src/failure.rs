//! The one shape of every error a person sees: a stable code, what is wrong with the value as typed,
//! evidence, and what to try. It must never show a secret, nor a chain of causes nobody can act on.

use std::fmt;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use crate::visible::visible;

/// How a command ended; the numbers are part of the command line's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// Done; the answer is good.
    Good = 0,
    /// Answered, and the answer is bad.
    Bad = 1,
    /// Wrong usage or wrong configuration.
    Usage = 2,
    /// The server was not reached.
    NotReached = 3,
    /// Whoever asks has no right to it.
    NotAllowed = 4,
    /// There is no such thing.
    NoSuchThing = 5,
    /// Ambiguous, exists already, or a precondition failed.
    Conflict = 6,
    /// Nobody answered within the time.
    NoAnswer = 7,
    /// The reader of the output went away.
    BrokenPipe = 141,
}

/// An error as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The status with which a command ends because of it.
    pub exit: Exit,
    /// Stable, the same in the log and in the manual.
    pub code: String,
    /// What is wrong, with the value as typed.
    pub message: String,
    /// Evidence and remedy: each a label and its text.
    pub lines: Vec<(String, String)>,
}

// === impl Exit ===

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

// === impl Failure ===

impl Failure {
    /// An error without further lines.
    pub fn new(exit: Exit, code: &str, message: impl Into<String>) -> Self {
        Self { exit, code: code.to_owned(), message: message.into(), lines: Vec::new() }
    }

    /// A bug of this program.
    pub fn bug(what: impl fmt::Display) -> Self {
        Self::new(Exit::Bad, "bug", format!("{what}; this is a bug in lampfield"))
            .line("try", "lampfield report   makes a file to report it with")
    }

    /// With one more line, for example `try` and what to type.
    pub fn line(mut self, label: &str, text: impl Into<String>) -> Self {
        self.lines.push((label.to_owned(), text.into()));
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code, visible(&self.message))?;
        let width = self.lines.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
        self.lines
            .iter()
            .try_for_each(|(label, text)| write!(f, "\n  {label:width$}  {}", visible(text)))
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_stand_in_columns() {
        let failure = Failure::new(Exit::NoSuchThing, "unknown-subject", "no subject named \"x\"")
            .line("nearest", "PJSIP/101")
            .line("try", "lampfield why PJSIP/101");
        let shown = "error[unknown-subject]: no subject named \"x\"\n  nearest  PJSIP/101\n  \
                     try      lampfield why PJSIP/101";
        assert_eq!(failure.to_string(), shown);
    }

    #[test]
    fn nothing_in_it_moves_the_cursor() {
        let failure = Failure::new(Exit::Usage, "wrong-subject", "no \"\u{1b}[2J\"")
            .line("found", "a\r\nerror[x]: y");
        let shown = "error[wrong-subject]: no \"\\u{1b}[2J\"\n  found  a\\r\\nerror[x]: y";
        assert_eq!(failure.to_string(), shown);
    }
}
