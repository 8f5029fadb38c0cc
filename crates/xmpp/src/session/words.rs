//! What a presence says, whoever it goes to.

use lampfield_xmpp_stream::{Element, ns, writer};
use serde::{Deserialize, Serialize};

/// A presence stanza without its type and its addresses. Bounded by the length of a stanza. Its
/// stored form is that of a request, which is kept until it is answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The sender's id for the stanza (RFC 6120 section 8.1.3).
    #[serde(rename = "request_id", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Box<str>>,
    /// `xml:lang`, the language of what is inside.
    #[serde(rename = "request_lang", default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<Box<str>>,
    /// The children, ready to be put into a stanza for somebody else.
    #[serde(rename = "request")]
    pub payload: Box<str>,
}

// === impl Words ===

impl Words {
    /// What this stanza says, in `lang` if it does not name its own language.
    pub fn of(stanza: Element<'_>, lang: Option<&str>) -> Self {
        let mut payload = Vec::new();
        for child in stanza.children() {
            writer::copy(&mut payload, child, ns::CLIENT);
        }
        Self {
            id: stanza.attr("id").map(Into::into),
            lang: stanza.attr_ns(ns::XML, "lang").or(lang).map(Into::into),
            // What is written of text is text.
            payload: String::from_utf8(payload).unwrap_or_default().into(),
        }
    }

    /// The length of all its text.
    pub fn bytes(&self) -> usize {
        let attributes = [&self.id, &self.lang].into_iter().flatten();
        self.payload.len() + attributes.map(|value| value.len()).sum::<usize>()
    }
}
