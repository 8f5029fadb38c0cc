//! The subjects that a right is about, by patterns of their names on the board.

use std::rc::Rc;

use lampfield_board::{Pattern, Subject};

/// The subjects that a right is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// All subjects of the board, whatever their names.
    Everything,
    /// Those whose names fit one of these patterns; with none of them, nothing.
    Only(Rc<[Pattern]>),
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
