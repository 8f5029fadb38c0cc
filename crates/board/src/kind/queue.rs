//! How many callers wait in a queue, for how long, and who is free.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Arrived, FactValue, Reason};
use crate::wall_time::WallTime;

/// A queue of callers, such as `support`, as far as one PBX has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Callers who wait and speak with nobody yet.
    pub waiting: u32,
    /// When the first of them began to wait. A moment and not a number of seconds, which would change every second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<WallTime>,
    /// Agents who could take a call now.
    pub free: u32,
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(&|moment| moment.to_string()))
    }
}

/// The PBXs of a cluster share the callers of a queue, so they are added up.
impl FactValue for Queue {
    const WORD: &'static str = "queue";
    const ABOUT: &'static str = "how full a queue of callers is";
    const FORM: &'static str =
        r#"{"waiting": NUMBER, "free": NUMBER}; and if known "waiting_since": MOMENT"#;
    const RULE: &'static str = "sum-of-pbxs";
    const ANOTHER: &'static str = "number";
    const IS_ANONYMOUS: bool = true;
    const MOST_BYTES: usize = 512;

    fn examples() -> Vec<Self> {
        let holds = |waiting, since: Option<u64>, free| Self {
            waiting,
            waiting_since: since.map(WallTime::from_millis),
            free,
        };
        vec![
            holds(3, Some(1_700_000_000_000), 0),
            holds(0, None, 2),
            holds(1, Some(1_600_000_000_000), u32::MAX),
        ]
    }

    fn fold<'a>(facts: impl Iterator<Item = Arrived<'a, Self>> + Clone) -> Option<Self> {
        facts.clone().next()?;
        let sum = |part: fn(&Self) -> u32| {
            facts.clone().map(|fact| part(fact.value)).fold(0, u32::saturating_add)
        };
        let waits = facts.clone().filter(|fact| fact.value.waiting > 0);
        Some(Self {
            waiting: sum(|queue| queue.waiting),
            waiting_since: waits.filter_map(|fact| fact.value.waiting_since).min(),
            free: sum(|queue| queue.free),
        })
    }

    fn explain(facts: &[Arrived<'_, Self>], lamp: &Self) -> Reason {
        let text = match facts.len() {
            1 => format!("one PBX has it: {lamp}"),
            all => format!("the sum of {all} PBXs: {lamp}"),
        };
        Reason { text, decides: facts.iter().map(|_| true).collect() }
    }

    fn told(&self, clock: &dyn Fn(WallTime) -> String) -> String {
        let since = self.waiting_since.map(|since| format!(", the first since {}", clock(since)));
        format!("{} waiting, {} free{}", self.waiting, self.free, since.unwrap_or_default())
    }
}
