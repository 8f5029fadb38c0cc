//! Telling PBXs of each other, in rounds: one write to each for all that has changed.

use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use lampfield_xmpp_stream::{BareJid, FullJid};
use tokio::task::yield_now;
use tokio::time::sleep;

use super::write;
use crate::context::Context;
use crate::session::{Caps, Session, Words};

/// How long news wait for more, so that they go together.
const PAUSE: Duration = Duration::from_millis(250);
/// Recipients who are written to before others get their turn.
const CHUNK: usize = 32;
/// Presences that a newcomer gets before others get their turn.
const PORTION: usize = 128;

/// A presence that lacks only whom it is for.
struct Piece {
    from: BareJid,
    head: Vec<u8>,
    tail: Vec<u8>,
}

/// Tells news for ever.
pub async fn run(context: &Rc<Context>) {
    loop {
        context.news.some().await;
        sleep(PAUSE).await;
        tell(context).await;
    }
}

/// Tells all PBXs what has changed since the last round.
pub async fn tell(context: &Rc<Context>) {
    let session =
        |jid: &FullJid| context.router.session(jid).filter(|session| session.is_available());
    let round = context.news.round(|jid| session(jid).is_some());
    // What is told of one is told to the PBXs of its domain.
    let caps = |jid: &FullJid| context.caps_for(&jid.to_bare());
    let there = round.there.iter().filter_map(session).filter_map(|s| piece(&s, caps(&s.jid)));
    let gone = round
        .gone
        .iter()
        .map(|(jid, words)| Piece::new(jid, Some("unavailable"), words, caps(jid)));
    let news: Vec<_> = there.chain(gone).collect();
    for domain in context.domains.all() {
        let domain = domain.name.as_str();
        let here: Vec<_> = news.iter().filter(|piece| piece.from.domain() == domain).collect();
        if !here.is_empty() {
            tell_domain(context, domain, &here, &round.newcomers).await;
        }
    }
}

/// Those who were there hear the news, those who have come hear who is there.
async fn tell_domain(
    context: &Context,
    domain: &str,
    news: &[&Piece],
    newcomers: &HashSet<FullJid>,
) {
    let members = context.peers.of_domain(domain);
    let all = members.iter().flat_map(|account| context.router.resources(account));
    let all: Vec<_> = all.filter(|session| session.is_available()).collect();
    let (newcomers, residents): (Vec<_>, Vec<_>) =
        all.iter().partition(|session| newcomers.contains(&session.jid));
    for chunk in residents.chunks(CHUNK) {
        chunk.iter().for_each(|to| send(to, news));
        yield_now().await;
    }
    if newcomers.is_empty() {
        return;
    }
    // Who has come meanwhile is told of in the next round, so that it is taken back if it goes.
    let told = all.iter().filter(|session| context.news.was_told(&session.jid));
    let pieces: Vec<_> =
        told.filter_map(|session| piece(session, context.caps_for(&session.bare))).collect();
    let pieces: Vec<_> = pieces.iter().collect();
    for to in newcomers {
        for portion in pieces.chunks(PORTION) {
            send(to, portion);
            yield_now().await;
        }
    }
}

/// Tells one PBX of the others, not of itself: it does not listen. COMPAT(asterisk<=22)
fn send(to: &Session, pieces: &[&Piece]) {
    let mut head = Vec::new();
    for piece in pieces.iter().filter(|piece| piece.from != to.bare) {
        head.clear();
        head.extend_from_slice(&piece.head);
        head.extend_from_slice(to.bare.as_str().as_bytes());
        to.send_parts(&head, &piece.tail);
    }
}

fn piece(session: &Rc<Session>, caps: Caps) -> Option<Piece> {
    let presence = session.presence.borrow();
    presence.as_ref().map(|presence| Piece::new(&session.jid, None, &presence.words, caps))
}

// === impl Piece ===

impl Piece {
    fn new(from: &FullJid, kind: Option<&str>, words: &Words, caps: Caps) -> Self {
        let (head, tail) = write::in_two(from, kind, words, caps);
        Self { from: from.to_bare(), head, tail }
    }
}
