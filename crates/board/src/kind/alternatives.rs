//! What could be said to change a lamp, as the rule of its kind sees it.

use std::fmt;

/// What changes a lamp when it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alternatives<V> {
    /// Any value but the present one changes the lamp.
    AnythingElse,
    /// Another value than the lamp's; the word for such a value.
    Another(&'static str),
    /// These values change the lamp; an empty list means that nothing does.
    Some(Vec<Alternative<V>>),
}

/// A value that an origin could say, and what the lamp would then show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative<V> {
    /// The value that the origin could say.
    pub said: V,
    /// What the lamp shows then.
    pub lamp: V,
}

// === impl Alternatives ===

impl<V> Alternatives<V> {
    /// The same alternatives with values of another type.
    pub(super) fn map<W>(self, into: impl Fn(V) -> W) -> Alternatives<W> {
        let each = |Alternative { said, lamp }| Alternative { said: into(said), lamp: into(lamp) };
        match self {
            Self::AnythingElse => Alternatives::AnythingElse,
            Self::Another(word) => Alternatives::Another(word),
            Self::Some(values) => Alternatives::Some(values.into_iter().map(each).collect()),
        }
    }
}

impl<V: fmt::Display + PartialEq> fmt::Display for Alternative<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.said == self.lamp {
            self.said.fmt(f)
        } else {
            write!(f, "{} (gives {})", self.said, self.lamp)
        }
    }
}
