//! Cuts a byte stream into the stream header, complete stanzas and the end, at whatever places the
//! network split it. It finds the borders and refuses what XMPP forbids; whether a stanza is
//! well-formed is for [`Stanza::parse`](crate::Stanza::parse) to say, which every stanza must pass.
//! Only what has not ended when the input does is checked here, as far as it goes: a wrong end tag
//! could otherwise hide its stanza's end, and with it all that follows.
//!
//! A stanza that arrives in one piece is handed out without a copy. Between stanzas a framer owns no
//! memory, so thousands of idle connections can share one read buffer.

mod header;
mod scan;
mod unfinished;

use zeroize::Zeroizing;

use crate::limits::StanzaLimits;
use crate::stream_error::{StreamCondition, StreamError};

pub use header::StreamHeader;
use scan::{Found, Scanner};
use unfinished::Unfinished;

/// The framer of one direction of one stream.
///
/// ```
/// # use lampfield_xmpp_stream::{Frame, Framer, StanzaLimits};
/// let mut framer = Framer::new(StanzaLimits::STRANGER);
/// let mut input: &[u8] = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
///     xmlns:stream='http://etherx.jabber.org/streams' to='example.org'><presence/><iq ";
/// while let Some(frame) = framer.next(&mut input)? {
///     match frame {
///         Frame::Open(header) => assert_eq!(header.to.as_deref(), Some("example.org")),
///         Frame::Stanza(bytes) => assert_eq!(bytes, b"<presence/>"),
///         Frame::Close => unreachable!(),
///     }
/// }
/// assert!(input.is_empty() && framer.buffered() == 4);
/// # Ok::<(), lampfield_xmpp_stream::StreamError>(())
/// ```
#[derive(Debug)]
pub struct Framer {
    limits: StanzaLimits,
    stage: Stage,
    scanner: Scanner,
    /// The beginning of what has not ended yet, or the frame handed out last. It may be a login, of which
    /// nothing stays in memory.
    partial: Zeroizing<Vec<u8>>,
    unfinished: Unfinished,
    handed_out: bool,
}

/// What the framer found in the bytes that it was given.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The start tag of the stream element; boxed, so that a stanza's frame stays small.
    Open(Box<StreamHeader>),
    /// One complete top-level element as it came.
    Stanza(&'a [u8]),
    /// `</stream:stream>`; whatever follows is ignored.
    Close,
}

/// What was found and, if it came at once, its bytes.
type Piece<'i> = (Found, Option<&'i [u8]>);

#[derive(Debug)]
enum Stage {
    /// Nothing but blanks yet: an XML declaration may come.
    Start,
    /// After the XML declaration: the stream element must come.
    Declared,
    /// Inside the stream element of this qualified name.
    Open(Box<str>),
    Closed,
}

// === impl Framer ===

impl Framer {
    /// A framer at the start of a stream.
    pub fn new(limits: StanzaLimits) -> Self {
        Self {
            limits,
            stage: Stage::Start,
            scanner: Scanner::default(),
            partial: Zeroizing::default(),
            unfinished: Unfinished::default(),
            handed_out: false,
        }
    }

    /// Expects a new stream header, under other limits: after STARTTLS, SASL or a failed attempt.
    ///
    /// After STARTTLS the caller must also throw away the rest of its input, which came in clear.
    pub fn reset(&mut self, limits: StanzaLimits) {
        *self = Self::new(limits);
    }

    /// Goes on in the same stream under other limits: after a login that begins no new one.
    pub fn set_limits(&mut self, limits: StanzaLimits) {
        self.limits = limits;
    }

    /// Bytes kept from earlier inputs.
    pub fn buffered(&self) -> usize {
        if self.handed_out { 0 } else { self.partial.len() }
    }

    /// The next frame. Takes what belongs to it from the front of `input`; on `None` all of `input`
    /// has been taken and its rest is remembered.
    ///
    /// # Errors
    /// The error the peer must get before the stream is closed. Nothing more can be read.
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Frame<'a>>, StreamError> {
        self.forget();
        while let Some((found, at_once)) = self.piece(input)? {
            if found == Found::Declaration {
                header::check_declaration(at_once.unwrap_or(&self.partial))?;
                self.stage = Stage::Declared;
                self.forget();
                continue;
            }
            let bytes = at_once.unwrap_or(&self.partial);
            return match (found, &self.stage) {
                (Found::StreamEnd, Stage::Open(name)) => {
                    header::check_end(bytes, name)?;
                    self.stage = Stage::Closed;
                    Ok(Some(Frame::Close))
                }
                (Found::Header, _) => {
                    let (header, name) = header::parse(bytes, &self.limits)?;
                    self.stage = Stage::Open(name);
                    self.scanner.inside_stream();
                    Ok(Some(Frame::Open(Box::new(header))))
                }
                (Found::Element, stage) => {
                    stage.check_begun(bytes)?;
                    Ok(Some(Frame::Stanza(bytes)))
                }
                _ => Err(StreamCondition::NotWellFormed.with("an end before the beginning")),
            };
        }
        Ok(None)
    }

    /// Frees what was handed out: it has been used by now.
    fn forget(&mut self) {
        if self.handed_out {
            self.partial = Zeroizing::default();
            self.unfinished = Unfinished::default();
            self.handed_out = false;
        }
    }

    /// Remembers more of what has not ended. What grows in place would leave a copy of itself behind.
    fn remember(&mut self, bytes: &[u8]) {
        let needed = self.partial.len() + bytes.len();
        if needed > self.partial.capacity() {
            let capacity = needed.max(2 * self.partial.capacity());
            let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
            larger.extend_from_slice(&self.partial);
            self.partial = larger;
        }
        self.partial.extend_from_slice(bytes);
    }

    /// The next complete thing: the bytes themselves if they came at once, else they are `partial`.
    fn piece<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Piece<'i>>, StreamError> {
        if matches!(self.stage, Stage::Closed) {
            *input = &[];
        }
        if matches!(self.stage, Stage::Start) && self.partial.is_empty() && is_tls(input) {
            return Err(StreamCondition::BadFormat.with("TLS on the plain port"));
        }
        if self.partial.is_empty() {
            *input = trim_blanks(input);
        }
        let found = self.scanner.scan(input, self.limits.depth)?;
        let length = found.map_or(input.len(), |(length, _)| length);
        let (bytes, rest) = input.split_at_checked(length).unwrap_or((input, &[]));
        *input = rest;
        if self.partial.len() + bytes.len() > self.limits.stanza_bytes {
            return Err(StreamCondition::PolicyViolation.with("stanza too long"));
        }
        match found {
            Some((_, Found::Declaration)) if !matches!(self.stage, Stage::Start) => {
                Err(StreamCondition::RestrictedXml.with("an XML declaration inside the stream"))
            }
            Some((_, found)) if self.partial.is_empty() => Ok(Some((found, Some(bytes)))),
            Some((_, found)) => {
                self.remember(bytes);
                self.handed_out = true;
                Ok(Some((found, None)))
            }
            None => {
                self.remember(bytes);
                self.stage.check_begun(&self.partial)?;
                self.unfinished.check(&self.partial, self.scanner.pending(), &self.limits)?;
                Ok(None)
            }
        }
    }
}

// === impl Stage ===

impl Stage {
    /// Refuses a second header: its end would be that of the stream.
    fn check_begun(&self, element: &[u8]) -> Result<(), StreamError> {
        let Self::Open(name) = self else { return Ok(()) };
        let tag = element.strip_prefix(b"<").and_then(|tag| tag.strip_prefix(name.as_bytes()));
        match tag.and_then(<[u8]>::first) {
            Some(b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>') => {
                Err(StreamCondition::UnsupportedStanzaType.with("a second stream header"))
            }
            _ => Ok(()),
        }
    }
}

/// Without XML's white space in front: unlike ASCII's, it has no form feed.
fn trim_blanks(input: &[u8]) -> &[u8] {
    let blanks = input.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
    input.get(blanks..).unwrap_or_default()
}

/// Whether this is the beginning of a TLS handshake (RFC 8446 section 5.1): the type of its record
/// is no character that XML may have.
fn is_tls(input: &[u8]) -> bool {
    input.first() == Some(&0x16)
}

#[cfg(test)]
mod tests;
