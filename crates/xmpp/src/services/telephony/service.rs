//! How telephony takes part: its nodes at the PubSub services, and what becomes of sessions.

use std::rc::Rc;

use lampfield_board::AccountName;
use lampfield_xmpp_stream::{BareJid, Element, StanzaCondition, StanzaError};

use super::nodes::{self, TelephonyNode};
use super::{Telephonies, claims, requests};
use crate::context::Context;
use crate::router::Taken;
use crate::services::pubsub::Views;
use crate::services::pubsub::engine::Holder;
use crate::services::{Answer, BackgroundTask, Request, Service, SessionEnd, SessionEvent};
use crate::session::Session;
use crate::wire::Flusher;

/// Lets the telephony side of each board follow its sessions.
pub struct TelephonyService {
    telephonies: Rc<Telephonies>,
    flusher: Rc<Flusher>,
}

// === impl TelephonyService ===

impl TelephonyService {
    /// For telephony sides whose subscribers are written to by `flusher`.
    pub fn new(telephonies: Rc<Telephonies>, flusher: Rc<Flusher>) -> Self {
        Self { telephonies, flusher }
    }
}

impl Service for TelephonyService {
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

impl Views for TelephonyService {
    fn listed(&self) -> Vec<&'static str> {
        TelephonyNode::ALL.iter().map(|(_, name)| *name).collect()
    }

    fn is_reserved(&self, node: &str) -> bool {
        nodes::is_reserved(node)
    }

    fn claims(&self, request: &Request<'_>, holder: &dyn Fn(&str) -> Holder) -> bool {
        claims::claims(request, holder)
    }

    fn answer(&self, context: &Rc<Context>, request: &Request<'_>) -> Answer {
        let domain = context.domains.iter().find(|domain| domain.pubsub == *request.to);
        let served = domain.and_then(|domain| Some((domain, self.telephonies.of(&domain.board)?)));
        let Some((domain, telephony)) = served else {
            return Answer::Error(StanzaCondition::ItemNotFound.with("no such service"));
        };
        if !request.session.telephony.is(&telephony) {
            return Answer::Error(elsewhere(context, request.session, &domain.pubsub_name));
        }
        requests::handle(&telephony, &domain.pubsub_name, request)
    }
}

/// The lamps of one board are nobody's on another. A PBX that asks for them has the wrong `pubsub_node`; Asterisk shows
/// the error to nobody, so the operator is told here.
fn elsewhere(context: &Context, session: &Session, address: &str) -> StanzaError {
    let own = context.domains.served(Some(session.bare.domain()));
    if let Some(own) = own.filter(|_| session.is_pbx()) {
        // The first one tells enough.
        let _ = session.misdirected.set(address.into());
        if context.accounts.log_limit().allows("another board", &session.bare) {
            tracing::warn!(
                code = "no-such-service", account = %session.bare, asked = address,
                "that service is of another board: write pubsub_node={} into its xmpp.conf",
                own.pubsub_name
            );
        }
    }
    StanzaCondition::Forbidden.with("the lamps of this domain are on another board than yours")
}
