//! Under which name the past of a lamp is kept. Where people may not be found again in it, their lamps share one name that
//! is made from the configuration alone, so that nobody can find out later which of them it was.

use std::borrow::Cow;
use std::sync::Arc;

use crate::kind::Kind;
use crate::pattern::Pattern;
use crate::subject::{Subject, SubjectName};

/// The names that the past may not hold. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Masks(Arc<[Mask]>);

/// One pattern, and what stands for every name that matches it.
#[derive(Debug)]
struct Mask {
    pattern: Pattern,
    shown: SubjectName,
}

// === impl Masks ===

impl Masks {
    /// Masks for what matches one of these patterns, by its name or with its kind in front. The first one counts.
    #[must_use]
    pub fn new(patterns: &[Pattern]) -> Self {
        Self(patterns.iter().filter_map(Mask::new).collect())
    }

    /// Whether nothing is masked, so that every name may be kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The subject under which the past of this one is kept: itself if no pattern matches. `None` if nothing may be kept,
    /// because the values of its kind could tell who it is about.
    #[must_use]
    pub fn kept<'a>(&self, subject: &'a Subject) -> Option<Cow<'a, Subject>> {
        let Some(mask) = self.0.iter().find(|mask| mask.matches(subject)) else {
            return Some(Cow::Borrowed(subject));
        };
        let masked = || Cow::Owned(Subject::new(subject.kind(), mask.shown.clone()));
        subject.kind().is_anonymous().then(masked)
    }

    /// Whether many lamps are kept under this name.
    #[must_use]
    pub fn is_mask(&self, subject: &Subject) -> bool {
        self.0.iter().any(|mask| mask.shown == *subject.name())
    }

    /// Whether the past of this subject cannot be found under its own name.
    #[must_use]
    pub fn hides(&self, subject: &Subject) -> bool {
        self.kept(subject).is_none_or(|kept| *kept != *subject)
    }
}

// === impl Mask ===

impl Mask {
    /// What the pattern spells out up to its last `/` or `:` before any wildcard, and `***`: `PJSIP/1*` shows
    /// `PJSIP/***`. Nothing of it comes from the names that match.
    fn new(pattern: &Pattern) -> Option<Self> {
        let text = pattern.as_str();
        let spelled = text.split(['*', '?']).next().unwrap_or_default();
        // A kind in front belongs to the subject, not to its name.
        let named = spelled.split_once('/').filter(|(kind, _)| kind.parse::<Kind>().is_ok());
        let spelled = named.map_or(spelled, |(_, name)| name);
        let end = spelled.rfind(['/', ':']).map_or(0, |at| at + 1);
        let shown = format!("{}***", spelled.get(..end).unwrap_or_default());
        // A pattern is shorter than the longest name.
        Some(Self { pattern: pattern.clone(), shown: SubjectName::parse(&shown).ok()? })
    }

    fn matches(&self, subject: &Subject) -> bool {
        self.pattern.matches(subject.name().as_str()) || self.pattern.matches(&subject.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masks(patterns: &[&str]) -> Masks {
        let parsed: Vec<_> = patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        Masks::new(&parsed)
    }

    #[test]
    fn a_masked_name_is_made_of_the_pattern_alone() {
        for (pattern, name, shown) in [
            ("PJSIP/1*", "PJSIP/100", "PJSIP/***"),
            ("PJSIP/100", "PJSIP/100", "PJSIP/***"),
            ("device/PJSIP/*", "PJSIP/100", "PJSIP/***"),
            ("Custom:berlin-*", "Custom:berlin-7", "Custom:***"),
            ("*", "anna.smith/phone", "***"),
            ("*/1*", "PJSIP/100", "***"),
        ] {
            let (masks, subject) = (masks(&[pattern]), Subject::device(name).unwrap());
            let kept = masks.kept(&subject).unwrap().into_owned();
            assert_eq!(kept.to_string(), format!("device/{shown}"), "{pattern}");
            assert!(masks.hides(&subject) && masks.is_mask(&kept), "{pattern}");
        }
    }

    #[test]
    fn what_matches_nothing_keeps_its_name() {
        let subject = Subject::device("SIP/100").unwrap();
        for masks in [masks(&[]), masks(&["PJSIP/1*", "SIP/2*"])] {
            assert_eq!(masks.kept(&subject), Some(Cow::Borrowed(&subject)));
            assert!(!masks.hides(&subject));
        }
    }

    #[test]
    fn of_a_masked_subject_no_value_is_kept_that_can_name_somebody() {
        let masks = masks(&["*100*"]);
        let name = SubjectName::parse("100@example.com").unwrap();
        for kind in Kind::ALL {
            let kept = masks.kept(&Subject::new(kind, name.clone())).is_some();
            assert_eq!(kept, kind.is_anonymous(), "{kind}");
        }
        assert!(Kind::Device.is_anonymous() && !Kind::Registration.is_anonymous());
    }
}
