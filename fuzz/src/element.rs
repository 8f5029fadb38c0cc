//! The element parser: what it takes says the same to another parser, and survives being written
//! again; what it calls broken is broken.

use lampfield_xmpp_stream::{Scope, Stanza, StanzaLimits, StreamCondition, StreamError, writer};

use crate::oracle;

pub fn check(data: &[u8]) {
    // A stanza has no XML declaration; a document of rxml's may.
    if data.starts_with(b"<?xml") || !oracle::knows(data) {
        return;
    }
    let scope = Scope::NONE;
    let stanza = match Stanza::parse(data, &scope, &StanzaLimits::AUTHENTICATED) {
        Ok(stanza) => stanza,
        Err(error) if is_about_xml(&error) => {
            let read = oracle::read(data);
            return assert!(read.is_err(), "{error}, but it reads as {read:?}");
        }
        Err(_) => return,
    };
    let said = oracle::flatten(stanza.root());
    assert_eq!(oracle::read(data).expect("what we take is well-formed"), said);

    let mut written = Vec::new();
    writer::copy(&mut written, stanza.root(), "");
    let again = Stanza::parse(&written, &scope, &StanzaLimits::AUTHENTICATED);
    // Written out, references and prefixes may make it longer than the limit.
    if written.len() <= StanzaLimits::AUTHENTICATED.stanza_bytes {
        assert_eq!(oracle::flatten(again.expect("our own").root()), said);
    }
}

/// Not about our limits, or about XML's own namespace, which we refuse and XML does not; nor where
/// rxml takes what XML does not: references to blanks after the element, some declarations.
fn is_about_xml(error: &StreamError) -> bool {
    match error.condition {
        StreamCondition::PolicyViolation => false,
        StreamCondition::NotWellFormed => {
            !error.text.contains("after the element") && !error.text.contains("declar")
        }
        StreamCondition::BadNamespacePrefix => !error.text.contains("own namespace"),
        _ => true,
    }
}
