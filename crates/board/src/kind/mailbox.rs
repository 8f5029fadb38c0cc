//! What a mailbox holds, as Asterisk tells it between PBXs: new and old messages. Urgent ones
//! exist only inside one PBX and are never distributed.

use std::fmt;
use std::hash::Hasher;

use serde::{Deserialize, Serialize};

use super::{AfterLoss, Arrived, FactValue, Filing, Reason, ValueError, newest};
use crate::wall_time::WallTime;

/// The messages in a mailbox. Asterisk's own type is a signed `int` on both (`main/mwi.c`), so
/// negative numbers from the wire are kept as they came.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct MessageCount {
    /// Messages not heard yet; the lamp is lit when there are any.
    pub new: i32,
    /// Messages that were heard and are kept; they light no lamp.
    pub old: i32,
}

// === impl MessageCount ===

impl MessageCount {
    /// A count of new and old messages.
    #[must_use]
    pub const fn new(new: i32, old: i32) -> Self {
        Self { new, old }
    }
}

impl fmt::Display for MessageCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} new, {} old", self.new, self.old)
    }
}

/// The messages waiting in a mailbox, such as `1000@default` (Asterisk, `main/mwi.c`). PBXs do not add mailboxes up:
/// each takes the last word it hears as the mailbox's state, and none repeats its own after a return.
impl FactValue for MessageCount {
    const WORD: &'static str = "mailbox";
    const ABOUT: &'static str = "the messages waiting in a mailbox";
    const FORM: &'static str = r#"{"new": NUMBER, "old": NUMBER}"#;
    const RULE: &'static str = "newest-arrival";
    const ANOTHER: &'static str = "count";
    const AFTER_LOSS: AfterLoss = AfterLoss::Keep;
    const FILING: Filing = Filing::BySubject;
    const NEWEST_WINS: bool = true;
    const IS_ANONYMOUS: bool = true;
    const MOST_BYTES: usize = 64;

    fn examples() -> Vec<Self> {
        [(3, 1), (0, 0), (1, 3), (-1, 0)].map(|(new, old)| Self::new(new, old)).into()
    }

    fn fold<'a>(facts: impl Iterator<Item = Arrived<'a, Self>> + Clone) -> Option<Self> {
        newest::fold(facts)
    }

    fn explain(facts: &[Arrived<'_, Self>], lamp: &Self) -> Reason {
        newest::explain(facts, lamp)
    }

    /// Always right: any two numbers are a count.
    fn check(&self) -> Result<(), ValueError> {
        Ok(())
    }

    fn mark(&self, hasher: &mut impl Hasher) {
        hasher.write(&[2]);
        hasher.write(&self.new.to_le_bytes());
        hasher.write(&self.old.to_le_bytes());
    }

    /// New and old messages, such as `3/1`.
    fn brief(&self, _: &dyn Fn(WallTime) -> String) -> String {
        format!("{}/{}", self.new, self.old)
    }

    /// Whether it has the form `box@context`, without the `/` or `:` of a device's name.
    fn looks_like(name: &str) -> bool {
        name.split_once('@').is_some_and(|(before, _)| !before.contains(['/', ':']))
    }
}
