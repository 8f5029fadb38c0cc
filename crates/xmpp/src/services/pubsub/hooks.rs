//! How telephony takes part in what becomes of sessions.

use std::rc::Rc;

use lampfield_board::AccountName;
use lampfield_xmpp_stream::{BareJid, Element, StanzaError};

use super::telephony::Telephonies;
use crate::context::Context;
use crate::router::Taken;
use crate::services::{BackgroundTask, Service, SessionEnd, SessionEvent};
use crate::session::Session;
use crate::wire::Flusher;

/// Lets the telephony side of each board follow its sessions.
pub struct TelephonyHooks {
    telephonies: Rc<Telephonies>,
    flusher: Rc<Flusher>,
}

// === impl TelephonyHooks ===

impl TelephonyHooks {
    /// For telephony sides whose subscribers are written to by `flusher`.
    pub fn new(telephonies: Rc<Telephonies>, flusher: Rc<Flusher>) -> Self {
        Self { telephonies, flusher }
    }
}

impl Service for TelephonyHooks {
    fn answered(&self, _: &Rc<Context>, session: &Rc<Session>, id: &str) {
        session.telephony.answered(session, id);
    }

    /// An unavailable presence to nobody in particular is a goodbye, whether or not the session has
    /// ever said that it is there.
    fn presence(
        &self,
        _: &Rc<Context>,
        from: &Rc<Session>,
        presence: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        if presence.attr("to").is_none() && presence.attr("type") == Some("unavailable") {
            from.telephony.goodbye(from);
        }
        Ok(Taken::No)
    }

    fn session(&self, _: &Rc<Context>, session: &Rc<Session>, event: SessionEvent<'_>) {
        let telephony = &session.telephony;
        match event {
            SessionEvent::Bound { replaced } => {
                telephony.arrived(session);
                if let Some(old) = replaced {
                    telephony.replaced(old, session);
                }
            }
            SessionEvent::Available { .. } | SessionEvent::Unavailable => {}
            SessionEvent::Ended(end) => {
                match end {
                    SessionEnd::Goodbye => telephony.goodbye(session),
                    SessionEnd::Cut => telephony.cut_off(session),
                    SessionEnd::Lost | SessionEnd::Refused(_) => telephony.lost(session),
                }
                telephony.left(session);
            }
        }
    }

    /// What the account has said is withdrawn.
    fn forget(&self, context: &Rc<Context>, account: &BareJid) {
        let domain = context.domains.served(Some(account.domain()));
        let telephony = domain.and_then(|domain| self.telephonies.of(&domain.board));
        if let (Ok(name), Some(telephony)) = (AccountName::parse(account.as_str()), telephony) {
            telephony.hub().act(|hub, now| hub.remove_account(&name, now));
        }
    }

    fn tasks(&self, _: &Rc<Context>) -> Vec<BackgroundTask> {
        let (telephonies, flusher) = (Rc::clone(&self.telephonies), Rc::clone(&self.flusher));
        vec![Box::pin(async move { telephonies.catch_up(&flusher.roomy).await })]
    }
}
