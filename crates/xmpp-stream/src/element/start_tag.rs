//! One start tag with its names split and its namespace declarations told apart.

use std::borrow::Cow;

use super::Attributes;
use super::chars::split_name;
use crate::stream_error::{StreamCondition, StreamError};

/// A start tag, not yet resolved against what is declared further out.
#[derive(Debug)]
pub struct StartTag<'a> {
    /// The element's prefix, empty for none, and local name.
    pub name: (&'a str, &'a str),
    attributes: Attributes<'a>,
    limit: usize,
}

/// One attribute of a start tag.
#[derive(Debug)]
pub enum Part<'a> {
    /// The prefix (empty: the default namespace) now means the namespace.
    Declaration(&'a str, Cow<'a, str>),
    /// Prefix, local name and value.
    Attribute(&'a str, &'a str, Cow<'a, str>),
}

impl<'a> StartTag<'a> {
    /// `name` is the qualified name, `rest` what follows it up to `>` or `/>`.
    ///
    /// # Errors
    /// `not-well-formed`.
    pub fn new(name: &'a str, rest: &'a str, limit: usize) -> Result<Self, StreamError> {
        Ok(Self { name: split_name(name)?, attributes: Attributes::new(rest), limit })
    }

    /// Hands every attribute to `take`.
    ///
    /// # Errors
    /// `not-well-formed`, `restricted-xml`, `policy-violation` for too many, and what `take` says.
    pub fn each(
        &self,
        mut take: impl FnMut(Part<'a>) -> Result<(), StreamError>,
    ) -> Result<(), StreamError> {
        for (count, attribute) in self.attributes.clone().enumerate() {
            if count >= self.limit {
                return Err(StreamCondition::PolicyViolation.with("too many attributes"));
            }
            let (name, value) = attribute?;
            let (prefix, local) = split_name(name)?;
            take(match (prefix, local) {
                ("", "xmlns") => Part::Declaration("", value),
                ("xmlns", prefix) => Part::Declaration(prefix, value),
                _ => Part::Attribute(prefix, local, value),
            })?;
        }
        Ok(())
    }
}
