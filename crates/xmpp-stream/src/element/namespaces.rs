//! Which prefix means which namespace at the place where the parser stands.

use std::borrow::Cow;

use crate::ns;
use crate::stream_error::{StreamCondition, StreamError};

/// Declarations that may be in force at one place of a stanza, besides the header's. Each prefix is
/// looked up among them one by one, so that without a limit a stanza would cost the square of its
/// length.
const MOST: usize = 64;

/// What the stream header declared for every stanza inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// (prefix, namespace); the empty prefix is the default namespace.
    declared: Vec<(Box<str>, Box<str>)>,
}

/// The declarations in force, innermost last.
#[derive(Debug)]
pub struct Namespaces<'a> {
    scope: &'a Scope,
    /// (depth of the declaring element, prefix, namespace).
    declared: Vec<(usize, &'a str, Cow<'a, str>)>,
}

// === impl Scope ===

impl Scope {
    /// No namespace declared: every prefix is unknown.
    pub const NONE: Self = Self { declared: Vec::new() };

    /// Unprefixed elements are in `namespace`.
    pub fn with_default(namespace: &str) -> Self {
        let mut scope = Self::NONE;
        scope.declare("", namespace);
        scope
    }

    /// The namespace of elements without a prefix; empty for none.
    pub fn default_ns(&self) -> &str {
        self.lookup("").unwrap_or_default()
    }

    pub(crate) fn declare(&mut self, prefix: &str, namespace: &str) {
        self.declared.push((prefix.into(), namespace.into()));
    }

    pub(crate) fn lookup(&self, prefix: &str) -> Option<&str> {
        let found = self.declared.iter().rev().find(|(known, _)| same(known, prefix))?;
        Some(&found.1)
    }
}

// === impl Namespaces ===

impl<'a> Namespaces<'a> {
    pub fn new(scope: &'a Scope) -> Self {
        Self { scope, declared: Vec::new() }
    }

    /// Takes note of a declaration on the element at `depth`.
    ///
    /// # Errors
    /// `not-well-formed` where Namespaces in XML 1.0 forbids the declaration, `policy-violation`
    /// for more than 64 in force.
    pub fn declare(
        &mut self,
        depth: usize,
        prefix: &'a str,
        uri: Cow<'a, str>,
    ) -> Result<(), StreamError> {
        check_declaration(prefix, &uri)?;
        if self.declared.iter().rev().any(|(at, known, _)| *at == depth && same(known, prefix)) {
            return Err(StreamCondition::NotWellFormed.with("a prefix declared twice"));
        }
        if self.declared.len() >= MOST {
            return Err(StreamCondition::PolicyViolation.with("too many namespace declarations"));
        }
        self.declared.push((depth, prefix, uri));
        Ok(())
    }

    /// Forgets what the element at `depth` declared.
    pub fn leave(&mut self, depth: usize) {
        while self.declared.last().is_some_and(|(declared_at, ..)| *declared_at >= depth) {
            self.declared.pop();
        }
    }

    /// The namespace of an element with `prefix`; empty for none.
    ///
    /// # Errors
    /// `bad-namespace-prefix` for a prefix that nobody declared.
    pub fn resolve(&self, prefix: &str) -> Result<Cow<'a, str>, StreamError> {
        let declared = self.declared.iter().rev().find(|(_, known, _)| same(known, prefix));
        if let Some((_, _, uri)) = declared {
            return Ok(uri.clone());
        }
        match self.scope.lookup(prefix) {
            Some(uri) => Ok(Cow::Borrowed(uri)),
            None if prefix.is_empty() => Ok(Cow::Borrowed("")),
            None if prefix == "xml" => Ok(Cow::Borrowed(ns::XML)),
            None => Err(StreamCondition::BadNamespacePrefix.with("a prefix that nothing declares")),
        }
    }
}

/// Nearly all prefixes are empty, and a call to compare nothing is what resolving mostly cost.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

/// Refuses what a declaration must not do (Namespaces in XML 1.0, 3).
///
/// # Errors
/// `not-well-formed`.
pub fn check_declaration(prefix: &str, uri: &str) -> Result<(), StreamError> {
    let wrong = match prefix {
        "xmlns" => true,
        "xml" => uri != ns::XML,
        "" => uri == ns::XML || uri == ns::XMLNS,
        _ => uri.is_empty() || uri == ns::XML || uri == ns::XMLNS,
    };
    if wrong {
        return Err(StreamCondition::NotWellFormed.with("a forbidden namespace declaration"));
    }
    Ok(())
}
