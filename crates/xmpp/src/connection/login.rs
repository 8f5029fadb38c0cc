//! Logging in: SASL (RFC 6120 section 6) and, for those who know nothing else, `jabber:iq:auth`
//! (XEP-0078). A password is checked on threads of its own; nothing else waits for it.

use std::pin::Pin;
use std::rc::Rc;
use std::time::Instant;

use lampfield_accounts::{Account, LoginError, LoginTurn};
use lampfield_xmpp_stream::sasl::{self, ChannelBinding, Exchange, Failure, Mechanism, legacy};
use lampfield_xmpp_stream::{
    BareJid, Element, StanzaCondition, StreamCondition, StreamError, Tag, ns,
};

use super::claim::Claim;
use super::negotiation::not_authorized;
use super::stream::{Phase, Stream, StreamStep};
use crate::random;
use crate::refused_logins::LoginCause;
use crate::services::{Verb, reply};
use crate::wire::Security;

/// A step of a login that may have to wait, for its turn or for a password to be checked.
pub(super) type Attempt = Pin<Box<dyn Future<Output = Outcome>>>;

/// What became of a step of a login.
pub(super) enum Outcome {
    /// The turn to look at a SCRAM proof for this account.
    Proof(Box<Exchange>, BareJid, Result<LoginTurn, Failure>),
    /// The end of a SASL exchange, and the last word that goes along with a success.
    Sasl(Result<Rc<Account>, Failure>, Vec<u8>),
    /// The turn to look at a login by `jabber:iq:auth`.
    Legacy(LegacyLogin, Result<LoginTurn, Failure>),
}

/// Where a login stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoginProgress {
    /// The client has to say more.
    Underway,
    /// The client is in, and opens a new stream.
    NewStream,
    /// The client is in and has its address.
    SameStream,
    /// The client may try again.
    Failed,
}

/// What `jabber:iq:auth` asks for.
pub(super) struct LegacyLogin {
    id: String,
    jid: BareJid,
    digest: String,
    resource: String,
}

// === impl Stream ===

impl Stream {
    /// Appends the mechanisms that this stream may use, and how it can be bound to TLS.
    pub(super) fn write_mechanisms(&self, out: &mut Vec<u8>) {
        let binding = self.channel_binding();
        Tag::open(out, "mechanisms").xmlns(ns::SASL).children(|out| {
            for mechanism in self.mechanisms(&binding) {
                Tag::open(out, "mechanism").text(mechanism.as_str());
            }
        });
        if binding.is_possible() {
            Tag::open(out, "sasl-channel-binding").xmlns(ns::SASL_CHANNEL_BINDING).children(
                |out| {
                    for name in binding.types() {
                        Tag::open(out, "channel-binding").attr("type", name.as_str()).empty();
                    }
                },
            );
        }
    }

    fn mechanisms(&self, binding: &ChannelBinding) -> impl Iterator<Item = Mechanism> {
        let (plus, plain) = (binding.is_possible(), self.may_show_password());
        Mechanism::ALL.into_iter().filter(move |mechanism| match mechanism {
            Mechanism::ScramPlus(_) => plus,
            Mechanism::Plain => plain,
            Mechanism::Scram(_) => true,
        })
    }

    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding {
            exporter: self.link.channel_binding().map(Vec::from),
            end_point: self
                .door
                .context
                .certificate_hash()
                .filter(|_| self.link.security() == Security::Here),
        }
    }

    /// Handles an element of the SASL namespace.
    pub(super) fn sasl(
        &mut self,
        name: &str,
        element: Element<'_>,
    ) -> Result<Option<StreamStep>, StreamError> {
        let step = match (name, std::mem::replace(&mut self.phase, Phase::Stranger)) {
            ("auth", before) => {
                self.give_up(&before)?;
                self.begin(element).map(|(exchange, step)| (exchange, None, step))
            }
            ("response", Phase::Authenticating(mut exchange, turn)) => self
                .message(element)
                .and_then(|message| exchange.respond(&message))
                .map(|step| (*exchange, turn, step)),
            ("abort", Phase::Authenticating(..)) => Err(Failure::Aborted),
            _ => return Err(not_authorized()),
        };
        Ok(match step {
            Ok((exchange, turn, step)) => self.advance(exchange, turn, step),
            Err(failure) => {
                let outcome = Outcome::Sasl(Err(failure), Vec::new());
                Some(StreamStep::Login(Box::pin(std::future::ready(outcome))))
            }
        })
    }

    fn begin(&mut self, auth: Element<'_>) -> Result<(Exchange, sasl::Step), Failure> {
        self.claim = None;
        let message = self.message(auth);
        let binding = self.channel_binding();
        let asked = auth.attr("mechanism").and_then(Mechanism::from_name);
        let mechanism = asked.ok_or(Failure::InvalidMechanism)?;
        if !self.mechanisms(&binding).any(|offered| offered == mechanism) {
            return Err(match mechanism {
                Mechanism::Plain => Failure::EncryptionRequired,
                _ => Failure::InvalidMechanism,
            });
        }
        let Some(domain) = &self.domain else { return Err(Failure::TemporaryAuthFailure) };
        let mut exchange = Exchange::new(mechanism, domain.name.clone(), binding, random::token());
        let step = exchange.respond(&message?)?;
        Ok((exchange, step))
    }

    /// What the client says next, with a note of who it claims to be.
    fn message(&mut self, element: Element<'_>) -> Result<Vec<u8>, Failure> {
        let message = sasl::decode(&element.text())?;
        let domain = self.domain.as_ref().map(|domain| &domain.name);
        let claim = domain.and_then(|domain| Claim::read(&message, domain));
        self.claim = claim.or(self.claim.take());
        Ok(message)
    }

    fn advance(
        &mut self,
        exchange: Exchange,
        turn: Option<LoginTurn>,
        step: sasl::Step,
    ) -> Option<StreamStep> {
        let accounts = Rc::clone(&self.door.context.accounts);
        let peer = self.link.peer().ip();
        let attempt: Attempt = match step {
            sasl::Step::Challenge(data) => {
                self.challenge(Box::new(exchange), turn, &data);
                return None;
            }
            sasl::Step::FindKeys(jid) => Box::pin(async move {
                let turn = accounts.turn_for_proof(&jid, peer).await;
                Outcome::Proof(Box::new(exchange), jid, turn.map_err(failure))
            }),
            sasl::Step::CheckPassword(login) => Box::pin(async move {
                let checked = accounts.check_password(&login.account, &login.password, peer).await;
                Outcome::Sasl(checked.map_err(failure), Vec::new())
            }),
            sasl::Step::Success(jid, data) => {
                if let Some(turn) = turn {
                    turn.right();
                }
                let account = accounts.get(&jid).ok_or(Failure::NotAuthorized);
                Box::pin(std::future::ready(Outcome::Sasl(account, data)))
            }
        };
        Some(StreamStep::Login(attempt))
    }

    fn challenge(&mut self, exchange: Box<Exchange>, turn: Option<LoginTurn>, data: &[u8]) {
        self.phase = Phase::Authenticating(exchange, turn);
        let mut out = Vec::new();
        Tag::open(&mut out, "challenge").xmlns(ns::SASL).text(&sasl::encode(data));
        self.send(&out);
    }

    /// Acts on what a login has waited for.
    pub(super) fn conclude(&mut self, outcome: Outcome) -> Result<LoginProgress, StreamError> {
        match outcome {
            Outcome::Proof(mut exchange, jid, turn) => {
                let keys = self.door.context.accounts.keys_or_fake(&jid);
                match turn.and_then(|turn| Ok((exchange.keys(keys)?, turn))) {
                    Ok((data, turn)) => {
                        self.challenge(exchange, Some(turn), &data);
                        Ok(LoginProgress::Underway)
                    }
                    Err(failure) => self.failed(failure),
                }
            }
            Outcome::Sasl(Ok(account), last_word) => {
                self.phase = Phase::Known(account.jid.clone());
                let mut out = Vec::new();
                let last_word = sasl::encode(&last_word);
                Tag::open(&mut out, "success").xmlns(ns::SASL).text(&last_word);
                self.send(&out);
                Ok(LoginProgress::NewStream)
            }
            Outcome::Sasl(Err(failure), _) => self.failed(failure),
            Outcome::Legacy(login, turn) => {
                let result = turn.and_then(|turn| self.check_legacy(&login, turn));
                self.end_legacy(&login, result)
            }
        }
    }

    /// Tells the client that its login failed. It may try again a few times.
    fn failed(&mut self, failure: Failure) -> Result<LoginProgress, StreamError> {
        let mut out = Vec::new();
        failure.write(&mut out);
        self.send(&out);
        self.phase = Phase::Stranger;
        self.count_failure(failure).map(|()| LoginProgress::Failed)
    }

    /// Forgets a login that is under way, as TLS begins: what was learnt in clear text may come from
    /// anybody (RFC 6120 section 5.4.3.3).
    pub(super) fn start_anew(&mut self) -> Result<(), StreamError> {
        let before = std::mem::replace(&mut self.phase, Phase::Stranger);
        self.give_up(&before)?;
        self.claim = None;
        Ok(())
    }

    /// A login that is begun and not gone on with is a failed try.
    fn give_up(&mut self, before: &Phase) -> Result<(), StreamError> {
        match before {
            Phase::Authenticating(..) => self.count_failure(Failure::Aborted),
            _ => Ok(()),
        }
    }

    fn count_failure(&mut self, failure: Failure) -> Result<(), StreamError> {
        self.log_failure("login failed", failure);
        self.failures += 1;
        if self.failures >= self.limits.login_tries {
            return Err(StreamCondition::PolicyViolation.with("too many failed logins"));
        }
        Ok(())
    }

    /// `jabber:iq:auth`: the fields it takes, or the login itself with resource and all.
    pub(super) fn legacy_auth(
        &mut self,
        id: &str,
        verb: Verb,
        query: Element<'_>,
    ) -> Result<Option<StreamStep>, StreamError> {
        if verb == Verb::Get {
            let mut payload = Vec::new();
            Tag::open(&mut payload, "query").xmlns(ns::IQ_AUTH).children(|out| {
                for field in ["username", "digest", "resource"] {
                    Tag::open(out, field).empty();
                }
            });
            let mut out = Vec::new();
            reply::result(&mut out, id, None, None, &payload);
            self.send(&out);
            return Ok(None);
        }
        let login = match self.read_legacy(id, query) {
            Ok(login) => login,
            Err(failure) => return Err(self.refuse_legacy(id, failure)),
        };
        let accounts = Rc::clone(&self.door.context.accounts);
        let peer = self.link.peer().ip();
        Ok(Some(StreamStep::Login(Box::pin(async move {
            let turn = accounts.turn_for_proof(&login.jid, peer).await;
            Outcome::Legacy(login, turn.map_err(failure))
        }))))
    }

    fn read_legacy(&mut self, id: &str, query: Element<'_>) -> Result<LegacyLogin, Failure> {
        let field = |name| query.child_text(ns::IQ_AUTH, name);
        let (Some(name), Some(digest)) = (field("username"), field("digest")) else {
            return Err(Failure::MalformedRequest);
        };
        let Some(domain) = &self.domain else { return Err(Failure::TemporaryAuthFailure) };
        self.claim = Some(Claim::new(&name, &domain.name));
        Ok(LegacyLogin {
            id: id.to_owned(),
            jid: BareJid::from_parts(&name, &domain.name).map_err(|_| Failure::MalformedRequest)?,
            digest: digest.into_owned(),
            resource: field("resource").unwrap_or_default().into_owned(),
        })
    }

    fn check_legacy(&self, login: &LegacyLogin, turn: LoginTurn) -> Result<Rc<Account>, Failure> {
        let accounts = &self.door.context.accounts;
        let jid = &login.jid;
        let Some(secret) = accounts.legacy_secret(jid) else {
            let peer = self.link.peer();
            if accounts.log_limit().allows("no legacy login", accounts.whom(jid, peer.ip())) {
                tracing::warn!(
                    account = %jid, peer = %peer.ip(),
                    "no legacy login: jabber:iq:auth (usesasl=no) needs legacy_auth = true for its \
                     account"
                );
            }
            return Err(Failure::NotAuthorized);
        };
        if !legacy::digest_fits(&login.digest, &self.id, &secret) {
            return Err(Failure::NotAuthorized);
        }
        turn.right();
        accounts.get(jid).ok_or(Failure::NotAuthorized)
    }

    fn end_legacy(
        &mut self,
        login: &LegacyLogin,
        result: Result<Rc<Account>, Failure>,
    ) -> Result<LoginProgress, StreamError> {
        let account = result.map_err(|failure| self.refuse_legacy(&login.id, failure))?;
        let mut out = Vec::new();
        let progress = match self.enter(account, &login.resource) {
            Ok(_) => {
                reply::result(&mut out, &login.id, None, None, &[]);
                LoginProgress::SameStream
            }
            Err(error) => {
                reply::error(&mut out, &login.id, None, None, &error);
                LoginProgress::Failed
            }
        };
        self.send(&out);
        Ok(progress)
    }

    /// Says no, and why the stream must end as after a SASL failure: only a new connection makes
    /// Asterisk try again.
    fn refuse_legacy(&self, id: &str, failure: Failure) -> StreamError {
        let mut out = Vec::new();
        let error = StanzaCondition::NotAuthorized.with(failure.to_string());
        reply::error(&mut out, id, None, None, &error);
        self.send(&out);
        self.log_failure(LEGACY, failure);
        StreamCondition::NotAuthorized.with("legacy login failed")
    }

    /// Somebody is not let in, which the operator can look at.
    pub(super) fn note_refusal(&self, cause: LoginCause, asked: Option<&str>) {
        let peer = self.link.peer().ip();
        self.door.refused_logins.note(cause, asked, peer, Instant::now());
    }

    /// One line that says who could not log in, of which the same somebody causes only a few.
    fn log_failure(&self, what: &'static str, failure: Failure) {
        let peer = self.link.peer();
        let accounts = &self.door.context.accounts;
        let claim = self.claim.as_ref();
        let whom = claim.map_or(peer.ip().into(), |claim| claim.whom(accounts, peer.ip()));
        if failure == Failure::NotAuthorized
            && let Some(jid) = claim.and_then(Claim::account)
        {
            let cause = match accounts.get(&jid) {
                None => LoginCause::UnknownAccount,
                Some(_) if what == LEGACY && accounts.legacy_secret(&jid).is_none() => {
                    LoginCause::NoLegacyAuth
                }
                Some(_) => LoginCause::WrongPassword,
            };
            self.note_refusal(cause, Some(jid.as_str()));
        }
        let account = claim.map(tracing::field::display);
        if accounts.log_limit().allows(what, whom) {
            tracing::warn!(code = "login-failed", account, %peer, "{what}: {failure}");
        }
    }
}

/// What failed when it was not SASL.
const LEGACY: &str = "legacy login failed";

/// What SASL calls it when the account book refuses a login.
fn failure(error: LoginError) -> Failure {
    match error {
        LoginError::NotAuthorized => Failure::NotAuthorized,
        LoginError::Throttled | LoginError::Unavailable => Failure::TemporaryAuthFailure,
    }
}
