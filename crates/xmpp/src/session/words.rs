//! What a presence says, whoever it goes to.

use lampfield_xmpp_stream::{Element, ns, writer};

/// A presence stanza without its type and its addresses. Bounded by the length of a stanza.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The sender's id for the stanza (RFC 6120 section 8.1.3).
    pub id: Option<Box<str>>,
    /// `xml:lang`, the language of what is inside.
    pub lang: Option<Box<str>>,
    /// The children, ready to be put into a stanza for somebody else.
    pub payload: Box<[u8]>,
}

// === impl Words ===

impl Words {
    /// What this stanza says.
    pub fn of(stanza: Element<'_>) -> Self {
        let mut payload = Vec::new();
        for child in stanza.children() {
            writer::copy(&mut payload, child, ns::CLIENT);
        }
        Self {
            id: stanza.attr("id").map(Into::into),
            lang: stanza.attr_ns(ns::XML, "lang").map(Into::into),
            payload: payload.into(),
        }
    }

    /// Nothing but these children.
    pub fn bare(payload: &str) -> Self {
        Self { payload: payload.as_bytes().into(), ..Self::default() }
    }
}
