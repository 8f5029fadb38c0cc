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

    /// Whether whoever has this one has all of the other. A pattern counts as had where it was given itself: which names
    /// fit one pattern and not another is not looked at.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Only(_), Self::Everything) => false,
            (Self::Only(own), Self::Only(other)) => other.iter().all(|one| own.contains(one)),
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

    #[test]
    fn a_grant_includes_what_was_given_with_it() {
        let (all, some, one) = (grant(&["*"]), grant(&["PJSIP/1*", "night"]), grant(&["night"]));
        assert!(all.includes(&all) && all.includes(&some) && some.includes(&one));
        assert!(some.includes(&grant(&[])) && !some.includes(&all) && !one.includes(&some));
    }
}
