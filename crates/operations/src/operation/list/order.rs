//! In which order lamps are listed.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use lampfield_board::{Subject, SubjectFacts, Value as Shown};
use lampfield_hub::Hub;
use serde_json::Value;

use crate::argument::ArgumentValue;
use crate::definition::{Form, Need};
use crate::operation::seen::shown_since;

/// By what lamps are ordered. Those that are alike come by kind and name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    by: By,
    is_reversed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum By {
    /// Kind and name.
    #[default]
    Name,
    /// The moment since when it shows what it shows.
    Since,
    /// What it shows, by the letters of it.
    Value,
    /// How many say something about it.
    Facts,
}

/// The place of a lamp in the order.
#[derive(PartialEq, Eq)]
pub(super) struct Position {
    rank: Rank,
    is_reversed: bool,
    subject: Subject,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Subject(Subject),
    Number(u64),
    Text(String),
}

// === impl Order ===

impl Order {
    /// Where a lamp belongs.
    pub(super) fn position(self, hub: &Hub, facts: SubjectFacts<'_>, lamp: &Shown) -> Position {
        let subject = facts.subject().clone();
        let rank = match self.by {
            By::Name => Rank::Subject(subject.clone()),
            By::Since => Rank::Number(shown_since(hub, facts).millis()),
            By::Value => Rank::Text(lamp.to_string()),
            By::Facts => {
                Rank::Number(facts.facts().filter(|fact| fact.state.is_live()).count() as u64)
            }
        };
        Position { rank, is_reversed: self.is_reversed, subject }
    }
}

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (is_reversed, word) = match text.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, text),
        };
        let by = By::ALL.into_iter().find(|by| by.as_str() == word);
        let by = by.ok_or("write name, since, value or facts; -since reverses the order")?;
        Ok(Self { by, is_reversed })
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.is_reversed { "-" } else { "" }, self.by.as_str())
    }
}

impl ArgumentValue for Order {
    const FORM: Form = Form::Text;
    const NEED: Need = Need::Required;

    fn read(given: Value) -> Result<Self, String> {
        String::read(given)?.parse()
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }
}

// === impl By ===

impl By {
    const ALL: [Self; 4] = [Self::Name, Self::Since, Self::Value, Self::Facts];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Since => "since",
            Self::Value => "value",
            Self::Facts => "facts",
        }
    }
}

// === impl Position ===

impl Ord for Position {
    fn cmp(&self, other: &Self) -> Ordering {
        let by = self.rank.cmp(&other.rank);
        let by = if self.is_reversed { by.reverse() } else { by };
        by.then_with(|| self.subject.cmp(&other.subject))
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
