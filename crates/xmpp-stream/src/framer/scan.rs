//! Finds where top-level elements end, one pass over the bytes however they are split.
//!
//! Our own on quick-xml's tag parser: its reader wants to hold a whole element before it says
//! where it ends, and to start again from the beginning when there is more.

use memchr::memchr;
use quick_xml::parser::{ElementParser, Parser};

use crate::stream_error::{StreamCondition, StreamError};

/// Remembers where in the markup the last input ended.
#[derive(Debug)]
pub struct Scanner {
    /// Whether the stream header has been seen.
    in_stream: bool,
    /// Elements open inside the stream element.
    depth: usize,
    place: Place,
    /// The byte before the present one: `/>` may be split.
    last: u8,
    /// Bytes of what has not ended yet that came with earlier inputs...
    seen: usize,
    /// ... and how many of all its bytes are whole tags and texts.
    whole: usize,
}

/// What is there of something that has not ended yet.
#[derive(Clone, Copy, Debug)]
pub struct Pending {
    /// So many of its bytes are whole tags and whole texts between them.
    pub whole: usize,
    /// What the bytes after those begin.
    pub rest: Rest,
}

/// What has begun and not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Character data outside CDATA sections.
    Text,
    /// A start tag or an end tag.
    Tag,
    /// Anything else, such as a CDATA section or a `<` alone.
    Other,
}

/// What ended where the scanner stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// `<?xml ...?>`, or a processing instruction in its place.
    Declaration,
    /// The start tag of the stream element.
    Header,
    /// A whole element below the stream element: a stanza, as a rule.
    Element,
    /// An end tag at the level of stanzas.
    StreamEnd,
}

#[derive(Debug)]
enum Place {
    /// Before a stanza; only markup may come.
    Between,
    /// Character data inside a stanza.
    Text,
    /// After `<`: what kind of tag it is shows next.
    Markup,
    /// After `<!` and that many bytes of [`CDATA`].
    Bang(usize),
    /// In a CDATA section after that many of `]]`.
    Cdata(usize),
    /// In `<?`, up to the next `?>`.
    Instruction,
    StartTag(ElementParser),
    EndTag,
}

const CDATA: &[u8] = b"[CDATA[";

// === impl Scanner ===

impl Default for Scanner {
    fn default() -> Self {
        Self { in_stream: false, depth: 0, place: Place::Between, last: 0, seen: 0, whole: 0 }
    }
}

impl Scanner {
    /// The header was right: stanzas follow.
    pub fn inside_stream(&mut self) {
        self.in_stream = true;
    }

    /// Looks through `input`; the length up to the end of what it found.
    ///
    /// # Errors
    /// `restricted-xml`, `bad-format` or `policy-violation`.
    pub fn scan(
        &mut self,
        input: &[u8],
        max_depth: usize,
    ) -> Result<Option<(usize, Found)>, StreamError> {
        let mut at = 0;
        while let Some(rest) = input.get(at..).filter(|rest| !rest.is_empty()) {
            let taken = self.step(rest)?;
            at += taken.bytes;
            self.last = input.get(at.wrapping_sub(1)).copied().unwrap_or(self.last);
            if let Some(found) = taken.end.and_then(|end| self.ended(end)) {
                (self.seen, self.whole) = (0, 0);
                return Ok(Some((at, found)));
            }
            match self.place {
                Place::Markup => self.whole = self.seen + at - 1,
                Place::Text if taken.end.is_some() => self.whole = self.seen + at,
                _ => {}
            }
            if self.depth > max_depth {
                return Err(StreamCondition::PolicyViolation.with("elements nested too deeply"));
            }
        }
        self.seen += input.len();
        Ok(None)
    }

    /// What is there of the thing that the last input did not end.
    pub fn pending(&self) -> Pending {
        let rest = match self.place {
            Place::Text => Rest::Text,
            Place::StartTag(_) | Place::EndTag => Rest::Tag,
            _ => Rest::Other,
        };
        Pending { whole: self.whole, rest }
    }

    /// Goes on to the next border.
    fn step(&mut self, rest: &[u8]) -> Result<Taken, StreamError> {
        let byte = rest.first().copied().unwrap_or_default();
        match &mut self.place {
            Place::Between if byte != b'<' => Err(self.stray(byte)),
            Place::Between => Ok(self.go(1, Place::Markup)),
            Place::Text => match memchr(b'<', rest) {
                Some(i) => Ok(self.go(i + 1, Place::Markup)),
                None => Ok(Taken::bytes(rest.len())),
            },
            Place::Markup => self.markup(byte),
            Place::Bang(matched) => {
                let matched = *matched + 1;
                match CDATA.get(matched - 1) {
                    Some(&expected) if expected != byte => Err(restricted()),
                    _ if matched == CDATA.len() => Ok(self.go(1, Place::Cdata(0))),
                    _ => Ok(self.go(1, Place::Bang(matched))),
                }
            }
            Place::Cdata(brackets) => {
                let (bytes, place) = match (byte, *brackets) {
                    (b'>', 2) => return Ok(Taken { bytes: 1, end: Some(End::Cdata) }),
                    (b']', n) => (1, Place::Cdata((n + 1).min(2))),
                    _ => (memchr(b']', rest).unwrap_or(rest.len()), Place::Cdata(0)),
                };
                Ok(self.go(bytes, place))
            }
            Place::Instruction => match memchr(b'>', rest) {
                Some(i) => {
                    let before = i.checked_sub(1).and_then(|i| rest.get(i)).unwrap_or(&self.last);
                    let end = (*before == b'?').then_some(End::Instruction);
                    Ok(Taken { bytes: i + 1, end })
                }
                None => Ok(Taken::bytes(rest.len())),
            },
            Place::StartTag(parser) => match parser.feed(rest) {
                Some(i) => {
                    let before = i.checked_sub(1).and_then(|i| rest.get(i)).unwrap_or(&self.last);
                    let end = if *before == b'/' { End::Empty } else { End::Start };
                    Ok(Taken { bytes: i + 1, end: Some(end) })
                }
                None => Ok(Taken::bytes(rest.len())),
            },
            Place::EndTag => match memchr(b'>', rest) {
                Some(i) => Ok(Taken { bytes: i + 1, end: Some(End::Close) }),
                None => Ok(Taken::bytes(rest.len())),
            },
        }
    }

    /// What kind of markup `byte`, the one after `<`, begins.
    fn markup(&mut self, byte: u8) -> Result<Taken, StreamError> {
        match byte {
            b'/' => Ok(self.go(1, Place::EndTag)),
            b'!' if self.depth > 0 => Ok(self.go(1, Place::Bang(0))),
            b'?' if !self.in_stream => Ok(self.go(1, Place::Instruction)),
            b'!' | b'?' => Err(restricted()),
            _ => Ok(self.go(0, Place::StartTag(ElementParser::default()))),
        }
    }

    /// What is wrong with `byte` where only markup may come.
    fn stray(&self, byte: u8) -> StreamError {
        match byte {
            0x80.. if !matches!(byte, 0xc2..=0xf4) => {
                StreamCondition::UnsupportedEncoding.with("not UTF-8")
            }
            b' '.. if self.in_stream => {
                StreamCondition::BadFormat.with("character data between stanzas")
            }
            _ => StreamCondition::NotWellFormed.with("neither a tag nor a blank"),
        }
    }

    fn go(&mut self, bytes: usize, place: Place) -> Taken {
        self.place = place;
        Taken::bytes(bytes)
    }

    /// Counts a tag in; something to report when it was one at the level of stanzas.
    fn ended(&mut self, end: End) -> Option<Found> {
        let found = match end {
            End::Instruction => Some(Found::Declaration),
            End::Start | End::Empty if !self.in_stream => Some(Found::Header),
            End::Start => {
                self.depth += 1;
                None
            }
            End::Cdata => None,
            End::Empty => (self.depth == 0).then_some(Found::Element),
            End::Close if self.depth == 0 => Some(Found::StreamEnd),
            End::Close => {
                self.depth -= 1;
                (self.depth == 0).then_some(Found::Element)
            }
        };
        self.place = if found.is_some() { Place::Between } else { Place::Text };
        found
    }
}

/// How many bytes a step took, and what ended with them.
struct Taken {
    bytes: usize,
    end: Option<End>,
}

/// Which construct the `>` has ended.
#[derive(Clone, Copy)]
enum End {
    Instruction,
    Start,
    Empty,
    Close,
    Cdata,
}

impl Taken {
    fn bytes(bytes: usize) -> Self {
        Self { bytes, end: None }
    }
}

fn restricted() -> StreamError {
    StreamCondition::RestrictedXml
        .with("comments, processing instructions and DTDs are not part of XMPP")
}
