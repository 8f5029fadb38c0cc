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
    /// The children but for the caps, ready to be put into a stanza for somebody else.
    #[serde(rename = "request")]
    pub payload: Box<str>,
    /// The children by which clients say what they can do (XEP-0115), in the same form. Not all are
    /// shown them.
    #[serde(rename = "request_caps", default, skip_serializing_if = "str::is_empty")]
    pub caps: Box<str>,
}

/// Whether somebody is shown the caps of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caps {
    /// As everybody but a PBX is.
    Shown,
    /// COMPAT(asterisk<=22): as a PBX. A presence with caps makes the thread that reads its stream
    /// ask `disco#info`, while other threads publish on the same TLS session without a lock: now
    /// and then that breaks the connection, or crashes Asterisk.
    Hidden,
}

// === impl Words ===

impl Words {
    /// What this stanza says, in `lang` if it does not name its own language.
    pub fn of(stanza: Element<'_>, lang: Option<&str>) -> Self {
        let (mut payload, mut caps) = (Vec::new(), Vec::new());
        for child in stanza.children() {
            let to = if Caps::Hidden.lets_see(child) { &mut payload } else { &mut caps };
            writer::copy(to, child, ns::CLIENT);
        }
        Self {
            id: stanza.attr("id").map(Into::into),
            lang: stanza.attr_ns(ns::XML, "lang").or(lang).map(Into::into),
            // What is written of text is text.
            payload: String::from_utf8(payload).unwrap_or_default().into(),
            caps: String::from_utf8(caps).unwrap_or_default().into(),
        }
    }

    /// The length of all its text.
    pub fn bytes(&self) -> usize {
        let attributes = [&self.id, &self.lang].into_iter().flatten();
        self.payload.len() + self.caps.len() + attributes.map(|value| value.len()).sum::<usize>()
    }
}

// === impl Caps ===

impl Caps {
    /// Whether somebody like this is shown such a child of a presence. COMPAT(asterisk<=22): it knows
    /// caps by their name, whatever their namespace.
    pub fn lets_see(self, child: Element<'_>) -> bool {
        self == Self::Shown || child.name() != "c"
    }
}
