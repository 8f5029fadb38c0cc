//! A stanza as a tree to look things up in. The tree is three flat lists that borrow from the bytes
//! it was read from, so that neither reading nor dropping it ever recurses.

mod attributes;
mod chars;
mod namespaces;
mod parse;
mod start_tag;

use std::borrow::Cow;

pub(crate) use attributes::Attributes;
pub(crate) use chars::{check_chars, check_text, resolve_reference};
pub use namespaces::Scope;
pub(crate) use namespaces::check_declaration;
pub(crate) use start_tag::{Part as StartTagPart, StartTag};

use crate::limits::StanzaLimits;
use crate::stream_error::StreamError;

/// One parsed top-level element with everything inside it.
#[derive(Debug)]
pub struct Stanza<'a> {
    source: &'a str,
    /// Depth first; an element is followed by what is inside it.
    items: Vec<Item<'a>>,
    /// Every element's attributes, one element's after the other's.
    attrs: Vec<Attr<'a>>,
}

/// An element of a [`Stanza`]: a cheap handle to look at it with.
#[derive(Clone, Copy)]
pub struct Element<'t> {
    stanza: &'t Stanza<'t>,
    index: usize,
    data: &'t ElementData<'t>,
}

/// An attribute that is not a namespace declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attr<'a> {
    ns: Cow<'a, str>,
    name: &'a str,
    value: Cow<'a, str>,
}

/// What stands directly inside an element.
#[derive(Clone, Copy, Debug)]
pub enum Node<'t> {
    /// A child element with all that is in it.
    Element(Element<'t>),
    /// Character data with entities and CDATA sections resolved; never empty.
    Text(&'t str),
}

#[derive(Debug)]
enum Item<'a> {
    Element(ElementData<'a>),
    Text(Cow<'a, str>),
}

#[derive(Debug)]
struct ElementData<'a> {
    ns: Cow<'a, str>,
    name: &'a str,
    /// Where its attributes are in `Stanza::attrs`.
    attrs: (usize, usize),
    /// The first item after everything inside it.
    end: usize,
    /// Where it stands in `Stanza::source`.
    raw: (usize, usize),
}

// === impl Stanza ===

impl<'a> Stanza<'a> {
    /// Reads one complete top-level element. `scope` holds what the stream header declared; use
    /// [`Scope::NONE`] where every element stands for itself (RFC 7395).
    ///
    /// # Errors
    /// The stream error that the sender must get: `unsupported-encoding`, `not-well-formed`,
    /// `restricted-xml`, `bad-namespace-prefix`, or `policy-violation` for `limits`.
    pub fn parse(
        bytes: &'a [u8],
        scope: &'a Scope,
        limits: &StanzaLimits,
    ) -> Result<Self, StreamError> {
        parse::stanza(bytes, scope, limits)
    }

    /// The element that the stanza consists of, such as `iq`.
    pub fn root(&self) -> Element<'_> {
        // The parser returns no stanza without an element in the first place.
        static NOTHING: ElementData<'static> =
            ElementData { ns: Cow::Borrowed(""), name: "", attrs: (0, 0), end: 0, raw: (0, 0) };
        self.element(0).unwrap_or(Element { stanza: self, index: 0, data: &NOTHING })
    }

    fn element(&self, index: usize) -> Option<Element<'_>> {
        match self.items.get(index)? {
            Item::Element(data) => Some(Element { stanza: self, index, data }),
            Item::Text(_) => None,
        }
    }
}

// === impl Element ===

impl<'t> Element<'t> {
    /// The name without its prefix.
    pub fn name(self) -> &'t str {
        self.data.name
    }

    /// The namespace, declared here or further out; empty for none.
    pub fn ns(self) -> &'t str {
        &self.data.ns
    }

    /// Whether the element has this local name in this namespace.
    pub fn is(self, ns: &str, name: &str) -> bool {
        self.name() == name && self.ns() == ns
    }

    /// The value of an attribute without a prefix.
    pub fn attr(self, name: &str) -> Option<&'t str> {
        self.attr_ns("", name)
    }

    /// The value of an attribute whose prefix means `ns`, such as `xml:lang` with [`crate::ns::XML`].
    pub fn attr_ns(self, ns: &str, name: &str) -> Option<&'t str> {
        self.attrs().find(|attr| attr.name == name && attr.ns == ns).map(Attr::value)
    }

    /// All attributes in the order they came, without namespace declarations.
    pub fn attrs(self) -> std::slice::Iter<'t, Attr<'t>> {
        let (from, to) = self.data.attrs;
        self.stanza.attrs.get(from..to).unwrap_or_default().iter()
    }

    /// What is directly inside, in order.
    pub fn nodes(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            let index = next;
            if index >= self.data.end {
                return None;
            }
            match self.stanza.items.get(index)? {
                Item::Element(data) => {
                    next = data.end;
                    Some(Node::Element(Element { stanza: self.stanza, index, data }))
                }
                Item::Text(text) => {
                    next = index + 1;
                    Some(Node::Text(text))
                }
            }
        })
    }

    /// The children, in order.
    pub fn children(self) -> impl Iterator<Item = Element<'t>> + use<'t> {
        self.nodes().filter_map(|node| match node {
            Node::Element(child) => Some(child),
            Node::Text(_) => None,
        })
    }

    /// The first child that is `name` in `ns`.
    pub fn child(self, ns: &str, name: &str) -> Option<Element<'t>> {
        self.children().find(|child| child.is(ns, name))
    }

    /// The first child whatever it is: the payload of an IQ.
    pub fn first_child(self) -> Option<Element<'t>> {
        self.children().next()
    }

    /// The character data directly inside, joined; empty for none.
    pub fn text(self) -> Cow<'t, str> {
        let mut texts = self.nodes().filter_map(|node| match node {
            Node::Text(text) => Some(text),
            Node::Element(_) => None,
        });
        let first = texts.next().unwrap_or_default();
        match texts.next() {
            None => Cow::Borrowed(first),
            Some(second) => {
                let joined = [first, second].into_iter().chain(texts).collect();
                Cow::Owned(joined)
            }
        }
    }

    /// The text of the first child that is `name` in `ns`.
    pub fn child_text(self, ns: &str, name: &str) -> Option<Cow<'t, str>> {
        self.child(ns, name).map(Element::text)
    }

    /// The element as it stood in the stream. It may lean on declarations further out; to put it
    /// elsewhere use [`crate::writer::copy`].
    pub fn raw(self) -> &'t str {
        let (from, to) = self.data.raw;
        self.stanza.source.get(from..to).unwrap_or_default()
    }
}

impl std::fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.raw())
    }
}

// === impl Attr ===

impl Attr<'_> {
    /// What the prefix means; empty for none.
    pub fn ns(&self) -> &str {
        &self.ns
    }

    /// The name without its prefix.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The value with entities resolved.
    pub fn value(&self) -> &str {
        &self.value
    }
}

#[cfg(test)]
mod tests;
