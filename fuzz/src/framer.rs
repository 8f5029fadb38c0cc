//! The framer together with the element parser: they find the same however the network splits a
//! stream, and what they take is well-formed.
//!
//! The first byte of an input says what comes before the rest and how it is split.

use lampfield_xmpp_stream::{Frame, Framer, Scope, Stanza, StanzaLimits};

use crate::oracle;

const HEADER: &[u8] = b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
    xmlns:stream='http://etherx.jabber.org/streams' to='asterisk.example' version='1.0'>";

/// What came out of a stream.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Open,
    Stanza(Vec<u8>),
    Close,
    /// Of several faults in one stanza, which is found first depends on the splits.
    Error,
}

pub fn check(data: &[u8]) {
    let Some((&how, rest)) = data.split_first() else { return };
    let before = if how & 1 == 0 { HEADER } else { b"" };
    let limits = if how & 2 == 0 { StanzaLimits::AUTHENTICATED } else { StanzaLimits::STRANGER };
    let stream = [before, rest].concat();
    let whole = read(&[&stream], limits, |_| ());
    let parts: Vec<_> = stream.chunks(1).collect();
    assert_eq!(read(&parts, limits, |_| ()), whole, "byte by byte");
    let parts: Vec<_> = stream.chunks(2 + usize::from(how >> 2)).collect();
    assert_eq!(read(&parts, limits, |_| ()), whole, "in parts");
    if oracle::knows(&stream) {
        check_well_formed(&stream, limits);
    }
}

/// Reads a stream as a connection does; `taken` is shown how much is left after each frame.
fn read(parts: &[&[u8]], limits: StanzaLimits, mut taken: impl FnMut(usize)) -> Vec<Seen> {
    let (mut framer, mut scope) = (Framer::new(limits), Scope::NONE);
    let mut seen = Vec::new();
    for part in parts {
        let mut input = *part;
        loop {
            match framer.next(&mut input) {
                Ok(None) => break,
                Ok(Some(Frame::Open(header))) => {
                    scope = header.scope;
                    seen.push(Seen::Open);
                }
                Ok(Some(Frame::Stanza(bytes))) if Stanza::parse(bytes, &scope, &limits).is_ok() => {
                    seen.push(Seen::Stanza(bytes.to_vec()));
                }
                Ok(Some(Frame::Close)) => {
                    seen.push(Seen::Close);
                    taken(input.len());
                    return seen;
                }
                Ok(Some(Frame::Stanza(_))) | Err(_) => {
                    seen.push(Seen::Error);
                    return seen;
                }
            }
            taken(input.len());
        }
    }
    seen
}

/// Shows another parser each frame that was taken. It sees no declaration and no blanks before it:
/// we take blanks there, which end what was said before the stream began anew.
fn check_well_formed(stream: &[u8], limits: StanzaLimits) {
    let mut parser = oracle::parser();
    let stream = stream.trim_ascii_start();
    let declared = stream.starts_with(b"<?xml");
    let end = stream.windows(2).position(|two| two == b"?>").map_or(0, |at| at + 2);
    let mut fed = if declared { end } else { 0 };
    read(&[stream], limits, |left| {
        let frame = &stream[fed..stream.len() - left];
        fed = stream.len() - left;
        let read = oracle::feed(&mut parser, frame);
        assert_eq!(read, Ok(()), "{}", String::from_utf8_lossy(frame));
    });
}
