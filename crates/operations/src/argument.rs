//! How arguments cross from a face to an operation: as JSON, checked against the definition.

use std::time::Duration;

use lampfield_board::{Kind, WallTime};
use serde_json::{Map, Value};

use crate::definition::{Definition, Form, Need};
use crate::failure::{Exit, Failure};
use crate::moment;
use crate::nearest::nearest;

/// The arguments of one call, by their names.
pub type Arguments = Map<String, Value>;

/// The type of an argument.
pub trait ArgumentValue: Sized {
    /// What can be written for it.
    const FORM: Form;
    /// What stands if nothing is said and the definition names no default.
    const NEED: Need;

    /// Reads it. Nothing said is `null`.
    ///
    /// # Errors
    /// What could be said instead.
    fn read(given: Value) -> Result<Self, String>;

    /// Writes it; `null` if there is nothing to say.
    fn write(&self) -> Value;
}

/// A text that is shown and logged nowhere: a password on its way.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

/// A value in the JSON form of a kind, or a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken(pub Value);

/// From when on: `10m` ago, `14:03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since(pub WallTime);

/// A length of time as it is typed: `10m`, `2h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

/// The name of an argument that may be a word of the language.
pub const fn plain(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// Takes one argument out of what was said.
///
/// # Errors
/// When it is missing or cannot be one.
pub fn take<T: ArgumentValue>(
    arguments: &mut Arguments,
    name: &str,
    default: Option<&str>,
) -> Result<T, Failure> {
    let given = arguments.remove(name).unwrap_or_default();
    let given = match (given, default) {
        (Value::Null, Some(default)) => {
            // A default is written like what people type.
            serde_json::from_str(default).unwrap_or_else(|_| Value::from(default))
        }
        (Value::Null, None) if T::NEED == Need::Required => {
            let message = format!("{name} is missing");
            return Err(Failure::new(Exit::Usage, "missing-argument", message));
        }
        (given, _) => given,
    };
    T::read(given)
        .map_err(|wanted| Failure::new(Exit::Usage, "wrong-argument", format!("{name}: {wanted}")))
}

/// That nothing was said which the operation does not know.
///
/// # Errors
/// Names the first and what is nearest to it.
pub fn check_known(definition: &Definition, arguments: &Arguments) -> Result<(), Failure> {
    let unknown = arguments.keys().find(|name| definition.argument(name).is_none());
    let Some(unknown) = unknown else { return Ok(()) };
    let message = format!("\"{unknown}\" is not an argument of {}", definition.name);
    let names = definition.arguments.iter().map(|argument| argument.name);
    let failure = Failure::new(Exit::Usage, "unknown-argument", message);
    Err(match nearest(unknown, names.clone(), 3) {
        near if near.is_empty() => failure.line("arguments", names.collect::<Vec<_>>().join("  ")),
        near => failure.line("nearest", near.join("  ")),
    })
}

/// The longest text of an argument that is noted, in bytes.
const LONGEST_NOTED: usize = 256;

/// What was said as it may be noted: nothing secret, nothing unknown, nothing long.
pub fn notable(definition: &Definition, arguments: &Arguments) -> Arguments {
    let known = definition.arguments.iter().filter_map(|argument| {
        let value = arguments.get(argument.name)?;
        let noted = match argument.form {
            Form::Secret => "***".into(),
            _ => short(value),
        };
        Some((argument.name.to_owned(), noted))
    });
    known.collect()
}

fn short(value: &Value) -> Value {
    let text = value.to_string();
    if text.len() <= LONGEST_NOTED {
        return value.clone();
    }
    let end = text.floor_char_boundary(LONGEST_NOTED);
    format!("{}...", text.get(..end).unwrap_or_default()).into()
}

// === impl Hidden ===

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}

impl ArgumentValue for Hidden {
    const FORM: Form = Form::Secret;
    const NEED: Need = Need::Required;

    fn read(given: Value) -> Result<Self, String> {
        String::read(given).map(Self)
    }

    fn write(&self) -> Value {
        self.0.clone().into()
    }
}

// === impl Spoken ===

impl Spoken {
    /// What a person has typed: JSON if it is that, else a word.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_else(|_| text.into()))
    }
}

impl ArgumentValue for Spoken {
    const FORM: Form = Form::Json;
    const NEED: Need = Need::Required;

    fn read(given: Value) -> Result<Self, String> {
        Ok(Self(given))
    }

    fn write(&self) -> Value {
        self.0.clone()
    }
}

// === impl Since ===

impl ArgumentValue for Since {
    const FORM: Form = Form::Since;
    const NEED: Need = Need::Required;

    fn read(given: Value) -> Result<Self, String> {
        moment::since(&String::read(given)?).map(Self)
    }

    fn write(&self) -> Value {
        self.0.to_string().into()
    }
}

// === impl Span ===

impl ArgumentValue for Span {
    const FORM: Form = Form::Span;
    const NEED: Need = Need::Required;

    fn read(given: Value) -> Result<Self, String> {
        moment::some_time(&String::read(given)?).map(Self)
    }

    fn write(&self) -> Value {
        humantime::format_duration(self.0).to_string().into()
    }
}

// === impl ArgumentValue for what the language has ===

impl ArgumentValue for String {
    const FORM: Form = Form::Text;
    const NEED: Need = Need::Required;

    fn read(given: Value) -> Result<Self, String> {
        match given {
            Value::String(text) => Ok(text),
            other => Err(format!("a text is needed, not {other}")),
        }
    }

    fn write(&self) -> Value {
        self.as_str().into()
    }
}

impl ArgumentValue for bool {
    const FORM: Form = Form::Switch;
    const NEED: Need = Need::Default("false");

    fn read(given: Value) -> Result<Self, String> {
        match given {
            Value::Null => Ok(false),
            Value::Bool(is) => Ok(is),
            other => Err(format!("true or false is needed, not {other}")),
        }
    }

    fn write(&self) -> Value {
        (*self).into()
    }
}

impl ArgumentValue for usize {
    const FORM: Form = Form::Number;
    const NEED: Need = Need::Required;

    fn read(given: Value) -> Result<Self, String> {
        let number = given.as_u64().and_then(|number| Self::try_from(number).ok());
        number.ok_or_else(|| format!("a whole number is needed, not {given}"))
    }

    fn write(&self) -> Value {
        (*self as u64).into()
    }
}

impl ArgumentValue for Vec<String> {
    const FORM: Form = Form::Texts;
    const NEED: Need = Need::Optional;

    fn read(given: Value) -> Result<Self, String> {
        match given {
            Value::Null => Ok(Self::new()),
            Value::Array(texts) => texts.into_iter().map(String::read).collect(),
            other => Err(format!("a list of texts is needed, not {other}")),
        }
    }

    fn write(&self) -> Value {
        if self.is_empty() { Value::Null } else { self.as_slice().into() }
    }
}

impl ArgumentValue for WallTime {
    const FORM: Form = Form::Moment;
    const NEED: Need = Need::Required;

    fn read(given: Value) -> Result<Self, String> {
        moment::moment(&String::read(given)?)
    }

    fn write(&self) -> Value {
        self.to_string().into()
    }
}

impl ArgumentValue for Kind {
    const FORM: Form = Form::Kind;
    const NEED: Need = Need::Required;

    fn read(given: Value) -> Result<Self, String> {
        String::read(given)?
            .parse()
            .map_err(|error: lampfield_board::UnknownKind| error.to_string())
    }

    fn write(&self) -> Value {
        self.as_str().into()
    }
}

impl<T: ArgumentValue> ArgumentValue for Option<T> {
    const FORM: Form = T::FORM;
    const NEED: Need = Need::Optional;

    fn read(given: Value) -> Result<Self, String> {
        match given {
            Value::Null => Ok(None),
            given => T::read(given).map(Some),
        }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::write)
    }
}
