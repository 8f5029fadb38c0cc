//! Finds where stanzas end by looking for their closing tags. It must stay cheaper than the server
//! that it measures, so it knows only what servers really send: no CDATA, no `>` in attributes, no
//! stanza inside one of its own name. That is why it is not the parser of `lampfield-xmpp-stream`.

use std::ops::Range;

use memchr::memmem::Finder;

/// Finds whole pieces of a stream: its header, stanzas, its end.
#[derive(Debug)]
pub struct Framer {
    message: Finder<'static>,
    iq: Finder<'static>,
}

impl Default for Framer {
    fn default() -> Self {
        Self { message: Finder::new("</message>"), iq: Finder::new("</iq>") }
    }
}

impl Framer {
    /// Where the first whole piece of `bytes` stands, without the white space before it; none if
    /// it has not all arrived. `searched` bytes are known to hold no end.
    pub fn first(&self, bytes: &[u8], searched: usize) -> Option<Range<usize>> {
        let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let piece = bytes.get(start..)?;
        let head = memchr::memchr(b'>', piece)?;
        let tag = piece.get(1..head)?;
        let alone = matches!(tag, [b'?' | b'/', ..] | [.., b'/']);
        if alone || tag.starts_with(b"stream:stream") {
            return Some(start..start + head + 1);
        }
        let name = tag.split(u8::is_ascii_whitespace).next()?;
        let from = searched.saturating_sub(start).max(head);
        let rest = piece.get(from..)?;
        let at = match name {
            b"message" => self.message.find(rest)?,
            b"iq" => self.iq.find(rest)?,
            name => memchr::memmem::find(rest, &[b"</", name, b">"].concat())?,
        };
        Some(start..start + from + at + name.len() + 3)
    }
}

/// The value of ` name=` in a tag or text, with either quote.
pub fn attribute<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = text;
    loop {
        rest = rest.get(memchr::memmem::find(rest, name)? + name.len()..)?;
        if let [b'=', quote @ (b'\'' | b'"'), value @ ..] = rest {
            return value.get(..memchr::memchr(*quote, value)?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let (framer, mut rest, mut found) = (Framer::default(), text.as_bytes(), Vec::new());
        while let Some(range) = framer.first(rest, 0) {
            found.push(String::from_utf8_lossy(&rest[range.clone()]).into_owned());
            rest = &rest[range.end..];
        }
        found
    }

    #[test]
    fn each_kind_of_piece_is_found() {
        let all = [
            "<?xml version='1.0'?>",
            "<stream:stream id='1' from='x'>",
            "<stream:features><a/></stream:features>",
            "<presence from='a'/>",
            "<iq id='1'><pubsub/></iq>",
            "<message a='b'><event><items/></event></message>",
            "<iq type='result' id='p7'/>",
            "</stream:stream>",
        ];
        assert_eq!(pieces(&all.join("\n ")), all);
    }

    #[test]
    fn a_part_is_no_piece_and_a_later_search_goes_on_where_it_ended() {
        let framer = Framer::default();
        let text = b" <message><a/></message>";
        for end in 0..text.len() {
            assert_eq!(framer.first(&text[..end], 0), None, "{end}");
        }
        assert_eq!(framer.first(text, 14), Some(1..text.len()));
    }

    #[test]
    fn attributes_have_either_quote() {
        assert_eq!(attribute(b"<item publisher=\"x\" id=\"y\">", b" id"), Some(&b"y"[..]));
        assert_eq!(attribute(b"<iq id='p1'>", b" id"), Some(&b"p1"[..]));
        assert_eq!(attribute(b"<iq type='p1'>", b" id"), None);
    }
}
