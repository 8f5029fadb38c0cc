//! `error/1`: why there is no other document.

use serde::Serialize;

use crate::failure::Failure;

/// A failure for scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Error {
    /// The schema of this document, `error/1`.
    pub schema: &'static str,
    /// Stable, the same in the log and in the manual.
    pub code: String,
    /// What is wrong, with the value as typed.
    pub message: String,
    /// Evidence and remedy: each a label and its text.
    pub details: Vec<(String, String)>,
    /// The exit status of the command, see [`Exit`](crate::failure::Exit).
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
