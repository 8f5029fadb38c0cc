//! How telephony takes part: its nodes at the PubSub services, and what becomes of sessions.

use std::rc::Rc;

use lampfield_accounts::Account;
use lampfield_board::AccountName;
use lampfield_hub::kit::DoorHealth;
use lampfield_xmpp_stream::{BareJid, Element, StanzaCondition, StanzaError};

use super::nodes::{self, TelephonyNode};
use super::{Telephonies, Telephony, claims, requests};
use crate::context::{Context, Taken};
use crate::services::pubsub::Views;
use crate::services::pubsub::engine::Holder;
use crate::services::{Answer, BackgroundTask, Request, Service, SessionEnd, SessionEvent};
use crate::session::Session;
use crate::wire::Flusher;
use crate::xmpp_conf::LOAD_ANEW;

/// Lets the telephony side of each board follow its sessions.
pub struct TelephonyService {
    telephonies: Rc<Telephonies>,
    flusher: Rc<Flusher>,
    health: DoorHealth,
}

// === impl TelephonyService ===

impl TelephonyService {
    /// For telephony sides whose subscribers are written to by `flusher`; the sessions are counted in `health`.
    pub fn new(telephonies: Rc<Telephonies>, flusher: Rc<Flusher>, health: DoorHealth) -> Self {
        Self { telephonies, flusher, health }
    }

    /// That of a session's board.
    fn of(&self, session: &Session) -> Option<Rc<Telephony>> {
        self.telephonies.of(session.peer.board())
    }

    /// What an account is called on its board, and that board's.
    fn of_account(
        &self,
        context: &Context,
        account: &BareJid,
    ) -> Option<(AccountName, Rc<Telephony>)> {
        let domain = context.domains.served(Some(account.domain()))?;
        let name = AccountName::parse(account.as_str()).ok()?;
        Some((name, self.telephonies.of(&domain.board)?))
    }

    fn left(&self, session: &Session) {
        if let Some(telephony) = self.of(session) {
            telephony.left(session);
        }
    }
}

impl Service for TelephonyService {
    fn answered(&self, _: &Rc<Context>, session: &Rc<Session>, id: &str) {
        if let Some(telephony) = self.of(session) {
            telephony.answered(session, id);
        }
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
            from.peer.say_goodbye();
        }
        Ok(Taken::No)
    }

    fn session(&self, context: &Rc<Context>, session: &Rc<Session>, event: SessionEvent<'_>) {
        self.health.set_peers(context.router.sessions());
        match event {
            SessionEvent::Bound { replaced } => {
                session.peer.arrive();
                if let Some(old) = replaced {
                    // What the old one had read is the new one's when it subscribes, which it may do before the task
                    // of the old one has its turn: so the old subscriptions end now.
                    self.left(old);
                    session.peer.replace(&old.peer);
                }
            }
            SessionEvent::Available { .. } | SessionEvent::Unavailable => {}
            SessionEvent::Ended(end) => {
                match end {
                    SessionEnd::Goodbye => session.peer.say_goodbye(),
                    SessionEnd::Cut => session.peer.cut_off(),
                    SessionEnd::Lost | SessionEnd::Refused(_) => session.peer.lose(),
                }
                self.left(session);
            }
        }
    }

    /// Its rights may have changed.
    fn account_noted(&self, context: &Rc<Context>, account: &Account) {
        for session in context.router.resources(&account.jid) {
            if let Some(telephony) = self.of(&session) {
                telephony.account_changed(&session, account);
            }
        }
        if let Some((name, telephony)) = self.of_account(context, &account.jid) {
            telephony.restrict(&name, account);
        }
    }

    /// What the account has said is withdrawn.
    fn forget(&self, context: &Rc<Context>, account: &BareJid) {
        if let Some((name, telephony)) = self.of_account(context, account) {
            telephony.kit().remove_account(&name);
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
        let domain = context.domains.pubsub(request.to.as_str());
        let served = domain.and_then(|domain| {
            let telephony = self.telephonies.of(&domain.board)?;
            Some((domain, telephony))
        });
        let Some((domain, telephony)) = served else {
            return Answer::Error(StanzaCondition::ItemNotFound.with("no such service"));
        };
        if request.session.peer.board() != telephony.board() {
            return Answer::Error(elsewhere(context, request.session, &domain.pubsub_name));
        }
        requests::handle(&telephony, &domain.pubsub_name, request)
    }
}

/// The lamps of one board are nobody's on another. A PBX that asks for them has the wrong `pubsub_node`; Asterisk shows
/// the error to nobody, so the operator is told here.
fn elsewhere(context: &Context, session: &Session, address: &str) -> StanzaError {
    let own = context.domains.served(Some(session.bare.domain()));
    if let Some(own) = own
        && session.is_pbx()
        && session.looks_in_vain(address)
        && context.accounts.log_limit().allows("another board", &session.bare)
    {
        tracing::warn!(
            code = "no-such-service", account = %session.bare, asked = address,
            "that service belongs to another board: set pubsub_node={} in its xmpp.conf, then {LOAD_ANEW}",
            own.pubsub_name
        );
    }
    StanzaCondition::Forbidden.with("the lamps of this domain are on another board than yours")
}
