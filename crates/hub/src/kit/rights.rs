//! What a peer may say and hear. Rights speak the board's names: they are asked before a name is translated for the peer
//! that hears it, and after one was translated that it said.

use std::rc::Rc;

use lampfield_board::{Pattern, Subject};

/// What a peer may do on its board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// About which subjects it may speak.
    pub say: Grant,
    /// Of which subjects it may hear.
    pub hear: Grant,
}

/// The subjects that a right is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// All subjects of the board, whatever their names.
    Everything,
    /// Those whose names fit one of these patterns; with none of them, nothing.
    Only(Rc<[Pattern]>),
}

// === impl Rights ===

impl Rights {
    /// All rights: to speak and to hear of every subject of a board.
    pub const ALL: Self = Self { say: Grant::Everything, hear: Grant::Everything };

    /// The rights to speak of names that fit `say` and to hear of names that fit `hear`; an empty list grants nothing.
    #[must_use]
    pub fn of(say: &[Pattern], hear: &[Pattern]) -> Self {
        Self { say: Grant::of(say), hear: Grant::of(hear) }
    }
}

// === impl Grant ===

impl Grant {
    /// The grant of these patterns.
    #[must_use]
    pub fn of(patterns: &[Pattern]) -> Self {
        match patterns.iter().any(|pattern| *pattern == Pattern::everything()) {
            true => Self::Everything,
            false => Self::Only(patterns.into()),
        }
    }

    /// Whether the subject is one of them.
    #[must_use]
    pub fn covers(&self, subject: &Subject) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(patterns) => {
                patterns.iter().any(|pattern| pattern.matches(subject.name().as_str()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(patterns: &[&str]) -> Grant {
        let patterns: Vec<_> = patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        Grant::of(&patterns)
    }

    #[test]
    fn patterns_grant_what_fits_one_of_them() {
        let of = |grant: &Grant, name| grant.covers(&Subject::device(name).unwrap());
        let some = grant(&["PJSIP/1*", "Custom:night"]);
        assert!(of(&some, "PJSIP/100") && of(&some, "Custom:night"));
        assert!(!of(&some, "PJSIP/200"));
        assert!(!of(&grant(&[]), "PJSIP/100"), "no pattern grants nothing");
        assert_eq!(grant(&["PJSIP/1*", "*"]), Grant::Everything);
    }
}
