//! Logging in: SASL (RFC 6120 section 6) and, for those who know nothing else, `jabber:iq:auth`
//! (XEP-0078). A password is checked on threads of its own; nothing else waits for it.

use std::rc::Rc;

use lampfield_xmpp_stream::sasl::{self, ChannelBinding, Exchange, Failure, Mechanism, legacy};
use lampfield_xmpp_stream::{
    BareJid, Element, StanzaCondition, StreamCondition, StreamError, Tag, ns,
};

use super::claim::Claim;
use super::negotiation::not_authorized;
use super::stream::{Phase, Step, Stream};
use crate::accounts::Account;
use crate::random;
use crate::services::{Verb, reply};

/// What became of a login.
pub(super) struct Outcome {
    result: Result<Rc<Account>, Failure>,
    /// SCRAM's last word, sent along with the success.
    data: Option<Vec<u8>>,
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
                .site
                .settings
                .certificate_hash
                .clone()
                .filter(|_| self.link.has_tls()),
        }
    }

    /// Handles an element of the SASL namespace.
    pub(super) fn sasl(
        &mut self,
        name: &str,
        element: Element<'_>,
    ) -> Result<Option<Step>, StreamError> {
        let step = match (name, std::mem::replace(&mut self.phase, Phase::Stranger)) {
            ("auth", _) => self.begin(element),
            ("response", Phase::Authenticating(mut exchange)) => self
                .message(element)
                .and_then(|message| exchange.respond(&message))
                .map(|step| (*exchange, step)),
            ("abort", Phase::Authenticating(_)) => Err(Failure::Aborted),
            _ => return Err(not_authorized()),
        };
        match step.and_then(|(exchange, step)| self.advance(exchange, step)) {
            Ok(step) => Ok(step),
            Err(failure) => self.failed(failure).map(|()| None),
        }
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
        mut exchange: Exchange,
        step: sasl::Step,
    ) -> Result<Option<Step>, Failure> {
        let peer = self.link.peer().ip();
        match step {
            sasl::Step::Challenge(data) => self.challenge(exchange, &data),
            sasl::Step::FindKeys(jid) => {
                self.door.site.accounts.may_try(&jid, peer)?;
                let data = exchange.keys(self.door.site.accounts.keys_or_fake(&jid))?;
                self.challenge(exchange, &data);
            }
            sasl::Step::CheckPassword(login) => {
                let check = Rc::clone(&self.door.site.accounts).check_password(login, peer);
                return Ok(Some(Step::Login(Box::pin(async move {
                    Outcome { result: check.await, data: None }
                }))));
            }
            sasl::Step::Success(jid, data) => {
                let result = self.door.site.accounts.proven(&jid, peer);
                let outcome = Outcome { result, data: Some(data) };
                return Ok(Some(Step::Login(Box::pin(std::future::ready(outcome)))));
            }
        }
        Ok(None)
    }

    fn challenge(&mut self, exchange: Exchange, data: &[u8]) {
        self.phase = Phase::Authenticating(Box::new(exchange));
        let mut out = Vec::new();
        Tag::open(&mut out, "challenge").xmlns(ns::SASL).text(&sasl::encode(data));
        self.send(&out);
    }

    /// Acts on a finished SASL login; says whether it was one. Then a new stream header follows.
    pub(super) fn logged_in(&mut self, outcome: Outcome) -> Result<bool, StreamError> {
        match outcome.result {
            Ok(account) => {
                self.phase = Phase::Known(account.jid.clone());
                let mut out = Vec::new();
                let data = outcome.data.as_deref().map(sasl::encode).unwrap_or_default();
                Tag::open(&mut out, "success").xmlns(ns::SASL).text(&data);
                self.send(&out);
                Ok(true)
            }
            Err(failure) => self.failed(failure).map(|()| false),
        }
    }

    /// Tells the client that its login failed. It may try again a few times.
    fn failed(&mut self, failure: Failure) -> Result<(), StreamError> {
        let mut out = Vec::new();
        failure.write(&mut out);
        self.send(&out);
        self.log_failure("login failed", failure);
        self.phase = Phase::Stranger;
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
    ) -> Result<Option<Step>, StreamError> {
        let mut out = Vec::new();
        if verb == Verb::Get {
            let mut payload = Vec::new();
            Tag::open(&mut payload, "query").xmlns(ns::IQ_AUTH).children(|out| {
                for field in ["username", "digest", "resource"] {
                    Tag::open(out, field).empty();
                }
            });
            reply::result(&mut out, id, None, None, &payload);
            self.send(&out);
            return Ok(None);
        }
        match self.check_legacy(query) {
            Ok((account, resource)) => {
                let address = self.choose_address(&account.jid, &resource);
                match address.and_then(|jid| self.enter(jid, &resource, account)) {
                    Ok(_) => reply::result(&mut out, id, None, None, &[]),
                    Err(error) => reply::error(&mut out, id, None, None, &error),
                }
                self.send(&out);
                Ok(None)
            }
            Err(failure) => {
                let error = StanzaCondition::NotAuthorized.with(failure.to_string());
                reply::error(&mut out, id, None, None, &error);
                self.send(&out);
                self.log_failure("legacy login failed", failure);
                // As after a SASL failure: only a new connection makes Asterisk try again.
                Err(StreamCondition::NotAuthorized.with("legacy login failed"))
            }
        }
    }

    /// One line that says who could not log in, of which the same somebody causes only a few.
    fn log_failure(&self, what: &'static str, failure: Failure) {
        let peer = self.link.peer();
        let accounts = &self.door.site.accounts;
        let claim = self.claim.as_ref();
        let whom = claim.map_or(peer.ip().into(), |claim| claim.whom(accounts, peer.ip()));
        let account = claim.map(tracing::field::display);
        if accounts.log_limit.allows(what, whom) {
            tracing::warn!(code = "login-failed", account, %peer, "{what}: {failure}");
        }
    }

    fn check_legacy(&mut self, query: Element<'_>) -> Result<(Rc<Account>, String), Failure> {
        let field = |name| query.child_text(ns::IQ_AUTH, name);
        let (Some(name), Some(digest)) = (field("username"), field("digest")) else {
            return Err(Failure::MalformedRequest);
        };
        let Some(domain) = &self.domain else { return Err(Failure::TemporaryAuthFailure) };
        self.claim = Some(Claim::new(&name, &domain.name));
        let jid =
            BareJid::from_parts(&name, &domain.name).map_err(|_| Failure::MalformedRequest)?;
        let peer = self.link.peer().ip();
        self.door.site.accounts.may_try(&jid, peer)?;
        let Some(secret) = self.door.site.accounts.legacy_secret(&jid) else {
            let accounts = &self.door.site.accounts;
            if accounts.log_limit.allows("no legacy login", accounts.whom(&jid, peer)) {
                tracing::warn!(
                    account = %jid, %peer,
                    "no legacy login: jabber:iq:auth (usesasl=no) needs legacy_auth = true for its \
                     account"
                );
            }
            return Err(Failure::NotAuthorized);
        };
        if !legacy::digest_fits(&digest, &self.id, &secret) {
            return Err(Failure::NotAuthorized);
        }
        let account = self.door.site.accounts.proven(&jid, peer)?;
        Ok((account, field("resource").unwrap_or_default().into_owned()))
    }
}
