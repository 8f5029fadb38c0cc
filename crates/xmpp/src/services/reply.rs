//! Answers to IQ requests, as bytes.

use lampfield_xmpp_stream::{StanzaError, Tag};

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
