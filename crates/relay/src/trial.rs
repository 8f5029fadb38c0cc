//! What fuzzing drives: both ends of the relay without sockets.

use lampfield_xmpp_stream::{Frame, Framer, Scope, Stanza, StanzaLimits, ns};

use crate::said::Said;
use crate::server;
use crate::words::is_ours;

/// A PBX says this in pieces, while its line comes and goes. Panics where a promise is broken.
pub fn pbx_says(pieces: &[&[u8]]) {
    let mut said = Said::default();
    for (count, piece) in pieces.iter().enumerate() {
        if said.hear(&mut &**piece).is_err() {
            break;
        }
        said.is_let_in |= said.login.is_some();
        match count % 3 {
            0 if said.binding.is_some() => said.line_is_up(),
            1 => drop(said.line_is_down()),
            _ => drop(said.take(1_024)),
        }
    }
    said.line_is_up();
    said.line_is_down();
    said.line_is_up();
    repeated_is_sound(&said.take(usize::MAX));
}

/// What is said again is stanzas, all of them with the id that is known.
fn repeated_is_sound(bytes: &[u8]) {
    let scope = Scope::with_default(ns::CLIENT);
    let header = b"<stream:stream xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams' to='a'>";
    let all = [&header[..], bytes].concat();
    let (mut framer, mut input) = (Framer::new(StanzaLimits::AUTHENTICATED), &all[..]);
    while let Ok(Some(frame)) = framer.next(&mut input) {
        if let Frame::Stanza(bytes) = frame {
            let stanza = Stanza::parse(bytes, &scope, &StanzaLimits::AUTHENTICATED);
            let id = stanza.as_ref().ok().and_then(|stanza| stanza.root().attr("id"));
            assert!(id.is_some_and(is_ours), "{}", String::from_utf8_lossy(bytes));
        }
    }
    assert!(input.is_empty(), "{}", String::from_utf8_lossy(bytes));
}

/// A server says this. Panics where a promise is broken.
pub fn server_says(bytes: &[u8]) {
    // Nothing of it waits, so whatever runs it does.
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() {
        runtime.block_on(server::hear_all(bytes));
    }
}
