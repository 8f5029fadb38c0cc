//! The names of the board as some peers know them, and theirs as the board does.
//!
//! One name must be one thing on both sides, whatever the rules say. A local name and a name of the board belong
//! together if one rule makes the one of the other and no earlier rule fits either of them, or if they are equal and
//! no rule fits either. That is one to one: the rule of a name is the first that fits it, and within a rule what the
//! star stands for tells the other name. Whatever has no partner by this is hidden: a name that looks like what a
//! rule makes of another one, since it would become two things under one name, and one whose partner would be too
//! long or empty.

use std::borrow::Cow;

use super::name_form::NameForm;
use super::rule::MapRule;
use crate::kind::{Kind, PerKind};
use crate::subject::{Subject, SubjectName};

/// How some peers call what is on the board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    names: PerKind<Vec<NamePair>>,
}

/// A subject under the names of the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Translation {
    /// The peers use the name of the board.
    Same,
    /// The peers use this name instead.
    Mapped(Subject),
    /// It has no name there: who says it says nothing, and who could hear it does not.
    Hidden,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct NamePair {
    here: NameForm,
    board: NameForm,
}

// === impl View ===

impl View {
    pub(super) fn of(rules: &[&MapRule]) -> Self {
        let mut view = Self::default();
        for rule in rules {
            for kind in &rule.kinds {
                let pair = NamePair { here: rule.here.clone(), board: rule.board.clone() };
                view.names.of_mut(*kind).push(pair);
            }
        }
        view
    }

    /// How the board calls what these peers call so. Hidden is what the board knows as something else of theirs:
    /// `Custom:berlin-100` from a PBX whose `PJSIP/100` is called so.
    ///
    /// Nothing is allocated where no rule fits, or one that keeps the name.
    #[must_use]
    pub fn to_board(&self, local: &Subject) -> Translation {
        self.translated(local, |pair| (&pair.here, &pair.board))
    }

    /// How these peers call what the board calls so. Hidden is what they would take for something of their own:
    /// `PJSIP/100`, if that is a phone of theirs which the board calls otherwise.
    ///
    /// Nothing is allocated where no rule fits, or one that keeps the name.
    #[must_use]
    pub fn to_local(&self, subject: &Subject) -> Translation {
        self.translated(subject, |pair| (&pair.board, &pair.here))
    }

    /// Whether names of this kind are ever called otherwise or hidden.
    #[must_use]
    pub fn concerns(&self, kind: Kind) -> bool {
        !self.names.of(kind).is_empty()
    }

    /// Both directions are the same thing with the sides of each rule exchanged.
    fn translated(
        &self,
        subject: &Subject,
        sides: fn(&NamePair) -> (&NameForm, &NameForm),
    ) -> Translation {
        let pairs = self.names.of(subject.kind());
        let name = subject.name().as_str();
        let is_made = |pairs: &[NamePair], name: &str| {
            pairs.iter().any(|pair| sides(pair).1.star_in(name).is_some())
        };
        let first = pairs.iter().enumerate().find_map(|(number, pair)| {
            let (from, to) = sides(pair);
            Some((pairs.get(..number)?, from == to, to, from.star_in(name)?))
        });
        let Some((earlier, keeps, to, star)) = first else {
            return if is_made(pairs, name) { Translation::Hidden } else { Translation::Same };
        };
        let partner = if keeps { Cow::Borrowed(name) } else { Cow::Owned(to.filled(star)) };
        if is_made(earlier, &partner) {
            return Translation::Hidden;
        }
        if partner == name {
            return Translation::Same;
        }
        match SubjectName::parse(&partner) {
            Ok(partner) => Translation::Mapped(Subject::new(subject.kind(), partner)),
            Err(_) => Translation::Hidden,
        }
    }
}

// === impl Translation ===

impl Translation {
    /// What this subject is called on the other side; none where it has no name there.
    #[must_use]
    pub fn of(self, subject: &Subject) -> Option<Cow<'_, Subject>> {
        match self {
            Self::Same => Some(Cow::Borrowed(subject)),
            Self::Mapped(other) => Some(Cow::Owned(other)),
            Self::Hidden => None,
        }
    }
}
