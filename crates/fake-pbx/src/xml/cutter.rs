//! Cuts a byte stream into the stream header, stanzas and the end.

use memchr::memchr;

use super::Malformed;

/// Bytes of one stanza that are read; Asterisk has no limit.
const LONGEST: usize = 4 << 20;

/// What the cutter found.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// The start tag of the stream.
    Open(&'a str),
    /// One complete element.
    Stanza(&'a str),
    /// The end of the stream.
    Close,
}

/// One direction of one stream.
#[derive(Debug, Default)]
pub struct Cutter {
    buffer: Vec<u8>,
    /// Where what has not ended yet begins.
    start: usize,
    /// How far it was looked at.
    at: usize,
    /// The tag that has not ended yet.
    tag: Option<Tag>,
    /// Open elements, the stream among them.
    depth: usize,
}

/// A tag that has begun, and the quote in which it is read.
#[derive(Clone, Copy, Debug)]
struct Tag {
    begin: usize,
    quote: Option<u8>,
}

/// What the end of a tag means.
enum Ended {
    /// Nothing yet: the element goes on.
    Part,
    /// A declaration or a comment.
    Aside,
    Open,
    Stanza,
    Close,
}

// === impl Cutter ===

impl Cutter {
    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.at -= self.start;
        if let Some(tag) = &mut self.tag {
            tag.begin -= self.start;
        }
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next piece of what was pushed, if it is complete.
    ///
    /// # Errors
    /// This is no XML stream; nothing more can be read.
    pub fn piece(&mut self) -> Result<Option<Piece<'_>>, Malformed> {
        let (ended, end) = loop {
            let Some(tag) = self.tag else {
                if self.find_tag() {
                    continue;
                }
                return self.unfinished().map(|()| None);
            };
            let Some(end) = self.end_of(tag) else {
                return self.unfinished().map(|()| None);
            };
            self.tag = None;
            match self.ended(tag.begin, end)? {
                Ended::Part => {}
                Ended::Aside if self.depth < 2 => self.start = end,
                Ended::Aside => {}
                ended => break (ended, end),
            }
        };
        let from = std::mem::replace(&mut self.start, end);
        let bytes = self.buffer.get(from..end).unwrap_or_default();
        let text = str::from_utf8(bytes).map_err(|_| Malformed("not UTF-8"))?;
        Ok(Some(match ended {
            Ended::Open => Piece::Open(text),
            Ended::Close => Piece::Close,
            Ended::Stanza | Ended::Part | Ended::Aside => Piece::Stanza(text),
        }))
    }

    fn unfinished(&self) -> Result<(), Malformed> {
        match self.buffer.len() - self.start > LONGEST {
            true => Err(Malformed("a stanza without an end")),
            false => Ok(()),
        }
    }

    /// Looks for the next tag; what stands between stanzas is dropped.
    fn find_tag(&mut self) -> bool {
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let found = memchr(b'<', rest);
        self.at += found.unwrap_or(rest.len());
        if self.depth < 2 {
            self.start = self.at;
        }
        if found.is_some() {
            self.tag = Some(Tag { begin: self.at, quote: None });
            self.at += 1;
        }
        found.is_some()
    }

    /// Where a tag ends: behind its `>`.
    fn end_of(&mut self, mut tag: Tag) -> Option<usize> {
        while let Some(byte) = self.buffer.get(self.at).copied() {
            self.at += 1;
            let inside = self.buffer.get(tag.begin + 1..self.at - 1).unwrap_or_default();
            let is_comment = inside.starts_with(b"!--");
            match (byte, tag.quote) {
                (b'>', None) if is_comment && !inside.ends_with(b"--") => {}
                (b'>', None) => return Some(self.at),
                (b'"' | b'\'', None) if !is_comment => tag.quote = Some(byte),
                (byte, Some(quote)) if byte == quote => tag.quote = None,
                _ => {}
            }
        }
        self.tag = Some(tag);
        None
    }

    fn ended(&mut self, begin: usize, end: usize) -> Result<Ended, Malformed> {
        let inside = self.buffer.get(begin + 1..end - 1).unwrap_or_default();
        Ok(match (inside.first(), inside.last(), self.depth) {
            (None, ..) => return Err(Malformed("an empty tag")),
            (Some(b'?' | b'!'), ..) => Ended::Aside,
            (Some(b'/'), _, 0) => return Err(Malformed("an end before the beginning")),
            (Some(b'/'), _, depth) => {
                self.depth = depth - 1;
                match depth {
                    1 => Ended::Close,
                    2 => Ended::Stanza,
                    _ => Ended::Part,
                }
            }
            (_, Some(b'/'), 0) => return Err(Malformed("a stream that is empty")),
            (_, Some(b'/'), 1) => Ended::Stanza,
            (_, Some(b'/'), _) => Ended::Part,
            (_, _, depth) => {
                self.depth = depth + 1;
                if depth == 0 { Ended::Open } else { Ended::Part }
            }
        })
    }
}
