//! What a configuration key is: one definition yields its parser, its line in the reference page
//! and its line in the effective configuration. `section!` ties the definitions of one table to a
//! struct with the same fields, so that no key can be read and not documented.

use std::marker::PhantomData;
use std::ops::RangeInclusive;

use super::merge::{Merge, Named};
use super::reader::{Given, Reader, Refused};
use super::reference::{Applies, KeyEntry, ReferencePage, Times};
use super::show::Writer;
use super::value::Value;

/// A table of keys, with its own part of the reference page.
pub trait Section: Sized {
    /// What the table is for.
    const HELP: &'static str;
    /// Reads it; `None` if a required key is missing or a value is wrong.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
    /// Adds its keys to the reference.
    fn describe(page: &mut ReferencePage);
    /// The reference of it and all tables inside it.
    fn reference() -> ReferencePage {
        ReferencePage::of(Self::HELP, Self::describe)
    }
    /// This one with what a reload takes over from `file`.
    fn merged(&self, file: &Self, merge: &mut Merge) -> Self;
    /// Writes it with every key.
    fn show(&self, out: &mut Writer);
}

/// How a field of a section gets its value from the file.
pub trait Field {
    /// The type of the struct's field.
    type Value;
    /// Reads it; problems are noted in `reader`.
    fn read(self, name: &'static str, reader: &mut Reader<'_>) -> Option<Self::Value>;
    /// Adds it to the reference.
    fn describe(self, name: &'static str, help: &'static str, page: &mut ReferencePage);
    /// What a reload makes of it.
    fn merged(
        self,
        name: &'static str,
        running: &Self::Value,
        file: &Self::Value,
        merge: &mut Merge,
    ) -> Self::Value;
    /// Writes it as TOML.
    fn show(self, name: &'static str, value: &Self::Value, out: &mut Writer);
}

/// A key with a default.
pub struct Key<T> {
    default: T,
    former: Option<&'static str>,
    within: Option<Within<T>>,
    applies: Applies,
}

struct Within<T> {
    range: RangeInclusive<T>,
    contains: fn(&RangeInclusive<T>, &T) -> bool,
}

/// A key that must be there. It takes effect with its table.
pub struct Required<T>(PhantomData<T>);

/// A table that is there once; all its defaults if the file has none.
pub struct SingleTable<S>(PhantomData<S>);

/// A table that may be repeated: `[[name]]`.
pub struct Tables<S> {
    applies: Applies,
    /// Their names do not tell one from the other, so that a change is a change of all.
    as_one: bool,
    table: PhantomData<S>,
}

/// A key that takes `default` when the file does not say otherwise.
pub fn key<T>(default: T) -> Key<T> {
    Key { default, former: None, within: None, applies: Applies::AtStart }
}

/// A key without which its table makes no sense.
pub fn required<T>() -> Required<T> {
    Required(PhantomData)
}

/// A table inside this one.
pub fn table<S>() -> SingleTable<S> {
    SingleTable(PhantomData)
}

/// A repeated table inside this one.
pub fn tables<S>() -> Tables<S> {
    Tables { applies: Applies::AtStart, as_one: false, table: PhantomData }
}

// === impl Key ===

impl<T> Key<T> {
    /// Refuses values outside `range`.
    pub fn within(self, range: RangeInclusive<T>) -> Self
    where
        T: PartialOrd,
    {
        let contains = |range: &RangeInclusive<T>, value: &T| range.contains(value);
        Self { within: Some(Within { range, contains }), ..self }
    }

    /// It had this name once, under which files of before are still read.
    pub fn formerly(self, former: &'static str) -> Self {
        Self { former: Some(former), ..self }
    }

    /// Takes effect on SIGHUP, without a restart.
    pub fn on_reload(self) -> Self {
        Self { applies: Applies::OnReload, ..self }
    }

    /// Takes effect on SIGHUP, for `new` things (`new connections`) that begin after it.
    pub fn on_reload_for(self, new: &'static str) -> Self {
        Self { applies: Applies::OnReloadFor(new), ..self }
    }
}

impl<T: Value> Field for Key<T> {
    type Value = T;

    fn read(self, name: &'static str, reader: &mut Reader<'_>) -> Option<T> {
        let given = reader.given(name).or_else(|| reader.given(self.former?));
        let Some(given) = given else { return Some(self.default) };
        let value = read_value(name, given, reader)?;
        if let Some(Within { range, contains }) = self.within
            && !contains(&range, &value)
        {
            let refused = Refused::new(format!("{name} = {} is out of range", shown(&value)))
                .hint(format!("it may be {} to {}", shown(range.start()), shown(range.end())));
            reader.error("out-of-range", given.value.span(), refused);
            return None;
        }
        Some(value)
    }

    fn describe(self, name: &'static str, help: &'static str, page: &mut ReferencePage) {
        page.entry(KeyEntry {
            name,
            kind: T::kind(),
            default: self.default.show(),
            range: self
                .within
                .map(|Within { range, .. }| (shown(range.start()), shown(range.end()))),
            required: false,
            applies: self.applies,
            help,
        });
    }

    fn merged(self, name: &'static str, running: &T, file: &T, merge: &mut Merge) -> T {
        merge.value(name, self.applies, running, file)
    }

    fn show(self, name: &'static str, value: &T, out: &mut Writer) {
        out.key(name, value);
    }
}

// === impl Required ===

impl<T: Value> Field for Required<T> {
    type Value = T;

    fn read(self, name: &'static str, reader: &mut Reader<'_>) -> Option<T> {
        match reader.given(name) {
            Some(given) => read_value(name, given, reader),
            None => {
                reader.missing(name, &T::kind());
                None
            }
        }
    }

    fn describe(self, name: &'static str, help: &'static str, page: &mut ReferencePage) {
        let (kind, applies) = (T::kind(), Applies::AtStart);
        let entry =
            KeyEntry { name, kind, default: None, range: None, required: true, applies, help };
        page.entry(entry);
    }

    fn merged(self, name: &'static str, running: &T, file: &T, merge: &mut Merge) -> T {
        merge.value(name, Applies::AtStart, running, file)
    }

    fn show(self, name: &'static str, value: &T, out: &mut Writer) {
        out.key(name, value);
    }
}

fn read_value<T: Value>(
    name: &'static str,
    given: Given<'_>,
    reader: &mut Reader<'_>,
) -> Option<T> {
    match T::parse(given) {
        Ok(value) => Some(value),
        Err(refused) => {
            let message = format!("{name}: {}", refused.message);
            reader.error("wrong-value", given.value.span(), Refused { message, ..refused });
            None
        }
    }
}

fn shown<T: Value>(value: &T) -> String {
    value.show().unwrap_or_default()
}

// === impl SingleTable ===

impl<S: Section> Field for SingleTable<S> {
    type Value = S;

    fn read(self, name: &'static str, reader: &mut Reader<'_>) -> Option<S> {
        reader.table(name, S::read)
    }

    fn describe(self, name: &'static str, _help: &'static str, page: &mut ReferencePage) {
        page.table(name, (Times::Once, Applies::AtStart), S::HELP, S::describe);
    }

    fn merged(self, name: &'static str, running: &S, file: &S, merge: &mut Merge) -> S {
        merge.inside(name, |merge| running.merged(file, merge))
    }

    fn show(self, name: &'static str, value: &S, out: &mut Writer) {
        out.table(name, |out| value.show(out));
    }
}

// === impl Tables ===

impl<S> Tables<S> {
    /// At a start the file's tables take the place of those that were in force, all together: their order counts.
    pub fn as_one(self) -> Self {
        Self { as_one: true, ..self }
    }

    /// On SIGHUP the file's tables take the place of those that are in force.
    pub fn on_reload(self) -> Self {
        Self { applies: Applies::OnReload, ..self }
    }
}

impl<S: Section + Named + Clone + PartialEq> Field for Tables<S> {
    type Value = Vec<S>;

    fn read(self, name: &'static str, reader: &mut Reader<'_>) -> Option<Vec<S>> {
        reader.tables(name, S::read)
    }

    fn describe(self, name: &'static str, _help: &'static str, page: &mut ReferencePage) {
        page.table(name, (Times::Many, self.applies), S::HELP, S::describe);
    }

    fn merged(
        self,
        name: &'static str,
        running: &Vec<S>,
        file: &Vec<S>,
        merge: &mut Merge,
    ) -> Vec<S> {
        match self.applies {
            Applies::AtStart if !self.as_one => merge.tables(name, running, file, S::merged),
            applies => merge.value(name, applies, running, file),
        }
    }

    fn show(self, name: &'static str, value: &Vec<S>, out: &mut Writer) {
        value.iter().for_each(|one| out.tables(name, |out| one.show(out)));
    }
}

/// Defines one table: the struct, and for each field its documentation (which is the help text in
/// the reference page) and its definition. `check` may name a function that looks at the keys
/// together.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        pub struct $section:ident $(check $check:path)? {
            $($(#[doc = $help:literal])+ $field:ident: $type:ty = $definition:expr,)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $section {
            $($(#[doc = $help])+ pub $field: $type,)+
        }

        impl $crate::config::key::Section for $section {
            const HELP: &'static str = concat!($($about, "\n"),+);

            fn read(reader: &mut $crate::config::reader::Reader<'_>) -> Option<Self> {
                use $crate::config::key::Field;
                $(let $field: Option<$type> = $definition.read(stringify!($field), reader);)+
                reader.finish();
                let section = Self { $($field: $field?),+ };
                $($check(&section, reader);)?
                Some(section)
            }

            fn describe(page: &mut $crate::config::reference::ReferencePage) {
                use $crate::config::key::Field;
                fn typed<T>(field: impl Field<Value = T>) -> impl Field<Value = T> { field }
                $(typed::<$type>($definition).describe(
                    stringify!($field), concat!($($help, "\n"),+), page,
                );)+
            }

            fn merged(&self, file: &Self, merge: &mut $crate::config::merge::Merge) -> Self {
                use $crate::config::key::Field;
                Self {
                    $($field: $definition.merged(
                        stringify!($field), &self.$field, &file.$field, merge,
                    ),)+
                }
            }

            fn show(&self, out: &mut $crate::config::show::Writer) {
                use $crate::config::key::Field;
                $($definition.show(stringify!($field), &self.$field, out);)+
            }
        }
    };
}
pub(crate) use section;

/// Defines a closed set of words.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[doc = $help:literal])+ $variant:ident = $word:literal,)+ }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $help])+ $variant,)+ }

        impl $name {
            const WORDS: &[(&'static str, Self)] = &[$(($word, Self::$variant)),+];

            /// The word as written in the configuration.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl $crate::config::value::Value for $name {
            fn kind() -> String {
                $crate::config::value::one_of(Self::WORDS)
            }

            fn parse(
                given: $crate::config::reader::Given<'_>,
            ) -> Result<Self, $crate::config::reader::Refused> {
                $crate::config::value::word(given, Self::WORDS)
            }

            fn show(&self) -> Option<String> {
                Some(format!("\"{}\"", self.word()))
            }
        }
    };
}
pub(crate) use words;
