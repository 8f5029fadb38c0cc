//! What an agent of a call centre is doing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Arrived, FactValue, Reason};

/// An agent that takes no calls for now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Why, in the words of whoever set it; empty if nobody said.
    pub reason: String,
}

/// An agent, such as `alice` or `Agent/1001`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Whether the agent is logged in; without that nothing else of it counts.
    pub logged_in: bool,
    /// Whether it takes no calls for now, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Pause>,
    /// Whether the agent speaks with a caller now.
    #[serde(default)]
    pub in_call: bool,
    /// Whether the agent still works on the call that has ended, and takes no other one.
    #[serde(default)]
    pub wrap_up: bool,
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.logged_in, self.in_call, self.wrap_up) {
            (false, ..) => return f.write_str("logged out"),
            (_, true, _) => "in a call",
            (_, false, true) => "wrapping up",
            (_, false, false) if self.paused.is_some() => "paused",
            (_, false, false) => "free",
        })?;
        match &self.paused {
            Some(pause) if !pause.reason.is_empty() => write!(f, " (pause: {})", pause.reason),
            Some(_) if self.in_call || self.wrap_up => f.write_str(" (pause)"),
            _ => Ok(()),
        }
    }
}

/// An agent may be logged in on several PBXs. It is one person: in a call on one of them it is in a call, and it is
/// paused when it takes calls from none of them.
impl FactValue for Agent {
    const WORD: &'static str = "agent";
    const ABOUT: &'static str = "what an agent of a call centre is doing";
    const FORM: &'static str = r#"{"logged_in": true or false}; and if so "paused": {"reason": TEXT}, "in_call": true, "wrap_up": true"#;
    const RULE: &'static str = "one-person";
    const ANOTHER: &'static str = "state";
    const MOST_BYTES: usize = 1_024;

    fn examples() -> Vec<Self> {
        let free = Self { logged_in: true, ..Self::default() };
        let paused = Some(Pause { reason: "lunch".to_owned() });
        vec![
            Self { paused, ..free.clone() },
            Self { in_call: true, ..free.clone() },
            free,
            Self::default(),
        ]
    }

    fn fold<'a>(facts: impl Iterator<Item = Arrived<'a, Self>> + Clone) -> Option<Self> {
        facts.clone().next()?;
        let there = || facts.clone().filter(|fact| fact.value.logged_in);
        let takes_calls = there().any(|fact| fact.value.paused.is_none());
        let pauses = there().filter(|fact| !takes_calls && fact.value.paused.is_some());
        Some(Self {
            logged_in: there().next().is_some(),
            paused: pauses.max_by_key(|fact| fact.at).and_then(|fact| fact.value.paused.clone()),
            in_call: there().any(|fact| fact.value.in_call),
            wrap_up: there().any(|fact| fact.value.wrap_up),
        })
    }

    fn explain(facts: &[Arrived<'_, Self>], lamp: &Self) -> Reason {
        let takes_part = |fact: &Arrived<'_, Self>| fact.value.logged_in;
        let pbxs = facts.iter().filter(|fact| takes_part(fact)).count();
        let text = match pbxs {
            0 => "logged in nowhere".to_owned(),
            1 => format!("one PBX has the agent: {lamp}"),
            all => format!("one person on {all} PBXs: {lamp}"),
        };
        let decides = |fact| pbxs == 0 || takes_part(fact);
        Reason { text, decides: facts.iter().map(decides).collect() }
    }
}
