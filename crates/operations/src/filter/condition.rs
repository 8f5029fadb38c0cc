//! What can be asked of a lamp: each a value of its own type, so that nothing is read again when lamps are looked at.

use std::time::Duration;

use lampfield_board::{DeviceState, Kind, Origin, Pattern, Subject, Value};

use super::{Numbers, Sight};

/// One thing that can be asked of a lamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It is of this kind.
    Kind(Kind),
    /// Its name has this in it, in whatever case. Held in lower case.
    Word(String),
    /// Its name has one of these numbers in it.
    Numbers(Numbers),
    /// Its name fits, without its kind in front or with it.
    Pattern(Pattern),
    /// It is a device in this state.
    State(DeviceState),
    /// Somebody at a site of such a name says something about it.
    Site(Pattern),
    /// An origin of such a name says something about it.
    Origin(Pattern),
    /// It has this mark.
    Is(Mark),
    /// It has shown what it shows for so long.
    For(Lasting),
}

/// What is remarkable about a lamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It rests on silent origins alone.
    Stale,
    /// It has changed again and again lately.
    Flapping,
}

/// For how long a lamp has shown what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// For at least so long.
    AtLeast(Duration),
    /// For a shorter time.
    Under(Duration),
}

// === impl Condition ===

impl Condition {
    pub(super) fn holds(&self, lamp: &impl Sight) -> bool {
        let subject = lamp.subject();
        match self {
            Self::Kind(kind) => subject.kind() == *kind,
            Self::Word(word) => has_word(subject, word),
            Self::Numbers(numbers) => numbers.are_in(subject.name().as_str()),
            Self::Pattern(pattern) => {
                pattern.matches(subject.name().as_str()) || pattern.matches(&subject.to_string())
            }
            Self::State(state) => lamp.lamp().and_then(Value::get) == Some(state),
            Self::Site(pattern) => lamp.is_said_at(&|site| pattern.matches(site.as_str())),
            Self::Origin(pattern) => lamp.is_said_by(&|origin| is_called(origin, pattern)),
            Self::Is(Mark::Stale) => lamp.is_stale(),
            Self::Is(Mark::Flapping) => lamp.is_flapping(),
            Self::For(Lasting::AtLeast(time)) => lamp.shown_for() >= *time,
            Self::For(Lasting::Under(time)) => lamp.shown_for() < *time,
        }
    }

    /// The name that is asked for, without what stands for other characters in it; none where it is no name of a lamp.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Word(word) => Some(word.clone()),
            Self::Numbers(numbers) => numbers.only(),
            Self::Pattern(pattern) => Some(pattern.as_str().replace(['*', '?'], "")),
            Self::Kind(kind) => Some(kind.to_string()),
            _ => None,
        }
    }

    pub(super) fn is_name(&self) -> bool {
        match self {
            Self::Word(_) | Self::Numbers(_) | Self::Pattern(_) => true,
            Self::Site(_) | Self::Origin(_) => true,
            Self::Kind(_) | Self::State(_) | Self::Is(_) | Self::For(_) => false,
        }
    }
}

/// With its kind in front only where that is written: the word for it is no part of a name.
fn has_word(subject: &Subject, word: &str) -> bool {
    let name = subject.name().as_str().to_lowercase();
    name.contains(word)
        || word.contains('/') && format!("{}/{name}", subject.kind()).starts_with(word)
}

/// By its account, by the part of that before the `@`, or by its name within the account.
fn is_called(origin: &Origin, pattern: &Pattern) -> bool {
    let account = origin.account.as_str();
    let short = account.split('@').next().unwrap_or(account);
    [account, short].iter().any(|name| pattern.matches(name))
        || pattern.matches(&origin.identity.to_string())
}
