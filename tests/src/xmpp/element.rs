//! A parsed element: enough of a tree to look into and to compare.

use std::collections::BTreeMap;
use std::fmt;

use rxml::{Event, Parse, Parser};

/// One XML element with everything in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    /// The namespace of its name.
    pub ns: String,
    /// Its name without a prefix.
    pub name: String,
    /// Attributes; those with a namespace as `{namespace}name`.
    pub attrs: BTreeMap<String, String>,
    /// Elements and texts in order.
    pub children: Vec<Node>,
}

/// What can stand inside an element.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// An element inside the element.
    Element(Element),
    /// Characters between tags, with references resolved.
    Text(String),
}

impl Element {
    /// Parses one stanza as it would stand in a stream: without a namespace it is `jabber:client`,
    /// and `stream:` is known.
    pub fn parse(text: &str) -> Result<Self, String> {
        match Self::parse_all(text)?.as_slice() {
            [one] => Ok(one.clone()),
            other => Err(format!("{} elements instead of one in {text}", other.len())),
        }
    }

    /// Parses several stanzas, as [`Self::parse`].
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let text = format!(
            "<top xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>{text}</top>"
        );
        let mut tree = Tree::default();
        let mut bytes = text.as_bytes();
        let mut top = None;
        Parser::new()
            .parse_all(&mut bytes, true, |event| top = tree.take(event).or(top.take()))
            .map_err(|error| format!("{error:?} in {text}"))?;
        Ok(top.ok_or("no element")?.elements().cloned().collect())
    }

    /// The value of an attribute.
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attrs.get(name).map(String::as_str)
    }

    /// The child elements, without the text between them.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child element of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|child| child.name == name)
    }

    /// The first element of this name at any depth, this one excluded.
    pub fn find(&self, name: &str) -> Option<&Self> {
        self.elements().find_map(
            |child| {
                if child.name == name { Some(child) } else { child.find(name) }
            },
        )
    }

    /// All text directly in it.
    pub fn text(&self) -> String {
        let texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect()
    }

    /// Whether it is `<stream:error/>`, after which the server closes the stream.
    pub fn is_stream_error(&self) -> bool {
        self.name == "error" && self.ns == "http://etherx.jabber.org/streams"
    }

    /// Adds a child, joining neighbouring texts.
    fn push(&mut self, node: Node) {
        if let (Node::Text(more), Some(Node::Text(text))) = (&node, self.children.last_mut()) {
            text.push_str(more);
        } else {
            self.children.push(node);
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} xmlns='{}'", self.name, self.ns)?;
        for (name, value) in &self.attrs {
            write!(f, " {name}='{value}'")?;
        }
        f.write_str(">")?;
        for child in &self.children {
            match child {
                Node::Element(element) => write!(f, "{element}")?,
                Node::Text(text) => f.write_str(text)?,
            }
        }
        write!(f, "</{}>", self.name)
    }
}

/// Builds elements from parser events.
#[derive(Default)]
pub(super) struct Tree {
    open: Vec<Element>,
}

impl Tree {
    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Takes one event; the element that it completed when no other stays open.
    pub fn take(&mut self, event: Event) -> Option<Element> {
        match event {
            Event::StartElement(_, (ns, name), attributes) => {
                let attrs = attributes.into_iter().map(|((ns, name), value)| match ns.is_empty() {
                    true => (name.to_string(), value),
                    false => (format!("{{{ns}}}{name}"), value),
                });
                self.open.push(Element {
                    ns: ns.to_string(),
                    name: name.to_string(),
                    attrs: attrs.collect(),
                    children: Vec::new(),
                });
                None
            }
            Event::Text(_, text) => {
                if let Some(inner) = self.open.last_mut() {
                    inner.push(Node::Text(text));
                }
                None
            }
            Event::EndElement(_) => {
                let done = self.open.pop()?;
                match self.open.last_mut() {
                    Some(parent) => {
                        parent.push(Node::Element(done));
                        None
                    }
                    None => Some(done),
                }
            }
            _ => None,
        }
    }
}
