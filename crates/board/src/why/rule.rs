//! The rule that decided a lamp, and how it came out.

use std::fmt;

use crate::kind::{Kind, Reason, Value};
use crate::revision::Revision;

/// The rule of a kind, with how it came out. Its text form is a sentence such as
/// "asterisk-fold: the strongest of all facts; INUSE (6) beats NOT_INUSE (3)".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The word for the rule.
    pub name: &'static str,
    /// How it came out, in words.
    pub reason: String,
}

// === impl Rule ===

impl Rule {
    /// What the rule says of the live facts of a lamp, and for each whether it decides.
    pub(super) fn of(
        kind: Kind,
        facts: &[(Revision, &Value)],
        lamp: Option<&Value>,
    ) -> (Self, Vec<bool>) {
        let reason = lamp.and_then(|lamp| kind.explain(facts, lamp));
        let Reason { text, decides } = reason.unwrap_or_else(|| Reason {
            text: "nobody says anything".to_owned(),
            decides: Vec::new(),
        });
        (Self { name: kind.rule(), reason: text }, decides)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}
