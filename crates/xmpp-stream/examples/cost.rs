//! Prints what the stream layer costs per stanza: Asterisk's publish of 345 bytes through framer,
//! parser and writer. Best of several rounds, because the machine is never quite idle.
//!
//! `cargo run --release -p lampfield-xmpp-stream --example cost`

use std::hint::black_box;
use std::time::{Duration, Instant};

use lampfield_xmpp_stream::{
    Element, Framer, Scope, Stanza, StanzaLimits, StreamError, ns, writer,
};

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
     xmlns='jabber:client' to='asterisk.example' version='1.0'>";

const PUBLISH: &str = "<iq to='pubsub.asterisk.example' from='server1@asterisk.example/astvoip1' \
    type='set' id='aaaap'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
    <publish node='device_state'><item id='Custom:mystate'><state xmlns='http://asterisk.org' \
    eid='02:00:00:00:00:01' cachable='1'>INUSE</state></item></publish></pubsub></iq>";

const ROUNDS: usize = 20;
const STANZAS: u32 = 2_000;

fn main() -> Result<(), StreamError> {
    let limits = StanzaLimits::AUTHENTICATED;
    let scope = Scope::with_default(ns::CLIENT);
    println!("{} bytes per stanza", PUBLISH.len());

    let burst = PUBLISH.repeat(STANZAS as usize);
    let whole = best(|| frame(burst.as_bytes(), usize::MAX))?;
    println!("{:>6} ns  framed, arriving together", whole.as_nanos());
    let bytes = best(|| frame(burst.as_bytes(), 1))?;
    println!("{:>6} ns  framed, arriving byte by byte", bytes.as_nanos());

    let parsed = best(|| {
        (0..STANZAS).try_for_each(|_| {
            let stanza = Stanza::parse(black_box(PUBLISH.as_bytes()), &scope, &limits)?;
            black_box(payload(stanza.root()));
            Ok(())
        })
    })?;
    println!("{:>6} ns  parsed, payload found", parsed.as_nanos());

    let stanza = Stanza::parse(PUBLISH.as_bytes(), &scope, &limits)?;
    let mut out = Vec::new();
    let written = best(|| {
        (0..STANZAS).for_each(|_| {
            out.clear();
            writer::copy(&mut out, black_box(stanza.root()), ns::CLIENT);
        });
        Ok(())
    })?;
    println!("{:>6} ns  written again", written.as_nanos());
    Ok(())
}

/// What the hot path looks up.
fn payload(iq: Element<'_>) -> Option<(&str, &str)> {
    let item = iq.first_child()?.first_child()?.first_child()?;
    Some((item.attr("id")?, item.first_child()?.attr("eid")?))
}

fn frame(burst: &[u8], size: usize) -> Result<(), StreamError> {
    let mut framer = Framer::new(StanzaLimits::AUTHENTICATED);
    let parts = std::iter::once(HEADER.as_bytes()).chain(burst.chunks(size.min(burst.len())));
    for mut input in parts {
        while let Some(frame) = framer.next(&mut input)? {
            black_box(frame);
        }
    }
    Ok(())
}

/// The time per stanza of the best round.
fn best(mut round: impl FnMut() -> Result<(), StreamError>) -> Result<Duration, StreamError> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        round()?;
        best = best.min(start.elapsed() / STANZAS);
    }
    Ok(best)
}
