//! The stored forms: one JSON object a row, as an operator reads it in the `sqlite3` shell. A row
//! that cannot be read is reported by its reader and left alone, never guessed at.

use std::borrow::Cow;

use lampfield_board::{
    Change, DeviceState, DoorName, Ending, FactState, MessageCount, OriginId, Revision, Statement,
    Subject, Value, Version, WallTime,
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
    Value(#[from] serde_json::Error),
    /// A word in the value is unknown.
    #[error("the value has the unknown word {0:?}")]
    Word(String),
    /// The board did not take it.
    #[error(transparent)]
    Refused(#[from] lampfield_board::Refused),
    /// The board did not take its origin.
    #[error(transparent)]
    Origin(#[from] lampfield_board::OriginsFull),
}

/// A fact or a withdrawal: only the keys that its kind has.
#[derive(Debug, Serialize, Deserialize)]
pub struct FactRow {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    state: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    new: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    old: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    withdrawn: Option<Cow<'static, str>>,
    epoch: u32,
    counter: u64,
    revision: u64,
    said_at: u64,
    door: Cow<'static, str>,
}

/// An origin.
#[derive(Debug, Serialize, Deserialize)]
pub struct OriginRow {
    pub epoch: u32,
}

impl FactRow {
    /// The row of a change.
    pub fn of(change: &Change) -> Self {
        let value = change.state.live();
        let count = value.and_then(Value::mailbox);
        Self {
            state: value.and_then(Value::device).map(|state| state.as_str().into()),
            new: count.map(|count| count.new),
            old: count.map(|count| count.old),
            withdrawn: change.state.ending().map(|ending| ending.as_str().into()),
            epoch: change.version.epoch,
            counter: change.version.counter,
            revision: change.revision.number(),
            said_at: change.said_at.millis(),
            door: change.door.as_str().into(),
        }
    }

    /// What it says about its subject, and at which revision.
    ///
    /// # Errors
    /// When a word in it is unknown or all values are missing.
    pub fn statement(
        &self,
        subject: Subject,
        origin: OriginId,
    ) -> Result<(Statement, Revision), RowError> {
        let statement = Statement {
            subject,
            origin,
            state: self.state()?,
            version: Version::new(self.epoch, self.counter),
            said_at: WallTime::from_millis(self.said_at),
            door: self.door.parse::<DoorName>().map_err(|unknown| RowError::Word(unknown.0))?,
        };
        Ok((statement, Revision::new(self.revision)))
    }

    fn state(&self) -> Result<FactState, RowError> {
        match (&self.withdrawn, &self.state, self.new) {
            (Some(word), ..) => {
                let ending = word.parse::<Ending>().map_err(|unknown| RowError::Word(unknown.0))?;
                Ok(FactState::Withdrawn(ending))
            }
            (_, Some(state), _) => {
                let state: DeviceState =
                    state.parse().map_err(|_| RowError::Word(state.to_string()))?;
                Ok(FactState::Live(state.into()))
            }
            (_, _, Some(new)) => {
                let old = self.old.unwrap_or_default();
                Ok(FactState::Live(MessageCount::new(new, old).into()))
            }
            _ => Err(RowError::Word("no value".to_owned())),
        }
    }
}

/// The text of a row. Structs of numbers and words cannot fail to become JSON; if one ever did, the
/// row would be reported as unreadable at the next start instead of being lost silently.
pub fn json(row: &impl Serialize) -> String {
    serde_json::to_string(row).unwrap_or_else(|_| "null".to_owned())
}
