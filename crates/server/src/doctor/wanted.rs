//! Which checks are wanted: `--only tls,dns/srv`.

use std::str::FromStr;

use super::{CHECKS, check, groups};
use crate::nearest::nearest;

/// Groups and single checks; all where none is named.
#[derive(Debug, Clone, Default)]
pub struct Wanted(pub Vec<Only>);

/// A group or a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Only(String);

// === impl Wanted ===

impl Wanted {
    /// Whether a check is wanted.
    pub fn covers(&self, id: &str) -> bool {
        let is_it = |Only(word): &Only| word == id || word == check::group(id);
        self.0.is_empty() || self.0.iter().any(is_it)
    }
}

// === impl Only ===

impl FromStr for Only {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let known = groups().into_iter().chain(CHECKS.iter().map(|check| check.id));
        let known: Vec<&str> = known.collect();
        if known.contains(&typed) {
            return Ok(Self(typed.to_owned()));
        }
        let groups = groups().join(", ");
        match nearest(typed, known.iter().copied(), 1).first() {
            Some(near) => Err(format!("no group or check; nearest: {near}; groups: {groups}")),
            None => Err(format!("no group or check; groups: {groups}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_and_a_check_are_told_apart_from_nonsense() {
        let only = |typed: &str| typed.parse::<Only>();
        let wanted = Wanted(vec![only("dns").expect("a group"), only("tls/end").expect("a check")]);
        let covered: Vec<_> = ["dns/srv", "tls/end", "tls/name"].map(|id| wanted.covers(id)).into();
        assert_eq!(covered, [true, true, false]);
        assert!(Wanted::default().covers("tls/name"));
        assert!(only("tsl").is_err_and(|said| said.contains("nearest: tls;")));
    }
}
