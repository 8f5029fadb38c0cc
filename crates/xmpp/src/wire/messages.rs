//! Elements as messages of their own (RFC 7395 section 3), for transports that carry messages: what
//! a message lacks of the stream element around it is added on the way out and on the way in.

use lampfield_xmpp_stream::{
    Element, Scope, Stanza, StanzaLimits, StreamError, ns, writer::StreamOpen, writer::stream_close,
};

/// What stanzas have from the stream's header.
const CLIENT: &[u8] = b" xmlns='jabber:client'";
/// What features and errors have from it.
const STREAM: &[u8] = b" xmlns:stream='http://etherx.jabber.org/streams'";

/// Appends what a message means as a part of an XML stream: its header for `<open/>`, its end for
/// `<close/>`, anything else as it is.
///
/// ```
/// # use lampfield_xmpp::wire::message_as_stream;
/// let mut stream = Vec::new();
/// let open = b"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.org' version='1.0'/>";
/// message_as_stream(open, &mut stream)?;
/// assert!(stream.starts_with(b"<?xml version='1.0'?><stream:stream "));
/// # Ok::<(), lampfield_xmpp_stream::StreamError>(())
/// ```
///
/// # Errors
/// An `<open/>` or `<close/>` that is not well-formed.
pub fn message_as_stream(message: &[u8], out: &mut Vec<u8>) -> Result<(), StreamError> {
    if !(message.starts_with(b"<open") || message.starts_with(b"<close")) {
        out.extend_from_slice(message);
        return Ok(());
    }
    let scope = Scope::NONE;
    let stanza = Stanza::parse(message, &scope, &StanzaLimits::STRANGER)?;
    let element = stanza.root();
    if element.is(ns::FRAMING, "open") {
        header(element).write(out);
    } else if element.is(ns::FRAMING, "close") {
        stream_close(out);
    } else {
        out.extend_from_slice(message);
    }
    Ok(())
}

fn header(open: Element<'_>) -> StreamOpen<'_> {
    StreamOpen {
        content: ns::CLIENT,
        from: open.attr("from"),
        to: open.attr("to"),
        id: open.attr("id"),
        lang: open.attr_ns(ns::XML, "lang"),
        version: open.attr("version"),
    }
}

/// Appends the beginning of an element of ours with the declarations that it needs as a message: all
/// of `head`, whose tag they go into. How many bytes they are: [`declarations`].
pub(super) fn write_declared(head: &[u8], out: &mut Vec<u8>) {
    let (name, rest) = head.split_at(name_end(head));
    out.extend_from_slice(name);
    out.extend_from_slice(declarations(head));
    out.extend_from_slice(rest);
}

/// What an element of ours that begins so lacks without a stream around it. Our own writer makes it,
/// which uses no prefix but `stream`, and declares other namespaces than the stream's where they begin.
pub(super) fn declarations(head: &[u8]) -> &'static [u8] {
    match head.get(1..name_end(head)).unwrap_or_default() {
        b"iq" | b"message" | b"presence" => CLIENT,
        name if name.starts_with(b"stream:") => STREAM,
        _ => b"",
    }
}

fn name_end(head: &[u8]) -> usize {
    head.iter().position(|byte| b" />".contains(byte)).unwrap_or(head.len())
}

/// Whether this is one element and nothing else. What is not would tear a stream of messages apart,
/// and nobody would notice on a stream of bytes, so the tests look on every transport.
#[cfg(test)]
pub(super) fn is_one_element(head: &[u8], tail: &[u8]) -> bool {
    use lampfield_xmpp_stream::{Frame, Framer};
    const ALL: StanzaLimits =
        StanzaLimits { stanza_bytes: usize::MAX, depth: usize::MAX, attributes: usize::MAX };
    let stream =
        [b"<stream:stream xmlns:stream='", ns::STREAM.as_bytes(), b"'>", head, tail].concat();
    let (mut framer, mut input) = (Framer::new(ALL), stream.as_slice());
    let opened = matches!(framer.next(&mut input), Ok(Some(Frame::Open(_))));
    let one = matches!(framer.next(&mut input), Ok(Some(Frame::Stanza(_))));
    opened && one && input.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_stream(message: &str) -> String {
        let mut out = Vec::new();
        message_as_stream(message.as_bytes(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn declared(head: &str) -> String {
        let mut out = Vec::new();
        write_declared(head.as_bytes(), &mut out);
        assert_eq!(out.len(), head.len() + declarations(head.as_bytes()).len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_ends_of_a_stream_come_as_messages() {
        let open = as_stream(
            "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' xml:lang='de' to='a&amp;b' \
             version='1.0'/>",
        );
        assert!(open.contains("xmlns='jabber:client'"), "{open}");
        assert!(open.ends_with(" to='a&amp;b' xml:lang='de' version='1.0'>"), "{open}");
        let close = as_stream("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");
        assert_eq!(close, "</stream:stream>");
        let mut out = Vec::new();
        assert!(message_as_stream(b"<open to='a' to='b'/>", &mut out).is_err());
    }

    #[test]
    fn what_only_looks_like_an_end_stays_what_it_is() {
        for message in ["<open/>", "<openly/>", "<close xmlns='x'/>", "<iq xmlns='jabber:client'/>"]
        {
            assert_eq!(as_stream(message), message);
        }
    }

    #[test]
    fn an_element_says_itself_what_the_stream_would_have_said() {
        assert_eq!(declared("<iq type='get'>"), "<iq xmlns='jabber:client' type='get'>");
        assert_eq!(declared("<presence/>"), "<presence xmlns='jabber:client'/>");
        assert_eq!(declared("<message"), "<message xmlns='jabber:client'");
        assert_eq!(
            declared("<stream:features>"),
            "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>"
        );
        let success = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
        assert_eq!(declared(success), success);
    }

    #[test]
    fn two_elements_are_not_one() {
        assert!(is_one_element(b"<a><b/>", b"</a>"));
        for (head, tail) in [("<a/>", "<b/>"), ("<a>", ""), ("", ""), ("<a/>", " "), ("</a>", "")] {
            assert!(!is_one_element(head.as_bytes(), tail.as_bytes()), "{head}{tail}");
        }
    }
}
