//! The stored forms: one JSON object a row, as an operator reads it in the `sqlite3` shell. A row
//! that cannot be read is reported by its reader and left alone, never guessed at.

use std::borrow::Cow;

use lampfield_board::{
    Change, Ending, FactState, OriginId, Protocol, Revision, Statement, Subject, Value, ValueError,
    Version, WallTime,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a stored row cannot be used.
#[derive(Debug, Error)]
pub enum RowError {
    /// The key is of no known form.
    #[error("the key is not one that this version writes")]
    Key,
    /// The value is not JSON of the right form.
    #[error("the value cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A word in the value, such as a state or a protocol, is unknown.
    #[error("the value has the unknown word {0:?}")]
    Word(String),
    /// What was said cannot be read.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The board did not take it.
    #[error(transparent)]
    Refused(#[from] lampfield_board::Refused),
    /// The board did not take its origin.
    #[error(transparent)]
    Origin(#[from] lampfield_board::OriginsFull),
}

/// A fact or a withdrawal, to be written: `value` in the form of its kind that `form` numbers, or `withdrawn`; both where
/// UNAVAILABLE stands in for what was withdrawn.
#[derive(Debug, Serialize)]
pub struct FactRow<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<&'static str>,
    epoch: u32,
    counter: u64,
    revision: u64,
    said_at: u64,
    protocol: &'static str,
}

/// The same row as it was read, with the value not parsed yet.
#[derive(Debug, Deserialize)]
pub struct StoredFact<'a> {
    form: Option<u8>,
    value: Option<serde_json::Value>,
    #[serde(borrow)]
    withdrawn: Option<Cow<'a, str>>,
    epoch: u32,
    counter: u64,
    revision: u64,
    said_at: u64,
    #[serde(borrow)]
    protocol: Cow<'a, str>,
}

/// The value of an origin's row.
#[derive(Debug, Serialize, Deserialize)]
pub struct OriginRow {
    pub epoch: u32,
    /// Whether an operator speaks by it, who needs no connection.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_hand: bool,
    /// Whether others may speak as its identity; none if no door has declared it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares_identity: Option<bool>,
    /// Whether it had gone and somebody was told, or it had said goodbye: after a start nobody waits for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

// === impl FactRow ===

impl<'a> FactRow<'a> {
    /// The row of a change.
    pub fn of(change: &'a Change) -> Self {
        let value = change.state.live();
        Self {
            form: value.map(|value| value.kind().stored_form()),
            value,
            withdrawn: change.state.ending().map(Ending::as_str),
            epoch: change.version.epoch,
            counter: change.version.counter,
            revision: change.revision.number(),
            said_at: change.said_at.millis(),
            protocol: change.protocol.as_str(),
        }
    }
}

// === impl StoredFact ===

impl StoredFact<'_> {
    /// What it says about its subject, and at which revision.
    ///
    /// # Errors
    /// When a word in it is unknown, or its value cannot be read or is missing.
    pub fn statement(
        self,
        subject: Subject,
        origin: OriginId,
    ) -> Result<(Statement, Revision), RowError> {
        let ending = self
            .withdrawn
            .map(|word| word.parse::<Ending>().map_err(|_| RowError::Word(word.into_owned())));
        let state = match (ending.transpose()?, self.form, self.value) {
            (Some(ending), None, None) => FactState::Withdrawn(ending),
            (Some(ending), ..) => FactState::Unavailable(ending),
            (None, Some(form), Some(value)) => {
                FactState::Live(subject.kind().from_stored(form, value)?)
            }
            _ => return Err(RowError::Word("no value".to_owned())),
        };
        let protocol: Protocol = match self.protocol.parse() {
            Ok(protocol) => protocol,
            Err(_) => return Err(RowError::Word(self.protocol.into_owned())),
        };
        let statement = Statement {
            subject,
            origin,
            state,
            version: Version::new(self.epoch, self.counter),
            said_at: WallTime::from_millis(self.said_at),
            protocol,
        };
        Ok((statement, Revision::new(self.revision)))
    }
}

/// Whether the row of an origin says that an operator speaks by it.
pub fn is_by_hand(row: &str) -> bool {
    serde_json::from_str::<OriginRow>(row).is_ok_and(|row| row.by_hand)
}

/// The text of a row. Structs of numbers and words cannot fail to become JSON; if one ever did, the
/// row would be reported as unreadable at the next start instead of being lost silently.
pub fn json(row: &impl Serialize) -> String {
    serde_json::to_string(row).unwrap_or_else(|_| "null".to_owned())
}
