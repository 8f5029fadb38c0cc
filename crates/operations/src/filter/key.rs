//! The words in front of a colon, and what can stand behind each.

use lampfield_board::{DeviceState, Kind, Pattern};

use super::condition::{Condition, Lasting, Mark};
use crate::moment;
use crate::nearest::nearest;

/// What a term asks about, other than the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Kind,
    State,
    Site,
    Origin,
    Is,
    For,
}

/// What is wrong with a value, and what could be written instead.
pub(super) struct WrongValue {
    pub what: String,
    pub hint: String,
}

// === impl Key ===

impl Key {
    pub const ALL: [Self; 6] =
        [Self::Kind, Self::State, Self::Site, Self::Origin, Self::Is, Self::For];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::State => "state",
            Self::Site => "site",
            Self::Origin => "origin",
            Self::Is => "is",
            Self::For => "for",
        }
    }

    /// The key of this word, in whatever case: no name of a device begins with one of them and a colon.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str().eq_ignore_ascii_case(word))
    }

    /// A whole term with it.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Kind => "kind:mailbox",
            Self::State => "state:inuse",
            Self::Site => "site:berlin",
            Self::Origin => "origin:pbx-1",
            Self::Is => "is:stale",
            Self::For => "for:>2h",
        }
    }

    /// Reads what stands behind the colon.
    pub fn value(self, text: &str) -> Result<Condition, WrongValue> {
        match self {
            Self::Kind => {
                let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == text);
                kind.map(Condition::Kind)
                    .ok_or_else(|| unknown(text, "kind", &Kind::ALL.map(Kind::as_str)))
            }
            Self::State => state(text),
            Self::Site => pattern(text).map(Condition::Site),
            Self::Origin => pattern(text).map(Condition::Origin),
            Self::Is => match text {
                "stale" => Ok(Condition::Is(Mark::Stale)),
                "flapping" => Ok(Condition::Is(Mark::Flapping)),
                _ => Err(unknown(text, "mark", &["stale", "flapping"])),
            },
            Self::For => lasting(text).map(Condition::For),
        }
    }
}

/// A word of Asterisk's in whatever case, also without the line in it or with another: `notinuse`, `not-inuse`.
fn state(text: &str) -> Result<Condition, WrongValue> {
    let plain = |word: &str| word.replace(['_', '-'], "").to_lowercase();
    let is_meant = |state: &DeviceState| plain(state.as_str()) == plain(text);
    let state = DeviceState::ALL.into_iter().find(is_meant);
    state.map(Condition::State).ok_or_else(|| {
        let words = DeviceState::ALL.map(|state| state.as_str().to_lowercase());
        unknown(text, "device state", &words.each_ref().map(String::as_str))
    })
}

fn pattern(text: &str) -> Result<Pattern, WrongValue> {
    Pattern::parse(text).map_err(|error| WrongValue {
        what: error.to_string(),
        hint: "write less, with * for the rest".to_owned(),
    })
}

fn lasting(text: &str) -> Result<Lasting, WrongValue> {
    let at_least = text.strip_prefix(">=").or(text.strip_prefix('>'));
    let (time, lasting): (_, fn(_) -> _) = match (at_least, text.strip_prefix('<')) {
        (Some(time), _) => (time, Lasting::AtLeast),
        (_, Some(time)) => (time, Lasting::Under),
        (None, None) => (text, Lasting::AtLeast),
    };
    let wrong = |hint| WrongValue { what: format!("\"{time}\" is not a length of time"), hint };
    moment::duration(time).map(lasting).map_err(wrong)
}

fn unknown(text: &str, what: &str, known: &[&str]) -> WrongValue {
    let hint = match nearest(text, known.iter().copied(), 1).first() {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write one of {}", known.join(", ")),
    };
    WrongValue { what: format!("\"{text}\" is not a {what}"), hint }
}
