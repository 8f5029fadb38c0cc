//! Presence stanzas as bytes.

use lampfield_xmpp_stream::{BareJid, Element, FullJid, StanzaError, Tag, ns, writer};

use crate::contacts::subscription::Step;
use crate::session::Session;

/// The children of a stanza, ready to be put into one for somebody else.
pub fn payload(stanza: Element<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for child in stanza.children() {
        writer::copy(&mut out, child, ns::CLIENT);
    }
    out
}

/// Appends that `from` is there.
pub fn available(out: &mut Vec<u8>, from: &FullJid, to: &BareJid, payload: &[u8]) {
    Tag::open(out, "presence").attr("from", from.as_str()).attr("to", to.as_str()).raw(payload);
}

/// Appends that `from` is gone. `to` is an account or one of its resources.
pub fn unavailable(out: &mut Vec<u8>, from: &FullJid, to: &str, payload: &[u8]) {
    Tag::open(out, "presence")
        .attr("from", from.as_str())
        .attr("to", to)
        .attr("type", "unavailable")
        .raw(payload);
}

/// Appends a step of the subscription handshake, which is a matter between accounts.
pub fn step(out: &mut Vec<u8>, from: &BareJid, to: &BareJid, step: Step, payload: &[u8]) {
    Tag::open(out, "presence")
        .attr("from", from.as_str())
        .attr("to", to.as_str())
        .attr("type", step.as_str())
        .raw(payload);
}

/// Appends the answer to a presence that cannot be.
pub fn error(out: &mut Vec<u8>, session: &Session, stanza: Element<'_>, error: &StanzaError) {
    // Whom it was for; what was for nobody else comes back from the account itself.
    let from = stanza.attr("to").unwrap_or(session.bare.as_str());
    Tag::open(out, "presence")
        .attr("from", from)
        .attr("to", session.jid.as_str())
        .attr("type", "error")
        .attr_opt("id", stanza.attr("id"))
        .children(|out| error.write(out));
}
