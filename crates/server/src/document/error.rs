//! `error/1`: why there is no other document.

use serde::Serialize;

use crate::failure::Failure;

/// A failure for scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Error<'a> {
    /// `error/1`.
    pub schema: &'static str,
    /// Stable, the same in the log and in the manual.
    pub code: &'a str,
    /// What is wrong, with the value as typed.
    pub message: &'a str,
    /// Evidence and remedy: each a label and its text.
    pub details: &'a [(String, String)],
    /// The exit status.
    pub exit: u8,
}

// === impl Error ===

impl<'a> From<&'a Failure> for Error<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self {
            schema: "error/1",
            code: &failure.code,
            message: &failure.message,
            details: &failure.lines,
            exit: failure.exit as u8,
        }
    }
}
