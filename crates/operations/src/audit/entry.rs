//! One entry of the audit log, as it is stored: one JSON object a row.

use lampfield_board::history::Masks;
use lampfield_board::{BoardName, Subject, WallTime};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actor::ActorKind;
use crate::argument::Arguments;

/// The outcome of what was done.
pub(crate) const DONE: &str = "done";

/// The outcome of what nobody has waited for: it may be done or not, in whole or in part.
pub(super) const BROKEN_OFF: &str = "broken-off";

/// The argument by which operations are told which lamp is meant.
const LAMP: &str = "subject";

/// The argument by which they are told what it is to show.
const VALUE: &str = "value";

/// What stands in the place of what nobody is to read.
const HIDDEN: &str = "***";

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
            outcome: BROKEN_OFF.to_owned(),
        }
    }

    /// Whether it was done by whoever is called so: `owner`, `account`, `admin@a.example`, `token wall`.
    pub(crate) fn is_by(&self, called: &str) -> bool {
        let name = self.name.as_deref();
        let both = || name.is_some_and(|name| called == format!("{} {name}", self.actor));
        self.actor == called || name == Some(called) || both()
    }

    /// The lamp that it was about, as somebody has typed it.
    pub(crate) fn lamp(&self) -> Option<&str> {
        self.arguments.get(LAMP)?.as_str()
    }

    /// The text of its row.
    pub(crate) fn to_json(&self) -> String {
        // Texts and numbers cannot fail to become JSON; a row of nothing would be reported as unreadable.
        serde_json::to_string(self).unwrap_or_else(|_| "null".to_owned())
    }
}

/// Takes out of what was said to an operation what the history may not hold either; says whether there was something. The
/// name becomes the one under which the past of the lamp is kept. Where nothing of it is kept, nothing of what was said is
/// either; and where nobody can tell which lamp was meant, it may have been a masked one.
pub(super) fn mask(said: &mut Arguments, masks: &Masks) -> bool {
    let Some(typed) = said.get(LAMP).and_then(Value::as_str).filter(|_| !masks.is_empty()) else {
        return false;
    };
    let (name, with_value) = match (typed.parse::<Subject>(), Subject::candidates(typed)) {
        (Ok(subject), _) if !masks.hides(&subject) => return false,
        (Ok(subject), _) => match masks.kept(&subject) {
            Some(kept) => (kept.to_string(), false),
            None => (format!("{}/{HIDDEN}", subject.kind()), true),
        },
        (Err(_), Ok(meant)) if !meant.iter().any(|subject| masks.hides(subject)) => return false,
        _ => (HIDDEN.to_owned(), true),
    };
    let before = said.clone();
    said.insert(LAMP.to_owned(), name.into());
    if let Some(value) = said.get_mut(VALUE).filter(|_| with_value) {
        *value = HIDDEN.into();
    }
    *said != before
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
