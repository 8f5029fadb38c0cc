//! The rule of kinds of which the newest fact is what the lamp shows.

use super::{Arrived, FactValue, Reason};

/// The newest arrival, whichever origin it is from.
pub(super) fn fold<'a, V: FactValue + 'a>(
    facts: impl Iterator<Item = Arrived<'a, V>>,
) -> Option<V> {
    facts.max_by_key(|fact| fact.at).map(|fact| fact.value.clone())
}

/// The reason for the lamp: its fact arrived last.
pub(super) fn explain<V: FactValue>(facts: &[Arrived<'_, V>], lamp: &V) -> Reason {
    let newest = facts.iter().map(|fact| fact.at).max();
    let text = if facts.iter().all(|fact| fact.value == lamp) {
        format!("every fact says {lamp}")
    } else {
        format!("the newest fact decides: {lamp}")
    };
    Reason { text, decides: facts.iter().map(|fact| Some(fact.at) == newest).collect() }
}
