//! The list of kinds, and what follows from it: the enums over them, and the way from a value to its rules.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hasher;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{
    AfterLoss, Agent, Alternatives, Arrived, Ban, Conference, Custom, DeviceState, FactValue,
    Filing, MessageCount, Presence, Queue, Reason, Registration, ValueError, typed,
};
use crate::revision::Revision;
use crate::wall_time::WallTime;

/// The text is not the name of a kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a kind; the kinds are {words}", words = Kind::words())]
pub struct UnknownKind(pub String);

/// One line for each kind: its name in the enums, how its values are held (small ones as they are, others shared, so
/// that a device state costs no byte for them), and the type with its rules.
macro_rules! kinds {
    ($($kind:ident($held:ty): $value:ty,)+) => {
        /// What a subject is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind {
            $(
                #[doc = concat!("See [`", stringify!($value), "`].")]
                $kind,
            )+
        }

        /// What a fact says, and what a lamp shows.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Value {
            $(
                #[doc = concat!("Of a subject of [`Kind::", stringify!($kind), "`].")]
                $kind($held),
            )+
        }

        impl Kind {
            /// Every kind, in the order of the tables that are kept per kind.
            pub const ALL: [Self; [$(Self::$kind),+].len()] = [$(Self::$kind),+];

            /// The word for the kind in commands, answers and [`Subject`](crate::Subject) texts.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$kind => <$value>::WORD,)+ }
            }

            /// What it is about, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$kind => <$value>::ABOUT,)+ }
            }

            /// How a value of it is typed.
            #[must_use]
            pub const fn form(self) -> &'static str {
                match self { $(Self::$kind => <$value>::FORM,)+ }
            }

            /// The word for the rule by which its facts are folded.
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self { $(Self::$kind => <$value>::RULE,)+ }
            }

            /// What becomes of its facts when their origin is gone and no policy says otherwise.
            #[must_use]
            pub const fn after_loss(self) -> AfterLoss {
                match self { $(Self::$kind => <$value>::AFTER_LOSS,)+ }
            }

            /// Under what peers that keep a cache file its facts.
            #[must_use]
            pub const fn filing(self) -> Filing {
                match self { $(Self::$kind => <$value>::FILING,)+ }
            }

            /// Whether the newest fact is what the lamp shows.
            #[must_use]
            pub const fn newest_wins(self) -> bool {
                match self { $(Self::$kind => <$value>::NEWEST_WINS,)+ }
            }

            /// Whether a fact of it may end by itself.
            #[must_use]
            pub const fn may_expire(self) -> bool {
                match self { $(Self::$kind => <$value>::MAY_EXPIRE,)+ }
            }

            /// Whether none of its values can tell who or where somebody is.
            #[must_use]
            pub const fn is_anonymous(self) -> bool {
                match self { $(Self::$kind => <$value>::IS_ANONYMOUS,)+ }
            }

            /// The longest value, in bytes of its JSON.
            #[must_use]
            pub const fn most_bytes(self) -> usize {
                match self { $(Self::$kind => <$value>::MOST_BYTES,)+ }
            }

            /// The version of the stored form that is written.
            #[must_use]
            pub const fn stored_form(self) -> u8 {
                match self { $(Self::$kind => <$value>::STORED_FORM,)+ }
            }

            /// Some values that all differ, the first one as a manual would show it.
            #[must_use]
            pub fn examples(self) -> Vec<Value> {
                match self {
                    $(Self::$kind => <$value>::examples().into_iter().map(Value::from).collect(),)+
                }
            }

            /// Whether a bare name, written without a kind, looks like one of this kind's.
            #[must_use]
            pub fn is_shape_of(self, name: &str) -> bool {
                match self { $(Self::$kind => <$value>::looks_like(name),)+ }
            }

            /// What the lamp shows: the fold of the live facts of one subject. Values of another kind are left out.
            pub fn fold<'a>(
                self,
                facts: impl Iterator<Item = (Revision, &'a Value)> + Clone,
            ) -> Option<Value> {
                match self {
                    $(Self::$kind => <$value>::fold(facts.filter_map(|(at, value)| {
                        Some(Arrived { at, value: <$value>::try_from_value(value)? })
                    })).map(Value::from),)+
                }
            }

            pub(crate) fn explain(self, facts: &[(Revision, &Value)], lamp: &Value) -> Option<Reason> {
                match self {
                    $(Self::$kind => {
                        let facts: Vec<_> = facts.iter().filter_map(|(at, value)| {
                            Some(Arrived { at: *at, value: <$value>::try_from_value(value)? })
                        }).collect();
                        Some(<$value>::explain(&facts, <$value>::try_from_value(lamp)?))
                    })+
                }
            }

            pub(crate) fn what_if(
                self,
                said: &[Option<&Value>],
                lamp: Option<&Value>,
            ) -> Vec<Alternatives<Value>> {
                match self {
                    $(Self::$kind => {
                        let said: Vec<_> = said.iter().map(|value| {
                            <$value>::try_from_value((*value)?)
                        }).collect();
                        let lamp = lamp.and_then(<$value>::try_from_value);
                        let alternatives = <$value>::what_if(&said, lamp).into_iter();
                        alternatives.map(|each| each.map(Value::from)).collect()
                    })+
                }
            }

            /// Reads what [`Value`] was stored as, in one of the forms up to [`Kind::stored_form`].
            ///
            /// # Errors
            /// When it cannot be read.
            pub fn from_stored(
                self,
                form: u8,
                stored: serde_json::Value,
            ) -> Result<Value, ValueError> {
                match self { $(Self::$kind => <$value>::from_stored(form, stored).map(Value::from),)+ }
            }

            /// Reads a value of this kind as people write it in JSON.
            ///
            /// # Errors
            /// When it is none, or too large.
            pub fn from_json(self, json: serde_json::Value) -> Result<Value, ValueError> {
                match self {
                    $(Self::$kind => typed::read::<$value>(&json).map(Value::from),)+
                }
            }
        }

        impl Value {
            /// The kind of subject that this can be said about.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$kind(_) => Kind::$kind,)+ }
            }

            /// Whether it is within the limits of its kind.
            ///
            /// # Errors
            /// When it is too large.
            pub fn check(&self) -> Result<(), ValueError> {
                match self { $(Self::$kind(held) => Borrow::<$value>::borrow(held).check(),)+ }
            }

            /// Whether it says the same as what its origin had said.
            #[must_use]
            pub fn repeats(&self, held: &Self) -> bool {
                match (self, held) {
                    $((Self::$kind(said), Self::$kind(held)) => {
                        Borrow::<$value>::borrow(said).repeats(Borrow::<$value>::borrow(held))
                    })+
                    _ => false,
                }
            }

            /// When something of it ends by itself, if it does.
            #[must_use]
            pub fn deadline(&self) -> Option<WallTime> {
                match self { $(Self::$kind(held) => Borrow::<$value>::borrow(held).deadline(),)+ }
            }

            /// The same, ending at a moment; none where a value of its kind has no end of its own.
            #[must_use]
            pub fn ending_at(&self, moment: WallTime) -> Option<Self> {
                match self {
                    $(Self::$kind(held) => {
                        Borrow::<$value>::borrow(held).ending_at(moment).map(Self::from)
                    })+
                }
            }

            /// What is left of it at a moment; none if it has ended.
            #[must_use]
            pub fn left_at(&self, moment: WallTime) -> Option<Self> {
                match self {
                    $(Self::$kind(held) => {
                        Borrow::<$value>::borrow(held).left_at(moment).map(Self::from)
                    })+
                }
            }

            /// The value for people, its moments as `clock` writes them.
            #[must_use]
            pub fn told(&self, clock: &dyn Fn(WallTime) -> String) -> String {
                match self { $(Self::$kind(held) => Borrow::<$value>::borrow(held).told(clock),)+ }
            }

            /// The same in a few characters, for a narrow column.
            #[must_use]
            pub fn brief(&self, clock: &dyn Fn(WallTime) -> String) -> String {
                match self { $(Self::$kind(held) => Borrow::<$value>::borrow(held).brief(clock),)+ }
            }

            pub(crate) fn placed<'a>(
                &self,
                held: Option<&Self>,
                others: impl Iterator<Item = &'a Self>,
            ) -> Option<Self> {
                match self {
                    $(Self::$kind(said) => {
                        let others = others.filter_map(<$value>::try_from_value);
                        let held = held.and_then(<$value>::try_from_value);
                        Borrow::<$value>::borrow(said).placed(held, others).map(Self::from)
                    })+
                }
            }

            pub(crate) fn mark(&self, hasher: &mut impl Hasher) {
                match self { $(Self::$kind(held) => Borrow::<$value>::borrow(held).mark(hasher),)+ }
            }
        }

        impl fmt::Display for Value {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$kind(held) => held.fmt(f),)+ }
            }
        }

        /// As people see it in JSON, which is also how it is stored.
        impl Serialize for Value {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$kind(held) => Borrow::<$value>::borrow(held).serialize(to),)+ }
            }
        }

        /// A table with one place for each kind.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct PerKind<T>([T; [$(Kind::$kind),+].len()]);

        $(
            impl From<$value> for Value {
                fn from(value: $value) -> Self {
                    Self::$kind(value.into())
                }
            }

            impl InValue for $value {
                fn try_from_value(value: &Value) -> Option<&Self> {
                    match value {
                        Value::$kind(held) => Some(held.borrow()),
                        _ => None,
                    }
                }
            }
        )+
    };
}

kinds! {
    Device(DeviceState): DeviceState,
    Mailbox(MessageCount): MessageCount,
    Presence(Arc<Presence>): Presence,
    Registration(Arc<Registration>): Registration,
    Conference(Arc<Conference>): Conference,
    Agent(Arc<Agent>): Agent,
    Queue(Arc<Queue>): Queue,
    Ban(Arc<Ban>): Ban,
    Custom(Arc<Custom>): Custom,
}

/// The way from a value of any kind to one of this kind.
pub trait InValue: Sized {
    /// The value itself, if it is of this kind.
    fn try_from_value(value: &Value) -> Option<&Self>;
}

// === impl Kind ===

impl Kind {
    /// The words of all kinds, joined for a sentence such as an error message.
    pub(crate) fn words() -> String {
        let words: Vec<_> = Self::ALL.iter().map(|kind| kind.as_str()).collect();
        match words.split_last() {
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

// === impl Value ===

impl Value {
    /// The value as one of a kind's own type, if it is of that kind.
    #[must_use]
    pub fn get<T: InValue>(&self) -> Option<&T> {
        T::try_from_value(self)
    }
}

// === impl PerKind ===

impl<T> PerKind<T> {
    /// What is held for one kind; every kind has its place.
    #[expect(clippy::indexing_slicing, reason = "one place for each kind, by the same list")]
    pub fn of(&self, kind: Kind) -> &T {
        &self.0[kind as usize]
    }

    /// What is held for one kind, to be changed.
    #[expect(clippy::indexing_slicing, reason = "one place for each kind, by the same list")]
    pub fn of_mut(&mut self, kind: Kind) -> &mut T {
        &mut self.0[kind as usize]
    }

    /// What is held, each with its kind, in the order of [`Kind::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &T)> {
        Kind::ALL.into_iter().zip(&self.0)
    }
}
