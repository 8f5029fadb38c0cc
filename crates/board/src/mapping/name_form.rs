//! How the names of a rule look. Less than a [`Pattern`](crate::Pattern): with one `*` at most there is one way only to
//! read what it stands for, without which no name would lead back to the one that it was made of.

use std::fmt;
use std::str::FromStr;

use crate::name::{self, NameError};
use crate::pattern::Pattern;
use crate::subject::SubjectName;

/// One exact name, or with one `*` all names that begin and end alike: `PJSIP/*`. The `*` stands for any characters or
/// none; a name with a literal `*` cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameForm {
    before: Box<str>,
    /// What stands behind the `*`; none without one.
    after: Option<Box<str>>,
}

/// What stands before the first wildcard of a pattern, and behind the last.
struct Ends<'a> {
    before: &'a str,
    after: &'a str,
}

/// Why a text is no form of names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFormError {
    /// The form could only give names that no subject may have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// More than one `*`: what each of them stands for could be read in several ways.
    #[error("\"{0}\" has more than one *")]
    ManyStars(String),
}

// === impl NameForm ===

impl NameForm {
    /// Checks and keeps a form.
    ///
    /// # Errors
    /// When it has several `*`, or when no name can be of this form.
    pub fn parse(text: &str) -> Result<Self, NameFormError> {
        let (before, after) = match text.split_once('*') {
            None => (text, None),
            Some((_, after)) if after.contains('*') => {
                return Err(NameFormError::ManyStars(text.to_owned()));
            }
            Some((before, after)) => (before, Some(after)),
        };
        if text != "*" {
            // Without its star it is the shortest name of this form.
            let limit = SubjectName::MAX_BYTES + usize::from(after.is_some());
            name::checked(text, limit)?;
        }
        Ok(Self { before: before.into(), after: after.map(Into::into) })
    }

    /// Whether it has a `*`, so that it stands for many names.
    #[must_use]
    pub fn has_star(&self) -> bool {
        self.after.is_some()
    }

    /// What the `*` stands for in a name of this form: nothing in the one exact name. None in all other names.
    pub(super) fn star_in<'a>(&self, name: &'a str) -> Option<&'a str> {
        match &self.after {
            Some(after) => {
                // Most forms have nothing on one side, and to compare with an empty boxed text is not free: the
                // masked load of memcmp from where it points, which is nowhere, took 130 ns with AVX-512.
                let rest = match &*self.before {
                    "" => name,
                    before => name.strip_prefix(before)?,
                };
                if after.is_empty() { Some(rest) } else { rest.strip_suffix(&**after) }
            }
            None => (name == &*self.before).then_some(""),
        }
    }

    /// Whether every name that fits the pattern is of this form.
    #[must_use]
    pub fn takes_all_of(&self, pattern: &Pattern) -> bool {
        match (Ends::of(pattern), &self.after) {
            (None, _) => self.star_in(pattern.as_str()).is_some(),
            (Some(ends), Some(after)) => {
                ends.before.starts_with(&*self.before) && ends.after.ends_with(&**after)
            }
            (Some(_), None) => false,
        }
    }

    /// Whether a name may be of this form and fit the pattern: false only where none can be.
    #[must_use]
    pub fn may_meet(&self, pattern: &Pattern) -> bool {
        match (Ends::of(pattern), &self.after) {
            (None, _) => self.star_in(pattern.as_str()).is_some(),
            (Some(_), None) => pattern.matches(&self.before),
            (Some(Ends { before, after }), Some(own_after)) => {
                let begins = before.starts_with(&*self.before) || self.before.starts_with(before);
                begins && (after.ends_with(&**own_after) || own_after.ends_with(after))
            }
        }
    }

    /// The text with this in place of the `*`. It may be too long for a name, or empty.
    pub(super) fn filled(&self, star: &str) -> String {
        [&*self.before, star, self.after.as_deref().unwrap_or_default()].concat()
    }

    /// The pattern of what `to` makes of the names of this form that fit a pattern; none where no name does both. With
    /// several wildcards in the pattern it may fit more: all between the first and the last counts as one `*`.
    pub(super) fn carried(&self, pattern: &Pattern, to: &Self) -> Option<Pattern> {
        let star = match (Ends::of(pattern), &self.after) {
            _ if !self.may_meet(pattern) => return None,
            (_, None) => String::new(),
            (None, Some(_)) => self.star_in(pattern.as_str())?.to_owned(),
            (Some(Ends { before, after }), Some(own_after)) => {
                let begin = before.strip_prefix(&*self.before).unwrap_or_default();
                let end = after.strip_suffix(&**own_after).unwrap_or_default();
                format!("{begin}*{end}")
            }
        };
        Pattern::parse(&to.filled(&star)).ok()
    }

    /// Whether every name of the other form is of this one too.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (&self.after, &other.after) {
            // Whatever the other star stands for, it cannot help: it may stand for anything else.
            (Some(after), Some(others)) => {
                other.before.starts_with(&*self.before) && others.ends_with(&**after)
            }
            (_, None) => self.star_in(&other.before).is_some(),
            (None, Some(_)) => false,
        }
    }
}

// === impl Ends ===

impl<'a> Ends<'a> {
    /// None of a pattern without a wildcard, which is one name.
    fn of(pattern: &'a Pattern) -> Option<Self> {
        let wildcard = ['*', '?'];
        let (before, _) = pattern.as_str().split_once(wildcard)?;
        let (_, after) = pattern.as_str().rsplit_once(wildcard)?;
        Some(Self { before, after })
    }
}

// === impl NameForm, as text ===

impl fmt::Display for NameForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.after {
            Some(after) => write!(f, "{}*{after}", self.before),
            None => f.write_str(&self.before),
        }
    }
}

impl FromStr for NameForm {
    type Err = NameFormError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> NameForm {
        NameForm::parse(text).expect("a form")
    }

    #[test]
    fn the_star_is_read_in_one_way_only() {
        assert_eq!(form("PJSIP/*").star_in("PJSIP/100"), Some("100"));
        assert_eq!(form("*@default").star_in("a@b@default"), Some("a@b"));
        assert_eq!(form("PJSIP/*").star_in("PJSIP/"), Some(""));
        assert_eq!(form("PJSIP/*").star_in("pjsip/100"), None, "with case");
        assert_eq!(form("aba*ba").star_in("ababa"), Some(""));
        assert_eq!(form("aba*ba").star_in("aba"), None, "no character is of both");
        assert_eq!(form("M*r").star_in("Müller"), Some("ülle"));
        assert_eq!(form("PJSIP/100").star_in("PJSIP/100"), Some(""));
        assert_eq!(form("PJSIP/100").star_in("PJSIP/1000"), None);
        assert_eq!(form("*").star_in("x"), Some("x"));
    }

    #[test]
    fn a_form_takes_all_of_a_pattern_or_some_or_none() {
        let pattern = |text: &str| Pattern::parse(text).expect("a pattern");
        for (of, text, all, some) in [
            ("PJSIP/*", "PJSIP/1*", true, true),
            ("PJSIP/*", "PJSIP/100", true, true),
            ("PJSIP/*", "P*", false, true),
            ("PJSIP/*", "*00", false, true),
            ("PJSIP/*", "SIP/*", false, false),
            ("PJSIP/*", "SIP/100", false, false),
            ("*@berlin", "1*@berlin", true, true),
            ("*@berlin", "1?0@paris", false, false),
            ("PJSIP/100", "PJSIP/1*", false, true),
            ("PJSIP/200", "PJSIP/1*", false, false),
            ("PJSIP/100", "PJSIP/100", true, true),
        ] {
            let (of, pattern) = (form(of), pattern(text));
            assert_eq!(
                (of.takes_all_of(&pattern), of.may_meet(&pattern)),
                (all, some),
                "{of} {text}"
            );
        }
    }

    #[test]
    fn what_no_name_can_look_like_is_refused() {
        let longest = "x".repeat(SubjectName::MAX_BYTES);
        for good in ["*", &longest, &format!("{longest}*"), &format!("*{longest}")] {
            assert_eq!(form(good).to_string(), good);
        }
        assert_eq!(NameForm::parse(""), Err(NameError::Empty.into()));
        assert_eq!(NameForm::parse("a*b*"), Err(NameFormError::ManyStars("a*b*".to_owned())));
        let (bytes, limit) = (1_025, 1_024);
        assert_eq!(
            NameForm::parse(&format!("{longest}y*")),
            Err(NameError::TooLong { bytes, limit }.into())
        );
        assert!(NameForm::parse(&format!("{longest}y")).is_err());
        assert_eq!(NameForm::parse("a\n*"), Err(NameError::ControlCharacter('\n').into()));
    }
}
