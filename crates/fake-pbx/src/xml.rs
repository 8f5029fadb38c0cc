//! XML as iksemel, the parser of Asterisk, reads it: names with their prefixes, attributes as they
//! stand, no white space behind a tag.
//!
//! By hand because that is what it is for: a parser that follows the standard decodes attributes and
//! knows prefixes, and so would not see what a server breaks for an Asterisk.

mod cutter;
mod escape;
mod parse;

use std::fmt;

pub use cutter::{Cutter, Piece};
pub use escape::escaped;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// The name with its prefix, if it has one.
    pub name: String,
    attrs: Vec<(String, String)>,
    inner: Vec<Inner>,
}

/// What stands in an element.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Inner {
    Node(Node),
    Text(String),
}

/// These bytes are no XML, or are more of it than is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server's XML is broken: {0}")]
pub struct Malformed(pub &'static str);

// === impl Node ===

impl Node {
    /// Reads one complete element.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        parse::element(text)
    }

    /// The value of an attribute, its entities as they stand.
    pub fn attr(&self, name: &str) -> Option<&str> {
        self.attrs.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The elements inside, in order.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.inner.iter().filter_map(|inner| match inner {
            Inner::Node(node) => Some(node),
            Inner::Text(_) => None,
        })
    }

    /// The first element inside that is called so.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children().find(|child| child.name == name)
    }

    /// The text directly inside, joined; its five entities are decoded.
    pub fn text(&self) -> String {
        let texts = self.inner.iter().filter_map(|inner| match inner {
            Inner::Text(text) => Some(text.as_str()),
            Inner::Node(_) => None,
        });
        texts.collect()
    }
}

impl fmt::Display for Node {
    /// As iksemel writes it: attributes that came escaped are escaped once more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}", self.name)?;
        for (name, value) in &self.attrs {
            write!(f, " {name}='{}'", escaped(value))?;
        }
        if self.inner.is_empty() {
            return f.write_str("/>");
        }
        f.write_str(">")?;
        for inner in &self.inner {
            match inner {
                Inner::Node(node) => node.fmt(f)?,
                Inner::Text(text) => f.write_str(&escaped(text))?,
            }
        }
        write!(f, "</{}>", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(cutter: &mut Cutter) -> Vec<String> {
        let mut found = Vec::new();
        while let Some(piece) = cutter.piece().unwrap() {
            found.push(match piece {
                Piece::Open(text) => format!("open {text}"),
                Piece::Stanza(text) => text.to_owned(),
                Piece::Close => "close".to_owned(),
            });
        }
        found
    }

    #[test]
    fn a_stream_is_cut_wherever_the_network_split_it() {
        let stream = "<?xml version='1.0'?><stream:stream id='1'>\n<a x='>'><b/><!-- <c> ' --></a> \
                      <d/>\0<e>/></e></stream:stream>";
        let wanted = [
            "open <stream:stream id='1'>",
            "<a x='>'><b/><!-- <c> ' --></a>",
            "<d/>",
            "<e>/></e>",
            "close",
        ];
        for size in 1..stream.len() {
            let mut cutter = Cutter::default();
            let mut found = Vec::new();
            for piece in stream.as_bytes().chunks(size) {
                cutter.push(piece);
                found.extend(pieces(&mut cutter));
            }
            assert_eq!(found, wanted, "in pieces of {size}");
        }
    }

    #[test]
    fn attributes_stay_as_they_are_and_text_does_not() {
        let text = "<a:x n=\"a&amp;b\" m='&#58;'>  I &lt; &apos;you&apos; <y/>\n z</a:x>";
        let node = Node::parse(text).unwrap();
        assert_eq!(node.name, "a:x");
        assert_eq!((node.attr("n"), node.attr("m")), (Some("a&amp;b"), Some("&#58;")));
        assert_eq!(node.text(), "I < 'you' z");
        assert!(node.child("y").is_some() && node.child("x").is_none());
    }

    #[test]
    fn what_is_no_xml_is_an_error_and_no_panic() {
        for text in [
            "",
            "a",
            "<",
            "<a",
            "<a>",
            "<a></b>",
            "<a b></a>",
            "<a b=c/>",
            "<a/><b/>",
            "<a b='></a>",
            "</a>",
        ] {
            assert!(Node::parse(text).is_err(), "{text}");
        }
        let deep = "<a>".repeat(10_000) + &"</a>".repeat(10_000);
        assert!(Node::parse(&deep).is_err());
        let mut cutter = Cutter::default();
        cutter.push(b"</a>");
        assert!(cutter.piece().is_err());
    }
}
