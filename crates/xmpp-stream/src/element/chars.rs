//! Which characters XML 1.0 allows where, and what references stand for.
//!
//! Our own tables, because quick-xml checks neither characters nor names.

use std::borrow::Cow;

use quick_xml::escape::{EscapeError, unescape};

use crate::stream_error::{StreamCondition, StreamError};

/// Whether `c` may occur in a document at all (XML 1.0, 2.2).
fn is_char(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Refuses text with a character that XML does not have.
///
/// # Errors
/// `not-well-formed`.
pub fn check_chars(text: &str) -> Result<(), StreamError> {
    let bytes = text.as_bytes();
    // Only control characters and 0xEF, which begins U+FFFE, can be wrong: most text has neither.
    let suspicious = |&b: &u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r') || b == 0xef;
    if !bytes.iter().any(suspicious) || text.chars().all(is_char) {
        return Ok(());
    }
    Err(StreamCondition::NotWellFormed.with("a character that XML does not allow"))
}

/// Refuses what character data outside CDATA sections must not hold (XML 1.0, 2.4).
///
/// # Errors
/// `not-well-formed`.
pub fn check_text(text: &str) -> Result<(), StreamError> {
    if text.contains("]]>") {
        return Err(StreamCondition::NotWellFormed.with("']]>' outside CDATA"));
    }
    Ok(())
}

/// Splits a qualified name into prefix (empty for none) and local part.
///
/// # Errors
/// `not-well-formed` if it is not a name (Namespaces in XML 1.0, 4).
pub fn split_name(name: &str) -> Result<(&str, &str), StreamError> {
    if is_plain_name(name) {
        return Ok(("", name));
    }
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, local)) => (prefix, local),
        None => ("", name),
    };
    let prefixed = local.len() < name.len();
    if is_ncname(local) && (!prefixed || is_ncname(prefix)) {
        Ok((prefix, local))
    } else {
        Err(StreamCondition::NotWellFormed.with("not a name"))
    }
}

/// All but a few names that exist: ASCII without a colon.
fn is_plain_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_ncname(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// XML 1.0, production 4, without the colon.
fn is_name_start(c: char) -> bool {
    matches!(c,
        'a'..='z' | 'A'..='Z' | '_' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}'
        | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}'
        | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

/// XML 1.0, production 4a, without the colon.
fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}'
            | '\u{203f}'..='\u{2040}')
}

/// Resolves references and normalises white space in an attribute's value (XML 1.0, 3.3.3).
///
/// # Errors
/// `restricted-xml` for an entity beyond the five that XML predefines, `not-well-formed` else.
pub fn attribute_value(raw: &str) -> Result<Cow<'_, str>, StreamError> {
    let special = |&b: &u8| matches!(b, b'&' | b'<' | b'\t' | b'\n' | b'\r');
    if !raw.as_bytes().iter().any(special) {
        return Ok(Cow::Borrowed(raw));
    }
    if raw.contains('<') {
        return Err(StreamCondition::NotWellFormed.with("'<' inside an attribute"));
    }
    // Before references are resolved: a character written as a reference stays what it is.
    let blank = match raw.contains(['\t', '\n', '\r']) {
        true => Cow::Owned(raw.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ")),
        false => Cow::Borrowed(raw),
    };
    let value = unescape(&blank).map_err(reference_error)?;
    check_chars(&value)?;
    Ok(Cow::Owned(value.into_owned()))
}

/// What the reference `&name;` stands for.
///
/// # Errors
/// As [`attribute_value`].
pub fn resolve_reference(name: &str) -> Result<String, StreamError> {
    let text = unescape(&format!("&{name};")).map_err(reference_error)?.into_owned();
    check_chars(&text)?;
    Ok(text)
}

fn reference_error(error: EscapeError) -> StreamError {
    match error {
        EscapeError::UnrecognizedEntity(_, name) if split_name(&name).is_ok() => {
            StreamCondition::RestrictedXml
                .with("a reference to an entity that XML does not predefine")
        }
        _ => StreamCondition::NotWellFormed.with("a broken reference"),
    }
}
