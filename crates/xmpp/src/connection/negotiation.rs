//! What a client may do before it has logged in: features, STARTTLS, SASL, registration
//! (RFC 6120 sections 4 to 6, XEP-0078, XEP-0077).

use std::rc::Rc;
use std::time::Duration;

use lampfield_xmpp_stream::{
    Element, Jid, StanzaError, StreamCondition, StreamError, Tag, ns, writer,
};

use super::iq::{Iq, IqKind};
use super::stream::{Phase, Stream, StreamStep};
use crate::refused_logins::LoginCause;
use crate::services::{Answer, register, reply};
use crate::settings::{ClearTextAuth, Registration, TlsPolicy};
use crate::xmpp_conf::LOAD_ANEW;

/// `<register/>` in the stream features (XEP-0077 section 8).
const REGISTER_FEATURE: &str = "http://jabber.org/features/iq-register";

// === impl Stream ===

impl Stream {
    /// Sends our stream header.
    pub(super) fn open(&self) {
        let from = self.domain.clone().or_else(|| self.door.context.domains.served(None));
        let header = writer::StreamOpen {
            content: ns::CLIENT,
            from: from.as_ref().map(|domain| domain.name.as_str()),
            to: self.client.as_ref().map(Jid::as_str),
            id: Some(&self.id),
            lang: Some("en"),
            version: Some("1.0"),
        };
        let _ = self.link.send_open(&header);
    }

    /// Sends what the client may do next.
    pub(super) fn send_features(&self) {
        let mut out = Vec::new();
        writer::stream_features(&mut out, |out| match &self.phase {
            Phase::Stranger | Phase::Authenticating(..) => self.write_stranger_features(out),
            Phase::Known(_) | Phase::Bound(_) => {
                Tag::open(out, "bind").xmlns(ns::BIND).empty();
                Tag::open(out, "session").xmlns(ns::SESSION).children(|out| {
                    Tag::open(out, "optional").empty();
                });
                Tag::open(out, "relay").xmlns(ns::RELAY).empty();
            }
        });
        self.send(&out);
    }

    fn write_stranger_features(&self, out: &mut Vec<u8>) {
        let policy = self.door.context.settings.tls;
        if self.may_start_tls() {
            Tag::open(out, "starttls").xmlns(ns::TLS).children(|out| {
                if policy == TlsPolicy::Required {
                    Tag::open(out, "required").empty();
                }
            });
        }
        if !self.may_log_in() {
            return;
        }
        self.write_mechanisms(out);
        if self.may_show_password() && self.door.context.accounts.has_legacy() {
            Tag::open(out, "auth").xmlns(ns::IQ_AUTH_FEATURE).empty();
        }
        if self.registers_in_band() {
            Tag::open(out, "register").xmlns(REGISTER_FEATURE).empty();
        }
    }

    /// Handles one stanza of somebody who has not logged in.
    pub(super) fn negotiate(
        &mut self,
        element: Element<'_>,
    ) -> Result<Option<StreamStep>, StreamError> {
        match (element.ns(), element.name()) {
            (ns::TLS, "starttls") if self.may_start_tls() => {
                self.start_anew()?;
                self.send(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
                Ok(Some(StreamStep::StartTls))
            }
            (ns::TLS, "starttls") => {
                self.send(b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
                Err(StreamCondition::PolicyViolation.with("TLS is not offered on this stream"))
            }
            (ns::SASL, _) | (ns::CLIENT, "iq") if !self.may_log_in() => {
                self.miss_tls();
                Err(StreamCondition::PolicyViolation.with("TLS is required: use STARTTLS first"))
            }
            (ns::SASL, name) => self.sasl(name, element),
            (ns::CLIENT, "iq") => self.early_iq(element),
            _ => Err(not_authorized()),
        }
    }

    /// The IQs that need no login: legacy authentication and registration.
    fn early_iq(&mut self, stanza: Element<'_>) -> Result<Option<StreamStep>, StreamError> {
        let offered = |payload: Element<'_>| match payload.ns() {
            ns::IQ_AUTH => self.may_show_password(),
            register::NAMESPACE => self.registers_in_band(),
            _ => false,
        };
        if !stanza.first_child().is_some_and(offered) {
            return Err(not_authorized());
        }
        let (id, verb, query) = match Iq::read(stanza, None) {
            Ok(Some(Iq { id, kind: IqKind::Request(verb, payload), .. })) => (id, verb, payload),
            Ok(_) => return Err(not_authorized()),
            Err(error) => {
                self.refuse(stanza, &error);
                return Ok(None);
            }
        };
        if query.ns() == ns::IQ_AUTH {
            return self.legacy_auth(id, verb, query);
        }
        let Some(domain) = self.domain.clone() else { return Err(not_authorized()) };
        let peer = self.link.peer().ip();
        let answer = register::before_login(&self.door.context, &domain.name, verb, query, peer);
        self.answer_later(id, answer);
        Ok(None)
    }

    /// Answers an IQ of somebody without an address with an error.
    pub(super) fn refuse(&self, iq: Element<'_>, error: &StanzaError) {
        let mut out = Vec::new();
        reply::error(&mut out, iq.attr("id").unwrap_or_default(), None, None, error);
        self.send(&out);
    }

    /// Sends a service's answer to an IQ of somebody without an address.
    fn answer_later(&self, id: &str, answer: register::Later) {
        let id = id.to_owned();
        let from = self.domain.as_ref().map(|domain| domain.name.to_string());
        let link = Rc::clone(&self.link);
        tokio::task::spawn_local(async move {
            let mut out = Vec::new();
            let from = from.as_deref();
            match answer.await {
                Answer::Result(payload) => reply::result(&mut out, &id, from, None, &payload),
                Answer::Error(error) => reply::error(&mut out, &id, from, None, &error),
                Answer::Handled => return,
            }
            let _ = link.send(&out);
        });
    }

    /// Flushes `<proceed/>` and puts TLS on the link.
    pub(super) async fn start_tls(&mut self) -> Result<(), StreamError> {
        const PATIENCE: Duration = Duration::from_secs(5);
        let flushed = tokio::time::timeout(PATIENCE, self.link.drained()).await;
        let Some(certificates) = self.door.context.settings.certificates.as_ref() else {
            return Err(StreamCondition::InternalServerError.with("no certificate"));
        };
        if flushed.is_err() {
            return Err(StreamCondition::ConnectionTimeout.with("the peer does not read"));
        }
        self.link.start_tls(certificates).map_err(|error| {
            tracing::error!("TLS cannot start: {error}");
            StreamCondition::InternalServerError.with("TLS cannot start")
        })
    }

    fn may_start_tls(&self) -> bool {
        let settings = &self.door.context.settings;
        settings.tls != TlsPolicy::Off
            && settings.certificates.is_some()
            && self.link.can_start_tls()
    }

    pub(super) fn may_log_in(&self) -> bool {
        self.door.context.settings.tls != TlsPolicy::Required || self.link.is_encrypted()
    }

    /// Says that a client does not accept our certificate: it tries again for ever, and nobody sees why.
    pub(super) fn miss_trust(&self) {
        self.note_refusal(LoginCause::CertificateRefused, None);
        let peer = self.link.peer();
        if self.door.context.accounts.log_limit().allows("certificate refused", peer.ip()) {
            tracing::warn!(
                code = "certificate-unwanted", %peer,
                "this client does not accept our certificate: check its --fingerprint or --ca"
            );
        }
    }

    /// Says what an operator must change when a client wants to log in as it may not, or does
    /// nothing at all. COMPAT(asterisk<=22): with `usetls=no` and `usesasl=yes` it waits in silence
    /// for a mechanism that it knows.
    pub(super) fn miss_tls(&mut self) {
        self.awaits_tls = false;
        self.note_refusal(LoginCause::NoTls, None);
        let peer = self.link.peer();
        if self.door.context.accounts.log_limit().allows("TLS is required", peer.ip()) {
            tracing::warn!(
                code = "tls-required", %peer,
                "TLS is required and this client does not start it: set usetls=yes in its xmpp.conf, \
                 then {LOAD_ANEW}"
            );
        }
    }

    /// Whether the password itself may be sent.
    pub(super) fn may_show_password(&self) -> bool {
        self.link.is_encrypted()
            || self.door.context.settings.clear_text_auth == ClearTextAuth::Allowed
    }

    fn registers_in_band(&self) -> bool {
        let domain = self.domain.as_ref();
        self.may_show_password()
            && domain.is_some_and(|domain| domain.registration.get() == Registration::InBand)
    }
}

/// A stanza before its time (RFC 6120 section 4.9.3.12).
pub(super) fn not_authorized() -> StreamError {
    StreamCondition::NotAuthorized.with("log in first")
}
