//! Reads a value as somebody wrote it in JSON.
//!
//! Stricter than `serde`, which reads a list as an object whose fields nobody has named, in the order in which they stand
//! in this program, and an object with one key as a word. Nobody means that, and the next version may order them otherwise.

use serde_json::Value as Json;

use super::{FactValue, ValueError, own_words};

/// The value, if it is one and within the limits of its kind.
pub(super) fn read<V: FactValue>(json: &Json) -> Result<V, ValueError> {
    let malformed = |reason| ValueError::Malformed { kind: V::WORD, reason };
    let value =
        V::deserialize(json).map_err(|error| malformed(own_words::of(&error, V::SET_BY_BOARD)))?;
    let written = serde_json::to_value(&value).map_err(|error| malformed(error.to_string()))?;
    match misread(json, &written) {
        Some((found, wanted)) => Err(malformed(format!("{found}, but {wanted} is needed"))),
        None => value.check().map(|()| value),
    }
}

/// Where a list or an object was read as something else: what is there, and what the value has there.
fn misread(typed: &Json, written: &Json) -> Option<(&'static str, &'static str)> {
    match (typed, written) {
        (Json::Array(typed), Json::Array(written)) => {
            typed.iter().zip(written).find_map(|(typed, written)| misread(typed, written))
        }
        (Json::Object(typed), Json::Object(written)) => {
            // What says no more than nothing is not written.
            let both = typed.iter().filter_map(|(name, one)| Some((one, written.get(name)?)));
            both.into_iter().find_map(|(typed, written)| misread(typed, written))
        }
        (Json::Array(_) | Json::Object(_), _) => Some((form(typed), form(written))),
        _ => None,
    }
}

/// What a piece of JSON is, for people.
fn form(json: &Json) -> &'static str {
    match json {
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
        Json::String(_) => "a text",
        Json::Number(_) => "a number",
        Json::Bool(_) => "true or false",
        Json::Null => "nothing",
    }
}
