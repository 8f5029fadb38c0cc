//! The stream's own elements: header, end, features, error.
//!
//! COMPAT(asterisk<=22 iksemel): it compares raw names, so the prefix is always literally `stream:`.

use super::Tag;
use crate::ns;
use crate::stream_error::StreamError;

/// A stream header to write (RFC 6120, 4.7).
#[derive(Clone, Copy, Debug)]
pub struct StreamOpen<'a> {
    /// The namespace of the stanzas, usually [`ns::CLIENT`].
    pub content: &'a str,
    /// The domain that opens the stream.
    pub from: Option<&'a str>,
    /// The address that the stream is for.
    pub to: Option<&'a str>,
    /// The stream's id; the one who answers sets it.
    pub id: Option<&'a str>,
    /// The language of what is said without another (RFC 6120, 4.7.4).
    pub lang: Option<&'a str>,
    /// `1.0`, or none for streams of the time before it (XEP-0114).
    pub version: Option<&'a str>,
}

impl StreamOpen<'_> {
    /// Appends the XML declaration and the header.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<?xml version='1.0'?>");
        let tag = Tag::open(out, "stream:stream")
            .attr("xmlns:stream", ns::STREAM)
            .xmlns(self.content)
            .attr_opt("from", self.from)
            .attr_opt("to", self.to)
            .attr_opt("id", self.id)
            .attr_opt("xml:lang", self.lang)
            .attr_opt("version", self.version);
        tag.leave_open();
    }

    /// Appends the header as a message of its own (RFC 7395 section 3.4). The namespace of the stanzas
    /// is not in it: each of them declares it.
    pub fn write_framed(&self, out: &mut Vec<u8>) {
        Tag::open(out, "open")
            .xmlns(ns::FRAMING)
            .attr_opt("from", self.from)
            .attr_opt("to", self.to)
            .attr_opt("id", self.id)
            .attr_opt("xml:lang", self.lang)
            .attr_opt("version", self.version)
            .empty();
    }
}

impl Tag<'_, '_> {
    /// Ends the start tag only: the header is the one tag that [`stream_close`] ends, later.
    fn leave_open(self) {
        self.out.push(b'>');
    }
}

/// Appends `</stream:stream>`, with which our side of the stream ends.
pub fn stream_close(out: &mut Vec<u8>) {
    out.extend_from_slice(b"</stream:stream>");
}

/// Appends the end of a stream as a message of its own (RFC 7395 section 3.6).
pub fn framed_close(out: &mut Vec<u8>) {
    Tag::open(out, "close").xmlns(ns::FRAMING).empty();
}

/// Appends the features element holding what `write` appends.
pub fn stream_features(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    Tag::open(out, "stream:features").children(write);
}

/// Appends the error element. The caller closes the stream and the connection after it.
pub fn stream_error(out: &mut Vec<u8>, error: &StreamError) {
    Tag::open(out, "stream:error").children(|out| {
        Tag::open(out, error.condition.as_str()).xmlns(ns::STREAM_ERRORS).empty();
        if !error.text.is_empty() {
            Tag::open(out, "text").xmlns(ns::STREAM_ERRORS).text(&error.text);
        }
    });
}
