//! Cuts the server's bytes into stanzas with a strict parser of its own: namespaces must be right,
//! and what the server sends must be one well-formed document.

use rxml::error::EndOrError;
use rxml::{AttrMap, Event, Namespace, Parse, Parser};

use super::element::Tree;
use super::{End, Stanza};

/// What the server has sent, piece by piece.
pub enum Incoming {
    /// The stream header, which is checked and not kept.
    Header,
    /// One complete stanza, checked by a strict parser.
    Stanza(Stanza),
    /// The end of the stream, `</stream:stream>`.
    End,
}

/// The reading side of one stream.
pub struct Framer {
    parser: Parser,
    bytes: Vec<u8>,
    /// How much of `bytes` the parser has taken.
    taken: usize,
    /// Where the stanza being read begins in `bytes`.
    start: usize,
    header: Option<AttrMap>,
    tree: Tree,
}

impl Framer {
    pub fn new() -> Self {
        Self {
            parser: Parser::new(),
            bytes: Vec::new(),
            taken: 0,
            start: 0,
            header: None,
            tree: Tree::default(),
        }
    }

    /// An attribute of the stream header; none before it came.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (namespace, name) = match name.strip_prefix("xml:") {
            Some(name) => (Namespace::xml(), name),
            None => (Namespace::none(), name),
        };
        self.header.as_ref()?.get(namespace, name).map(String::as_str)
    }

    /// More bytes from the server.
    pub fn push(&mut self, bytes: &[u8]) {
        // What belongs to earlier stanzas is no longer needed.
        self.bytes.drain(..self.start);
        self.taken -= self.start;
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes what was pushed and not yet given out.
    pub fn unread(&mut self) -> Vec<u8> {
        let unread = self.bytes.split_off(self.start);
        (self.taken, self.start) = (0, 0);
        self.bytes.clear();
        unread
    }

    /// The next complete thing in what was pushed.
    pub fn next(&mut self) -> Result<Option<Incoming>, End> {
        loop {
            let mut rest = &self.bytes[self.taken..];
            let before = rest.len();
            let event = self.parser.parse(&mut rest, false);
            self.taken += before - rest.len();
            match event {
                Ok(Some(event)) => {
                    if let Some(incoming) = self.take(event) {
                        return Ok(Some(incoming));
                    }
                }
                Ok(None) | Err(EndOrError::NeedMoreData) => return Ok(None),
                Err(EndOrError::Error(error)) => {
                    let text = String::from_utf8_lossy(&self.bytes[self.start..]);
                    return Err(End::NotXml(format!("{error} near {text}")));
                }
            }
        }
    }

    fn take(&mut self, event: Event) -> Option<Incoming> {
        match event {
            Event::XmlDeclaration(..) => None,
            Event::StartElement(_, _, attributes) if self.header.is_none() => {
                self.header = Some(attributes);
                self.start = self.taken;
                Some(Incoming::Header)
            }
            Event::EndElement(_) if self.tree.depth() == 0 => Some(Incoming::End),
            event => {
                let element = self.tree.take(event);
                let outside = self.tree.depth() == 0;
                let raw = outside.then(|| {
                    let raw = String::from_utf8_lossy(&self.bytes[self.start..self.taken]);
                    self.start = self.taken;
                    raw.into_owned()
                });
                Some(Incoming::Stanza(Stanza { element: element?, raw: raw.unwrap_or_default() }))
            }
        }
    }
}
