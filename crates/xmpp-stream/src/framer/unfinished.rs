//! Checks a stanza that has begun and not ended: what can never become well-formed is refused when
//! it arrives, not when the end comes that may never be found. Each byte is looked at once, however
//! the network split them.
//!
//! A stanza that arrives whole never comes here; the parser checks it. Our own on quick-xml, because
//! a parser that can be fed piece by piece (rxml) sets aside its longest token, twice, for each
//! stanza that is under way.

use std::ops::Range;

use memchr::memchr;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::scan::{Pending, Rest};
use crate::element::{
    StartTag, StartTagPart, check_chars, check_declaration, check_text, resolve_reference,
};
use crate::limits::StanzaLimits;
use crate::stream_error::{StreamCondition, StreamError};

/// A reference that is longer than any that makes sense is left to the parser.
const LONGEST_REFERENCE: usize = 64;

/// How far an unfinished stanza is checked.
#[derive(Debug, Default)]
pub struct Unfinished {
    /// So many bytes are characters that XML has.
    characters: usize,
    /// So many are tags and texts that are right.
    whole: usize,
    /// So many need not be looked at again in what is not whole.
    rest: usize,
    /// Where the names of the open elements stand. Bounded by the depth of the framer's limits.
    open: Vec<Range<usize>>,
}

// === impl Unfinished ===

impl Unfinished {
    /// Checks what is new in `bytes`, all there is of the stanza.
    ///
    /// # Errors
    /// As [`Stanza::parse`](crate::Stanza::parse) would say if the stanza ended.
    pub fn check(
        &mut self,
        bytes: &[u8],
        pending: Pending,
        limits: &StanzaLimits,
    ) -> Result<(), StreamError> {
        self.check_characters(bytes)?;
        let from = self.whole;
        let whole = text(bytes.get(from..pending.whole))?;
        self.check_markup(bytes, from, whole, limits)?;
        self.whole = pending.whole;
        self.rest = self.rest.max(self.whole);
        match pending.rest {
            Rest::Text => self.check_references(bytes),
            Rest::Tag => self.check_tag(bytes),
            Rest::Other => Ok(()),
        }
    }

    /// A character may be split.
    fn check_characters(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        let new = bytes.get(self.characters..).unwrap_or_default();
        let complete = match std::str::from_utf8(new) {
            Err(error) if error.error_len().is_none() => new.get(..error.valid_up_to()),
            _ => Some(new),
        };
        let complete = text(complete)?;
        self.characters += complete.len();
        check_chars(complete)
    }

    /// `markup` are whole tags and texts that stand at `offset` of the stanza `bytes`.
    fn check_markup(
        &mut self,
        bytes: &[u8],
        offset: usize,
        markup: &str,
        limits: &StanzaLimits,
    ) -> Result<(), StreamError> {
        let mut reader = Reader::from_str(markup);
        // The start tags were seen with earlier inputs.
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        loop {
            let from = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader
                .read_event()
                .map_err(|error| StreamCondition::NotWellFormed.with(error.to_string()))?;
            match event {
                Event::Start(tag) => {
                    check_attributes(&tag, limits)?;
                    let name = offset + from + 1;
                    self.open.push(name..name + tag.name().as_ref().len());
                }
                Event::Empty(tag) => check_attributes(&tag, limits)?,
                Event::End(tag) => {
                    let opened = self.open.pop().and_then(|name| bytes.get(name));
                    if opened != Some(tag.name().as_ref().as_bytes()) {
                        return Err(StreamCondition::NotWellFormed
                            .with("an end tag that does not match its start tag"));
                    }
                }
                Event::Text(text) => check_text(&text)?,
                Event::GeneralRef(name) => drop(resolve_reference(&name)?),
                Event::CData(_) => {}
                Event::Eof => return Ok(()),
                // The scanner lets none of them through.
                Event::Comment(_) | Event::DocType(_) | Event::PI(_) | Event::Decl(_) => {}
            }
        }
    }

    /// In a text that goes on, all references but the last are complete.
    fn check_references(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        while let Some(rest) = bytes.get(self.rest..) {
            let Some(at) = memchr(b'&', rest) else {
                self.rest = bytes.len();
                break;
            };
            self.rest += at;
            let mut name = rest.iter().skip(at + 1).take(LONGEST_REFERENCE);
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"#-_.:\x80".contains(byte);
            match name.position(|byte| !is_part(byte)) {
                None => break,
                Some(length) => {
                    let name = rest.get(at + 1..at + 1 + length);
                    resolve_reference(text(name)?)?;
                    self.rest += 1 + length;
                }
            }
        }
        Ok(())
    }

    /// No tag holds a `<` besides its own.
    fn check_tag(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        let new = bytes.get(self.rest.max(self.whole + 1)..).unwrap_or_default();
        self.rest = bytes.len();
        match memchr(b'<', new) {
            Some(_) => Err(StreamCondition::NotWellFormed.with("'<' inside a tag")),
            None => Ok(()),
        }
    }
}

/// Refuses attributes that are wrong or there twice. What their prefixes mean is not known here.
fn check_attributes(tag: &BytesStart<'_>, limits: &StanzaLimits) -> Result<(), StreamError> {
    let name = tag.name();
    let tag = StartTag::new(name.as_ref(), tag.attributes_raw(), limits.attributes)?;
    let mut seen = Vec::new();
    tag.each(|part| {
        let name = match part {
            StartTagPart::Declaration(prefix, uri) => {
                check_declaration(prefix, &uri)?;
                ("xmlns", prefix)
            }
            StartTagPart::Attribute(prefix, name, _) => (prefix, name),
        };
        if seen.contains(&name) {
            return Err(StreamCondition::NotWellFormed.with("an attribute given twice"));
        }
        seen.push(name);
        Ok(())
    })
}

fn text(bytes: Option<&[u8]>) -> Result<&str, StreamError> {
    std::str::from_utf8(bytes.unwrap_or_default())
        .map_err(|_| StreamCondition::UnsupportedEncoding.with("not UTF-8"))
}
