//! Whether a PBX has broken its own stream: told from how the stream ended, for people.
//! COMPAT(asterisk<=22 res_xmpp): its threads write into one socket and one TLS session without a
//! lock, and mix their bytes when its send buffer is full, which a long line makes it.

use std::time::{Duration, Instant};

use lampfield_xmpp_stream::StreamCondition;

use super::{Connection, Ending};
use crate::breakages::{Breakage, remedy};
use crate::session::Session;

/// How long after a login a PBX may still say what it knows.
const LIST: Duration = Duration::from_secs(10);
/// How much of that a new socket takes at once (tcp(7), the usual `tcp_wmem`): nothing mixes before.
const LONG: usize = 16 * 1024;
/// What is sent without a longer pause is sent in one go...
const PAUSE: Duration = Duration::from_secs(1);
/// ... and a stanza also over a line that loses: a line that is cut is silent for longer.
const PAUSE_IN_A_STANZA: Duration = Duration::from_secs(5);

// === impl Connection ===

impl Connection {
    /// Takes note of an ending that a PBX has caused itself.
    pub(super) fn note_breakage(&self, ending: &Ending) {
        let Some(session) = self.stream.session().filter(|session| is_direct_pbx(session)) else {
            return;
        };
        let breakage = match ending {
            Ending::Refused(error) if is_no_xml(error.condition) => Breakage::Bytes,
            Ending::Garbled => Breakage::Records,
            Ending::Lost(_) if self.is_in_its_list(session) => Breakage::Drop,
            Ending::Lost(_)
            | Ending::Cut
            | Ending::Refused(_)
            | Ending::Goodbye
            | Ending::Distrusted => return,
        };
        let door = self.stream.door();
        let told = door.breakages.note(&session.bare, breakage, Instant::now());
        let limit = door.context.accounts.log_limit();
        if let Some(how) = told.filter(|_| limit.allows("it breaks its stream", &session.bare)) {
            tracing::warn!(
                code = "stream-broken", jid = %session.jid, peer = %self.stream.link().peer(),
                remedy = remedy(&session.bare), "it breaks its stream: {how}"
            );
        }
    }

    /// Whether it was about to say all it knows, and that is much.
    fn is_in_its_list(&self, session: &Session) -> bool {
        let link = self.stream.link();
        let pause = if self.intake.is_in_a_stanza() { PAUSE_IN_A_STANZA } else { PAUSE };
        let is_new = session.since.elapsed().is_ok_and(|age| age < LIST);
        is_new && link.silence() < pause && link.received() >= LONG
    }
}

/// Whether Asterisk itself writes what arrives here.
fn is_direct_pbx(session: &Session) -> bool {
    session.is_pbx() && session.via().is_none()
}

/// Whether a stream was ended for what was in it, not for who said it or how much.
fn is_no_xml(condition: StreamCondition) -> bool {
    matches!(
        condition,
        StreamCondition::NotWellFormed
            | StreamCondition::BadFormat
            | StreamCondition::BadNamespacePrefix
            | StreamCondition::InvalidXml
            | StreamCondition::RestrictedXml
            | StreamCondition::UnsupportedEncoding
            | StreamCondition::UnsupportedStanzaType
    )
}
