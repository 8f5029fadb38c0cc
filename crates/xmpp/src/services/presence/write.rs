//! Writes presence stanzas straight into a buffer of bytes.

use lampfield_xmpp_stream::{BareJid, FullJid, Tag};

use crate::contacts::subscription::SubscriptionStep;
use crate::session::{Caps, Words};

/// Appends that `from` is there.
pub fn available(out: &mut Vec<u8>, from: &FullJid, to: &BareJid, words: &Words, caps: Caps) {
    presence(out, from.as_str(), to.as_str(), None, words, caps);
}

/// Appends that `from` is gone. `to` is an account or one of its resources.
pub fn unavailable(out: &mut Vec<u8>, from: &FullJid, to: &str, words: &Words, caps: Caps) {
    presence(out, from.as_str(), to, Some("unavailable"), words, caps);
}

/// Appends a step of the subscription handshake, which is a matter between accounts.
pub fn step(
    out: &mut Vec<u8>,
    from: &BareJid,
    to: &BareJid,
    step: SubscriptionStep,
    words: &Words,
    caps: Caps,
) {
    presence(out, from.as_str(), to.as_str(), Some(step.as_str()), words, caps);
}

/// A presence up to the value of its `to`, and after it: for an account, whose address needs no
/// escaping (RFC 7622 section 3.3.1).
pub fn in_two(from: &FullJid, kind: Option<&str>, words: &Words, caps: Caps) -> (Vec<u8>, Vec<u8>) {
    let (mut head, mut whole) = (Vec::new(), Vec::new());
    Tag::open(&mut head, "presence").attr("from", from.as_str()).empty();
    presence(&mut whole, from.as_str(), "", kind, words, caps);
    let before = head.len() - "/>".len() + " to='".len();
    let tail = whole.split_off(before.min(whole.len()));
    (whole, tail)
}

fn presence(
    out: &mut Vec<u8>,
    from: &str,
    to: &str,
    kind: Option<&str>,
    words: &Words,
    caps: Caps,
) {
    Tag::open(out, "presence")
        .attr("from", from)
        .attr("to", to)
        .attr_opt("type", kind)
        .attr_opt("id", words.id.as_deref())
        .attr_opt("xml:lang", words.lang.as_deref())
        .children(|out| {
            out.extend_from_slice(words.payload.as_bytes());
            if caps == Caps::Shown {
                out.extend_from_slice(words.caps.as_bytes());
            }
        });
}
