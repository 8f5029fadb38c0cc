//! Takes a start tag's attributes apart. Our own, because the tokenizer's iterator lets through what
//! XML forbids (no blank between two attributes) and remembers all names in lists of its own.

use super::chars::attribute_value;
use crate::stream_error::{StreamCondition, StreamError};
use std::borrow::Cow;

/// The attributes in what follows a start tag's name: (qualified name, value).
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a str,
}

impl<'a> Attributes<'a> {
    /// `rest` is the tag's content after its name, without `>` or `/>`.
    pub fn new(rest: &'a str) -> Self {
        Self { rest }
    }

    /// ASCII's white space is XML's and the form feed, which XML does not have at all.
    fn parse(&mut self) -> Result<Option<(&'a str, Cow<'a, str>)>, StreamError> {
        let text = self.rest.trim_ascii_start();
        if text.is_empty() {
            return Ok(None);
        }
        if text.len() == self.rest.len() {
            return Err(StreamCondition::NotWellFormed.with("no blank before an attribute"));
        }
        let Some((name, after)) = split_at(text, b'=') else {
            return Err(StreamCondition::NotWellFormed.with("an attribute without a value"));
        };
        let after = after.trim_ascii_start();
        let quoted = match after.as_bytes().first() {
            Some(&quote @ (b'\'' | b'"')) => after.get(1..).and_then(|text| split_at(text, quote)),
            _ => None,
        };
        let Some((value, rest)) = quoted else {
            return Err(StreamCondition::NotWellFormed.with("an attribute value without quotes"));
        };
        self.rest = rest;
        Ok(Some((name.trim_ascii_end(), attribute_value(value)?)))
    }
}

/// As `split_once`, which is slower on texts as short as these. `sign` is ASCII.
fn split_at(text: &str, sign: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == sign)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<(&'a str, Cow<'a, str>), StreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.parse().transpose()
    }
}
