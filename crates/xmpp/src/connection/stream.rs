//! The conversation of one connection: where it stands, and who answers what in which phase.

use std::rc::Rc;

use lampfield_accounts::LoginTurn;
use lampfield_xmpp_stream::sasl::Exchange;
use lampfield_xmpp_stream::{
    BareJid, Frame, Jid, Scope, Stanza, StreamCondition, StreamError, StreamHeader,
};

use super::claim::Claim;
use super::login::Attempt;
use super::via::{ignore_via, is_via};
use super::{Ending, after_login, before_login};
use crate::admission::Admission;
use crate::domains::ServedDomain;
use crate::door::Door;
use crate::random;
use crate::refused_logins::LoginCause;
use crate::session::{Lang, Session, Via};
use crate::settings::XmppLimits;
use crate::wire::Link;

/// How far a client has come.
pub(super) enum Phase {
    /// Not logged in, and no login has begun.
    Stranger,
    /// In the middle of a SASL exchange, with SCRAM's turn once keys were needed.
    Authenticating(Box<Exchange>, Option<LoginTurn>),
    /// Logged in, no resource yet.
    Known(BareJid),
    /// Logged in and addressable.
    Bound(Rc<Session>),
}

/// What a frame asks of the connection that carries the stream.
pub(super) enum StreamStep {
    /// End it: the peer has closed its stream.
    Goodbye,
    /// Put TLS on the link, then expect a new stream header.
    StartTls,
    /// Wait for a step of a login.
    Login(Attempt),
}

/// One XML stream after the other on one connection.
pub(super) struct Stream {
    pub(super) door: Rc<Door>,
    pub(super) limits: Rc<XmppLimits>,
    pub(super) link: Rc<Link>,
    pub(super) admission: Admission,
    pub(super) phase: Phase,
    /// The id of the present stream, unpredictable (RFC 6120 section 4.7.3).
    pub(super) id: String,
    /// The domain the client wants to talk to; none before its first header.
    pub(super) domain: Option<Rc<ServedDomain>>,
    /// Whom the present header is from, if it says so (RFC 6120 section 4.7.2). It proves nothing.
    pub(super) client: Option<Jid>,
    /// The language of what the client will say, if the present header names one.
    pub(super) lang: Option<Lang>,
    /// How many wrong passwords this connection has sent.
    pub(super) failures: u32,
    /// Who the present or latest attempt to log in says it is.
    pub(super) claim: Option<Claim>,
    /// From where the PBX comes, if a relay carries its stream and says so.
    pub(super) via: Option<Via>,
    /// Whether the present stream has been opened, cannot be logged in to without TLS, and
    /// nothing has come on it yet.
    pub(super) awaits_tls: bool,
    scope: Rc<Scope>,
    answered: bool,
}

// === impl Stream ===

impl Stream {
    pub(super) fn new(door: Rc<Door>, link: Rc<Link>, admission: Admission) -> Self {
        Self {
            limits: door.context.limits(),
            door,
            link,
            admission,
            phase: Phase::Stranger,
            id: String::new(),
            domain: None,
            client: None,
            lang: None,
            failures: 0,
            claim: None,
            via: None,
            awaits_tls: false,
            scope: Rc::new(Scope::NONE),
            answered: false,
        }
    }

    pub(super) fn door(&self) -> &Rc<Door> {
        &self.door
    }

    /// The bounds of this connection, which are those in force when it began.
    pub(super) fn limits(&self) -> &XmppLimits {
        &self.limits
    }

    pub(super) fn link(&self) -> &Rc<Link> {
        &self.link
    }

    /// The session, once a resource is bound.
    pub(super) fn session(&self) -> Option<&Rc<Session>> {
        match &self.phase {
            Phase::Bound(session) => Some(session),
            _ => None,
        }
    }

    pub(super) fn is_authenticated(&self) -> bool {
        matches!(self.phase, Phase::Known(_) | Phase::Bound(_))
    }

    /// Whether our own header of the present stream is out.
    pub(super) fn has_answered(&self) -> bool {
        self.answered
    }

    /// Lets one frame take effect.
    pub(super) fn handle(&mut self, frame: Frame<'_>) -> Result<Option<StreamStep>, StreamError> {
        match frame {
            Frame::Open(header) => self.opened(*header).map(|()| None),
            Frame::Stanza(bytes) => {
                self.awaits_tls = false;
                self.stanza(bytes)
            }
            Frame::Close => Ok(Some(StreamStep::Goodbye)),
        }
    }

    fn opened(&mut self, header: StreamHeader) -> Result<(), StreamError> {
        self.answered = false;
        let name = header.to.as_deref();
        self.domain = self.door.context.domains.served(name);
        self.client = header.from.as_deref().and_then(|from| Jid::parse(from).ok());
        self.lang = header.lang.as_deref().and_then(Lang::parse);
        self.id = random::token();
        self.scope = Rc::new(header.scope);
        self.open();
        self.answered = true;
        if self.scope.default_ns() == lampfield_xmpp_stream::ns::COMPONENT {
            self.note_refusal(LoginCause::Component, name);
            return Err(StreamCondition::InvalidNamespace.with(
                "components are not served: an Asterisk needs type=client in its xmpp.conf",
            ));
        }
        if self.domain.is_none() {
            let asked = name.unwrap_or_default();
            self.note_refusal(LoginCause::UnknownDomain, name);
            return Err(StreamCondition::HostUnknown.with(format!("no domain {asked:?} here")));
        }
        if self.scope.default_ns() != lampfield_xmpp_stream::ns::CLIENT {
            return Err(StreamCondition::InvalidNamespace.with("this port serves jabber:client"));
        }
        // COMPAT(clients before XMPP 1.0): without a version there are no features.
        match header.version {
            Some((0, _)) | None => {}
            Some(_) => self.send_features(),
        }
        self.awaits_tls = !self.may_log_in();
        Ok(())
    }

    fn stanza(&mut self, bytes: &[u8]) -> Result<Option<StreamStep>, StreamError> {
        let scope = Rc::clone(&self.scope);
        let limits = if self.is_authenticated() { after_login } else { before_login };
        let stanza = Stanza::parse(bytes, &scope, &limits(&self.limits))?;
        let element = stanza.root();
        match &self.phase {
            Phase::Stranger | Phase::Authenticating(..) => self.negotiate(element),
            Phase::Known(_) if is_via(element) => {
                self.note_via(element);
                Ok(None)
            }
            Phase::Known(jid) => {
                // Its account may have been removed or changed since it logged in.
                let account = self.door.context.accounts.get(jid);
                let gone = || StreamCondition::NotAuthorized.with("the account was removed");
                self.bind(account.ok_or_else(gone)?, element).map(|()| None)
            }
            Phase::Bound(session) if session.is_ended() => Ok(None),
            Phase::Bound(_) if is_via(element) => {
                ignore_via(self);
                Ok(None)
            }
            Phase::Bound(session) => super::dispatch::stanza(&self.door, session, element),
        }
    }

    /// Sends one element; a peer that does not read loses its connection by the link's own rule.
    pub(super) fn send(&self, bytes: &[u8]) {
        let _ = self.link.send(bytes);
    }

    /// One line about the end, as loud as it deserves.
    pub(super) fn log(&self, ending: &Ending) {
        let peer = self.link.peer();
        match (self.session(), ending) {
            (Some(s), Ending::Goodbye) => tracing::info!(jid = %s.jid, %peer, "closed its stream"),
            (Some(s), Ending::Lost(why)) => tracing::info!(jid = %s.jid, %peer, "link lost: {why}"),
            (Some(s), Ending::Cut) => tracing::info!(
                jid = %s.jid, %peer, "link lost: the line was cut, the peer's TCP no longer answers"
            ),
            // It begins with TLS, or asks for it before it logs in.
            (Some(s), Ending::Garbled | Ending::Distrusted) => {
                tracing::info!(jid = %s.jid, %peer, "link lost: its TLS records cannot be read");
            }
            (Some(s), Ending::Refused(error)) => {
                tracing::warn!(jid = %s.jid, %peer, "stream ended by us: {error}");
            }
            (None, Ending::Refused(error)) => {
                if self.door.context.accounts.log_limit().allows("turned away", peer.ip()) {
                    tracing::info!(%peer, "turned away: {error}");
                }
            }
            (None, _) => tracing::debug!(%peer, "left before logging in"),
        }
    }
}
