//! Logs the PBX in, as often as the line needs it, and carries its stream.

use std::cell::RefCell;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use lampfield_xmpp_stream::{Scope, Stanza, StanzaLimits, Tag, ns};
use tokio::time::sleep;
use zeroize::Zeroizing;

use crate::lines::Lines;
use crate::own_id::REPEATED;
use crate::pbx::Pbx;
use crate::refused::{BEGINS_WITHIN, Refused};
use crate::search::Search;
use crate::server::{Features, LineError, Open, Server, header, in_one_line, write};
use crate::settings::Settings;
use crate::vain::Vain;

/// The pause after a stream has ended, and after many that came to nothing: who is turned away at once
/// does not ask all the time.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));
/// The pause while the server still has the PBX's former stream, of which it has heard no end: it
/// notices by itself, but not the sooner for being asked.
const OCCUPIED: Duration = Duration::from_secs(3);
/// After so many the address has somebody else for good, and the PBX must do with another one.
const OCCUPIED_TRIES: u32 = 10;

/// How far the PBX has come in its own login: what it has been answered already is not answered
/// again.
#[derive(Debug, Default)]
struct Progress {
    is_greeted: bool,
    is_let_in: bool,
    /// What a server said last that did not let it in. It is answered when no other one is left.
    refusal: Option<Vec<u8>>,
    is_greeted_again: bool,
    /// The address that it was given.
    address: Option<String>,
    /// The server is one that knows of relays.
    is_known: bool,
}

/// Why a stream has ended.
enum StreamEnd {
    Line(LineError),
    Refused(Refused),
}

/// Carries a PBX's stream for as long as the server lets it, if it is one.
pub async fn carry(pbx: &Pbx, settings: &Settings, lines: &Lines) -> Refused {
    tokio::select! {
        refused = carry_on(pbx, settings, lines) => refused,
        () = pbx.is_late(BEGINS_WITHIN) => Refused::Silent,
    }
}

async fn carry_on(pbx: &Pbx, settings: &Settings, lines: &Lines) -> Refused {
    let domain = pbx.domain().await;
    let mut progress = Progress::default();
    let mut search = Search::new(settings, &domain, lines);
    let vain = RefCell::new(Vain::new(pbx.peer, &lines.lost));
    let mut occupied = 0;
    let mut pause = PAUSE.0;
    loop {
        let (open, target) = match search.find(&vain, progress.address.is_none()).await {
            Ok(found) => found,
            Err(refused) => return refused,
        };
        let end = stream(pbx, open, &domain, &mut progress, lines).await;
        if pbx.is_leaving() {
            return Refused::Gone;
        }
        let was_up = pbx.line_is_down();
        search.was_of_use(was_up);
        if was_up {
            vain.borrow_mut().end();
            (occupied, pause) = (0, PAUSE.0);
        }
        let is_occupied = matches!(end, StreamEnd::Line(LineError::Occupied));
        occupied += u32::from(is_occupied);
        let refused = match end {
            StreamEnd::Refused(refused) => Some(refused),
            StreamEnd::Line(error) if is_final(&error, &progress) || occupied > OCCUPIED_TRIES => {
                Some(Refused::Ended(error))
            }
            StreamEnd::Line(error) => {
                vain.borrow_mut().note(target, &error);
                None
            }
        };
        if let Some(refused) = refused.and_then(|refused| search.refuse(target, refused, &vain)) {
            if let Some(refusal) = progress.refusal.filter(|_| !progress.is_let_in) {
                pbx.tell(&refusal).await;
            }
            return refused;
        }
        sleep(if is_occupied { OCCUPIED } else { pause }).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}

/// Whether another try would mend nothing, or would only take the place of somebody who has taken
/// ours.
fn is_final(error: &LineError, progress: &Progress) -> bool {
    match error {
        LineError::NoPlain => progress.address.is_none(),
        error => error.is_final(),
    }
}

/// One stream to the server, from its login to its end.
async fn stream(
    pbx: &Pbx,
    open: Open,
    domain: &str,
    progress: &mut Progress,
    lines: &Lines,
) -> StreamEnd {
    let Open { mut server, socket, local } = open;
    let carried = async {
        log_in(pbx, &mut server, domain, local, progress).await?;
        pbx.line_is_up();
        lines.up.notify_one();
        tracing::info!(code = "line-up", pbx = %pbx.peer, words = pbx.words(), "the server is there");
        let (mut ear, mut mouth) = server.into_halves();
        let listen = async {
            let mut heard = Vec::new();
            loop {
                ear.listen(&mut heard, |id| pbx.answered(id)).await?;
                pbx.tell(&heard).await;
                heard.clear();
            }
        };
        let speak = async {
            loop {
                write(&mut mouth, &pbx.outgoing().await).await?;
            }
        };
        tokio::select! {
            end = listen => end,
            end = speak => end,
        }
    };
    tokio::select! {
        end = carried => match end { Ok(()) => StreamEnd::Line(LineError::Closed), Err(end) => end },
        () = lampfield_tcp::cut(socket) => StreamEnd::Line(LineError::Cut),
    }
}

/// Logs in with what the PBX has said, or will say. To a server that is known all of it goes at
/// once: a long line makes every question dear.
async fn log_in<S>(
    pbx: &Pbx,
    server: &mut Server<S>,
    domain: &str,
    local: Option<IpAddr>,
    progress: &mut Progress,
) -> Result<(), StreamEnd>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let is_known = progress.is_known && progress.address.is_some();
    if is_known {
        let login = pbx.login().await;
        let parts = [
            &header(domain)[..],
            &login,
            &header(domain),
            &introduction(pbx, local),
            &binding(pbx, progress).await,
        ];
        server.send(&Zeroizing::new(parts.concat())).await?;
    } else {
        server.send(&header(domain)).await?;
    }
    if !server.features().await?.plain {
        return Err(LineError::NoPlain.into());
    }
    if !std::mem::replace(&mut progress.is_greeted, true) {
        pbx.greet(domain, Pbx::mechanisms).await;
    }
    if !is_known {
        let login = server.open_until(pbx.login()).await?;
        server.send(&login).await?;
    }
    let answer = server.answer().await?;
    if !server.is(&answer, ns::SASL, "success") {
        let end = not_let_in(&answer);
        progress.refusal = Some(answer);
        return Err(end);
    }
    if !std::mem::replace(&mut progress.is_let_in, true) {
        pbx.tell(&answer).await;
    }
    server.open_until(pbx.let_in()).await?;
    server.restart();
    if !is_known {
        server.send(&header(domain)).await?;
    }
    let features = server.features().await?;
    progress.is_known = features.relay;
    if !std::mem::replace(&mut progress.is_greeted_again, true) {
        pbx.greet(domain, |out| bindings(out, &features)).await;
    }
    if !is_known {
        let introduction = if features.relay { introduction(pbx, local) } else { Vec::new() };
        let binding = server.open_until(binding(pbx, progress)).await?;
        server.send(&[&introduction[..], &binding].concat()).await?;
    }
    bound(pbx, &server.answer().await?, progress).await
}

/// The binding of the PBX, or one that asks for the address that it was given by it.
async fn binding(pbx: &Pbx, progress: &Progress) -> Rc<[u8]> {
    let Some((_, resource)) = progress.address.as_deref().and_then(|own| own.split_once('/'))
    else {
        return pbx.binding().await;
    };
    let mut out = Vec::new();
    Tag::open(&mut out, "iq").attr("type", "set").attr("id", REPEATED).children(|out| {
        Tag::open(out, "bind").xmlns(ns::BIND).children(|out| {
            Tag::open(out, "resource").text(resource);
        });
    });
    out.into()
}

/// The PBX has its address, the same as before.
async fn bound(pbx: &Pbx, answer: &[u8], progress: &mut Progress) -> Result<(), StreamEnd> {
    let address = address(answer).ok_or_else(|| not_let_in(answer))?;
    match &progress.address {
        None => {
            progress.address = Some(address);
            pbx.tell(answer).await;
        }
        Some(before) if *before == address => {}
        Some(_) => return Err(LineError::Occupied.into()),
    }
    Ok(())
}

/// Says that a relay speaks, and from where the PBX comes.
fn introduction(pbx: &Pbx, local: Option<IpAddr>) -> Vec<u8> {
    let peer = pbx.peer.ip();
    let address = if peer.is_loopback() { local.unwrap_or(peer) } else { peer };
    let mut out = Vec::new();
    Tag::open(&mut out, "via")
        .xmlns(ns::RELAY)
        .attr("address", &address.to_string())
        .attr("stream", &pbx.name)
        .empty();
    out
}

fn bindings(out: &mut Vec<u8>, features: &Features) {
    Tag::open(out, "bind").xmlns(ns::BIND).empty();
    if features.session {
        Tag::open(out, "session").xmlns(ns::SESSION).empty();
    }
}

/// The address that a binding gave.
fn address(bound: &[u8]) -> Option<String> {
    let scope = Scope::with_default(ns::CLIENT);
    let stanza = Stanza::parse(bound, &scope, &StanzaLimits::AUTHENTICATED).ok()?;
    let bind = stanza.root().child(ns::BIND, "bind")?;
    bind.child_text(ns::BIND, "jid").map(|jid| jid.into_owned())
}

/// A failure, or an error: a passing one is a lost line.
fn not_let_in(answer: &[u8]) -> StreamEnd {
    let said = reason(answer).unwrap_or_else(|| String::from_utf8_lossy(answer).into_owned());
    let said = in_one_line(&said);
    if said.starts_with("temporary-auth-failure") || said.starts_with("resource-constraint") {
        return StreamEnd::Line(LineError::NotYet(said));
    }
    StreamEnd::Refused(Refused::Login(said))
}

/// What a failure or an error says: its condition, and the sentence for people.
fn reason(answer: &[u8]) -> Option<String> {
    let scope = Scope::with_default(ns::CLIENT);
    let stanza = Stanza::parse(answer, &scope, &StanzaLimits::AUTHENTICATED).ok()?;
    let root = stanza.root();
    if root.is(ns::SASL, "challenge") {
        return Some("it needs more than one message, which a relay cannot repeat".to_owned());
    }
    let about = root.child(ns::CLIENT, "error").unwrap_or(root);
    let condition = about.children().find(|child| child.name() != "text")?;
    let text = about.children().find(|child| child.name() == "text");
    Some(match text {
        Some(text) => format!("{}: {}", condition.name(), text.text()),
        None => condition.name().to_owned(),
    })
}

/// Reads what may answer a login, for whoever searches for answers that break it.
pub fn read_answer(answer: &[u8]) {
    if address(answer).is_none() {
        let _ = not_let_in(answer);
    }
}

impl From<LineError> for StreamEnd {
    fn from(error: LineError) -> Self {
        Self::Line(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_without_plain_is_useless_unless_it_had_it_before() {
        let mut progress = Progress::default();
        assert!(is_final(&LineError::NoPlain, &progress));
        progress.address = Some("a@b/c".to_owned());
        assert!(!is_final(&LineError::NoPlain, &progress));
        for (condition, ends) in [
            ("conflict", true),
            ("invalid-from", true),
            ("system-shutdown", false),
            ("resource-constraint", false),
        ] {
            let error = LineError::Ended { condition: condition.into(), text: String::new() };
            assert_eq!(is_final(&error, &progress), ends, "{condition}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_words() {
        let wrong = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>";
        let held = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><temporary-auth-failure/>\
            <text>too many wrong passwords</text></failure>";
        let full = "<iq type='error' id='a'><error type='cancel'>\
            <not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";
        let told = |answer: &str| match not_let_in(answer.as_bytes()) {
            StreamEnd::Refused(refused) => refused.to_string(),
            StreamEnd::Line(error) => error.to_string(),
        };
        assert_eq!(told(wrong), "the server refuses the PBX: not-authorized");
        assert_eq!(
            told(held),
            "the server does not accept the PBX yet: temporary-auth-failure: too many wrong passwords"
        );
        assert_eq!(told(full), "the server refuses the PBX: not-allowed");
        assert_eq!(
            told("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>=</challenge>"),
            "the server refuses the PBX: it needs more than one message, which a relay cannot repeat"
        );
        assert_eq!(told("<a"), "the server refuses the PBX: <a");
    }
}
