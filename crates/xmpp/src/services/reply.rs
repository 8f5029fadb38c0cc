//! Writes the results and errors of IQ requests straight into a buffer of bytes.

use lampfield_xmpp_stream::{Element, StanzaError, Tag};

use crate::session::Session;

/// Appends an IQ result with a finished payload, which may be empty.
pub fn result(out: &mut Vec<u8>, id: &str, from: Option<&str>, to: Option<&str>, payload: &[u8]) {
    Tag::open(out, "iq")
        .attr("type", "result")
        .attr("id", id)
        .attr_opt("from", from)
        .attr_opt("to", to)
        .raw(payload);
}

/// Appends an IQ error; without an id if the request had none. It never repeats the request:
/// COMPAT(asterisk<=22) crashes on some echoes and needs none.
pub fn error(
    out: &mut Vec<u8>,
    id: &str,
    from: Option<&str>,
    to: Option<&str>,
    error: &StanzaError,
) {
    Tag::open(out, "iq")
        .attr("type", "error")
        .attr_opt("id", Some(id).filter(|id| !id.is_empty()))
        .attr_opt("from", from)
        .attr_opt("to", to)
        .children(|out| error.write(out));
}

/// Appends the error for a message or presence that `session` has sent, from whom it was sent to; what
/// was for nobody else comes back from the account itself. It does not repeat the stanza.
pub fn refusal(out: &mut Vec<u8>, stanza: Element<'_>, session: &Session, error: &StanzaError) {
    Tag::open(out, stanza.name())
        .attr("from", stanza.attr("to").unwrap_or(session.bare.as_str()))
        .attr("to", session.jid.as_str())
        .attr("type", "error")
        .attr_opt("id", stanza.attr("id"))
        .children(|out| error.write(out));
}
