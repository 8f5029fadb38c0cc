//! What fuzzing drives: both ends of the relay without sockets.

use lampfield_xmpp_stream::{Frame, Framer, Scope, Stanza, StanzaLimits, ns};

use crate::fingerprint::Fingerprint;
use crate::own_id::is_ours;
use crate::pbx_stream::PbxStream;
use crate::target::Target;
use crate::{server, session};

/// A PBX says this in pieces, while its line comes and goes. Panics where a promise is broken.
pub fn pbx_says(pieces: &[&[u8]]) {
    let mut stream = PbxStream::default();
    for (count, piece) in pieces.iter().enumerate() {
        if stream.hear(&mut &**piece).is_err() {
            break;
        }
        stream.is_let_in |= stream.login.is_some();
        match count % 3 {
            0 if stream.binding.is_some() => stream.line_is_up(),
            1 => drop(stream.line_is_down()),
            _ => drop(answered(&mut stream, 1_024)),
        }
    }
    // What the PBX still waits for is said again in its own words, once or twice.
    let mut are_ours = Vec::new();
    for _ in 0..3 {
        stream.line_is_up();
        stream.line_is_down();
        stream.line_is_up();
        are_ours = answered(&mut stream, usize::MAX);
    }
    assert!(are_ours.iter().all(|is_ours| *is_ours), "{are_ours:?}");
}

/// What is said is stanzas, and the server answers it. Says of each whether its id is the relay's own.
fn answered(stream: &mut PbxStream, about: usize) -> Vec<bool> {
    let bytes = stream.take(about);
    let scope = Scope::with_default(ns::CLIENT);
    let header = b"<stream:stream xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams' to='a'>";
    let all = [&header[..], &bytes].concat();
    let (mut framer, mut input) = (Framer::new(StanzaLimits::AUTHENTICATED), &all[..]);
    let mut are_ours = Vec::new();
    while let Ok(Some(frame)) = framer.next(&mut input) {
        if let Frame::Stanza(bytes) = frame {
            let stanza = Stanza::parse(bytes, &scope, &StanzaLimits::AUTHENTICATED);
            let id = stanza.as_ref().ok().and_then(|stanza| stanza.root().attr("id"));
            are_ours.push(id.is_some_and(is_ours));
            id.into_iter().for_each(|id| stream.answered(id));
        }
    }
    assert!(input.is_empty(), "{}", String::from_utf8_lossy(&bytes));
    are_ours
}

/// A server says this before TLS, and one stanza of it after a login. Panics where a promise is broken.
pub fn server_begins(bytes: &[u8]) {
    session::read_answer(bytes);
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() {
        let socket = tokio::io::join(bytes, tokio::io::sink());
        let _ = runtime.block_on(server::start_tls(socket, "example.org"));
    }
}

/// Somebody types this behind `--to` and `--fingerprint`. Panics where a promise is broken.
pub fn is_typed(text: &str) {
    if let Ok(target) = text.parse::<Target>() {
        assert!(target.port != Some(0), "{text:?}");
        assert_eq!(target.to_string().parse(), Ok(target), "{text:?}");
    }
    if let Ok(fingerprint) = text.parse::<Fingerprint>() {
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint), "{text:?}");
    }
}

/// A server says this. Panics where a promise is broken.
pub fn server_says(bytes: &[u8]) {
    // Nothing of it waits, so whatever runs it does.
    if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() {
        runtime.block_on(server::hear_all(bytes));
    }
}
