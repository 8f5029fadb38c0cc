//! What a lamp can be about. A kind is one file in `kind/` with one [`FactValue`] in it: its value, its words, its
//! stored form, the rule that folds what several origins say into what the lamp shows, and the explanation
//! of that rule. The list in `kind/list.rs` is the only one in the program: everything else asks a [`Kind`] or a
//! [`Value`].

mod agent;
mod alternatives;
mod ban;
mod conference;
mod custom;
mod device;
mod list;
mod mailbox;
mod newest;
mod own_words;
mod presence;
mod queue;
mod reason;
mod registration;
mod typed;

use std::fmt;
use std::hash::Hasher;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::revision::Revision;
use crate::wall_time::WallTime;
pub use agent::{Agent, Pause};
pub use alternatives::{Alternative, Alternatives};
pub use ban::Ban;
pub use conference::Conference;
pub use custom::Custom;
pub use device::{DeviceState, UnknownDeviceState};
pub use list::{Kind, PerKind, UnknownKind, Value};
pub use mailbox::MessageCount;
pub use presence::{Presence, Show};
pub use queue::Queue;
pub use reason::Reason;
pub use registration::{Contact, Registration};

/// What becomes of a fact when its origin is gone and no policy says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterLoss {
    /// It ends with its origin's lease: it said what is, and nobody knows any longer.
    Withdraw,
    /// It stays until somebody says otherwise: it said what was stored, and that is still there.
    Keep,
}

/// Under what a peer that keeps a cache files what it hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filing {
    /// One value for each entity id, as Asterisk's device cache does.
    ByOrigin,
    /// One value for each subject, whoever said it last.
    BySubject,
}

/// A live fact as a rule sees it.
#[derive(Debug)]
pub struct Arrived<'a, V> {
    /// Its place in the order of the board.
    pub at: Revision,
    /// The value that its origin says now.
    pub value: &'a V,
}

/// Why a value cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The value is longer than [`FactValue::MOST_BYTES`].
    #[error("the {kind} has {bytes} bytes as JSON; the limit is {limit}")]
    TooLarge {
        /// The word of its kind.
        kind: &'static str,
        /// The length of the value as JSON text.
        bytes: usize,
        /// The most bytes allowed: [`FactValue::MOST_BYTES`].
        limit: usize,
    },
    /// It is not what a value of its kind looks like.
    #[error("not a value of the kind {kind}: {reason}")]
    Malformed {
        /// The word of the kind.
        kind: &'static str,
        /// What is wrong with the value, as a part of a sentence.
        reason: String,
    },
    /// It was stored in a form that this version cannot read.
    #[error("the {kind} was stored in form {version}; this version reads up to {known}")]
    Newer {
        /// The word of the kind.
        kind: &'static str,
        /// The form it was stored in.
        version: u8,
        /// The newest form that is known.
        known: u8,
    },
}

/// What a kind of fact is. Implemented by the type of its values, once, in a file of its own; how to add one is
/// told in `docs/contributing/a-new-kind.md`.
///
/// The serde form of the type is what people see in JSON; it is stored in the same form unless
/// [`FactValue::from_stored`] says otherwise.
pub trait FactValue:
    Clone + PartialEq + fmt::Debug + fmt::Display + Serialize + DeserializeOwned
{
    /// The word for the kind in commands, answers, stored keys and [`Subject`](crate::Subject) texts: lower case, one
    /// word.
    const WORD: &'static str;
    /// What the kind is about, in one sentence for people.
    const ABOUT: &'static str;
    /// How a value is typed, for whoever has typed something else: words, or JSON with its types in capitals.
    const FORM: &'static str;
    /// The word for the rule by which facts are folded.
    const RULE: &'static str;
    /// What another value is called in "if pbx-a says another ..".
    const ANOTHER: &'static str;
    /// What becomes of a fact when its origin is gone and no policy says otherwise.
    const AFTER_LOSS: AfterLoss = AfterLoss::Withdraw;
    /// Under what peers that keep a cache file it.
    const FILING: Filing = Filing::ByOrigin;
    /// Whether the newest fact is what the lamp shows, so that to say something again after another origin was heard
    /// is news.
    const NEWEST_WINS: bool = false;
    /// Whether a fact may end by itself at a moment that it names.
    const MAY_EXPIRE: bool = false;
    /// Fields that the board sets, whatever is typed there; nobody is offered them.
    const SET_BY_BOARD: &'static [&'static str] = &[];
    /// Whether no value can tell who or where somebody is, so that it may be remembered of a subject whose name is masked.
    const IS_ANONYMOUS: bool = false;
    /// The longest value, in bytes of its JSON.
    const MOST_BYTES: usize;
    /// The version of the stored form that is written. A higher one than an older program knows is left alone by it.
    const STORED_FORM: u8 = 1;

    /// Some values that all differ, the first one as a manual would show it. The tests of every crate try all of them.
    fn examples() -> Vec<Self>;

    /// What the lamp shows: the fold of the live facts of one subject, in whatever order they come. None without
    /// facts.
    fn fold<'a>(facts: impl Iterator<Item = Arrived<'a, Self>> + Clone) -> Option<Self>
    where
        Self: 'a;

    /// Why the facts give this lamp, and which of them it rests on.
    fn explain(facts: &[Arrived<'_, Self>], lamp: &Self) -> Reason;

    /// For each of the origins of a subject, what it could say to change the lamp. `said` holds what each says, none
    /// where its fact has ended.
    fn what_if(said: &[Option<&Self>], lamp: Option<&Self>) -> Vec<Alternatives<Self>> {
        let _ = lamp;
        said.iter().map(|_| Alternatives::Another(Self::ANOTHER)).collect()
    }

    /// Reads what was stored in one of the forms up to [`FactValue::STORED_FORM`].
    ///
    /// # Errors
    /// When it cannot be read.
    fn from_stored(form: u8, stored: serde_json::Value) -> Result<Self, ValueError> {
        let (kind, known) = (Self::WORD, Self::STORED_FORM);
        if form > known {
            return Err(ValueError::Newer { kind, version: form, known });
        }
        serde_json::from_value(stored).map_err(|error| ValueError::Malformed {
            kind,
            reason: own_words::of(&error, Self::SET_BY_BOARD),
        })
    }

    /// Whether the value is within the limits of its kind.
    ///
    /// # Errors
    /// When it is too large.
    fn check(&self) -> Result<(), ValueError> {
        let bytes = serde_json::to_string(self).map_or(usize::MAX, |text| text.len());
        let (kind, limit) = (Self::WORD, Self::MOST_BYTES);
        if bytes > limit { Err(ValueError::TooLarge { kind, bytes, limit }) } else { Ok(()) }
    }

    /// Whether it says the same as what its origin had said, so that nobody needs to hear it. It may differ in
    /// deadlines, which are then taken over.
    fn repeats(&self, held: &Self) -> bool {
        self == held
    }

    /// When something of it ends by itself, if it does. Wall-clock time: the hub turns it into a moment of the
    /// monotonic clock when it is said.
    fn deadline(&self) -> Option<WallTime> {
        None
    }

    /// The same, ending at a moment. None where a value of this kind has no end of its own.
    fn ending_at(&self, moment: WallTime) -> Option<Self> {
        let _ = moment;
        None
    }

    /// What is left of it at a moment; none if it has ended.
    fn left_at(&self, moment: WallTime) -> Option<Self> {
        let _ = moment;
        Some(self.clone())
    }

    /// The value with what only the board can add, from what the origin had said and what the others say. None where
    /// nothing is added.
    fn placed<'a>(
        &self,
        held: Option<&Self>,
        others: impl Iterator<Item = &'a Self>,
    ) -> Option<Self>
    where
        Self: 'a,
    {
        let _ = (held, others);
        None
    }

    /// Adds it to the digest of a board: the same bytes on every build and machine.
    fn mark(&self, hasher: &mut impl Hasher) {
        hasher.write(serde_json::to_string(self).unwrap_or_default().as_bytes());
    }

    /// The value for people, its moments as `clock` writes them; `Display` writes them in UTC.
    fn told(&self, clock: &dyn Fn(WallTime) -> String) -> String {
        let _ = clock;
        self.to_string()
    }

    /// The same in a few characters, for a narrow column.
    fn brief(&self, clock: &dyn Fn(WallTime) -> String) -> String {
        self.told(clock)
    }

    /// Whether a bare name, written without its kind, looks like a subject of this one.
    fn looks_like(name: &str) -> bool {
        let _ = name;
        false
    }
}

// === impl Arrived ===

impl<V> Clone for Arrived<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Arrived<'_, V> {}
