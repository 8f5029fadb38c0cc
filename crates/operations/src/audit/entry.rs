//! One entry of the audit log, as it is stored: one JSON object a row.

use lampfield_board::{BoardName, WallTime};
use serde::{Deserialize, Serialize};

use crate::actor::ActorKind;
use crate::argument::Arguments;

/// The outcome of what was done.
pub(super) const DONE: &str = "done";

/// The outcome of what nobody has waited for: it may be done or not, in whole or in part.
pub(super) const BROKEN_OFF: &str = "broken-off";

/// Who has changed what, or has tried to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When it was begun.
    #[serde(with = "millis")]
    pub at: WallTime,
    /// What has done it: `owner`, `account`, `token` or `script`.
    pub actor: String,
    /// Which one, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of the operation: `user add`.
    pub operation: String,
    /// What was said to it, without secrets.
    pub arguments: Arguments,
    /// The board that it was about; none where it was about the server, or nobody could tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<String>,
    /// The lamp that it was about, in full, where the operation has found it. What was said may be a part of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lamp: Option<String>,
    /// [`DONE`], the code of the refusal, or [`BROKEN_OFF`].
    pub outcome: String,
}

// === impl AuditEntry ===

impl AuditEntry {
    /// An entry of what begins now.
    pub(crate) fn new(
        at: WallTime,
        actor: &ActorKind,
        operation: &str,
        arguments: Arguments,
        board: Option<&BoardName>,
    ) -> Self {
        Self {
            at,
            actor: actor.word().to_owned(),
            name: actor.name().map(str::to_owned),
            operation: operation.to_owned(),
            arguments,
            board: board.map(ToString::to_string),
            lamp: None,
            outcome: BROKEN_OFF.to_owned(),
        }
    }

    /// Whether it was done by whoever is called so: `owner`, `account`, `admin@a.example`, `token wall`.
    pub(crate) fn is_by(&self, called: &str) -> bool {
        let name = self.name.as_deref();
        let both = || name.is_some_and(|name| called == format!("{} {name}", self.actor));
        self.actor == called || name == Some(called) || both()
    }

    /// The text of its row.
    pub(crate) fn to_json(&self) -> String {
        // Texts and numbers cannot fail to become JSON; a row of nothing would be reported as unreadable.
        serde_json::to_string(self).unwrap_or_else(|_| "null".to_owned())
    }
}

/// A moment as milliseconds since 1970, as all rows have them.
mod millis {
    use lampfield_board::WallTime;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(at: &WallTime, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(at.millis())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<WallTime, D::Error> {
        u64::deserialize(from).map(WallTime::from_millis)
    }
}
