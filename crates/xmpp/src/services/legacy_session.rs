//! Session establishment (RFC 3921 section 3): abolished by RFC 6121, still asked for, and always
//! granted. COMPAT(asterisk<=22): it asks when the feature is offered.

use std::rc::Rc;

use lampfield_xmpp_stream::{StanzaCondition, ns};

use super::{Answer, Request, Scope, Service, Verb};
use crate::context::Context;

/// Grants what every bound resource has anyhow.
#[derive(Debug)]
pub struct LegacySession;

// === impl LegacySession ===

impl Service for LegacySession {
    fn handles(&self) -> &'static [(Scope, &'static str)] {
        &[(Scope::Server, ns::SESSION)]
    }

    fn features(&self) -> &'static [(Scope, &'static str)] {
        &[]
    }

    fn iq(&self, _site: &Rc<Context>, request: &Request<'_>) -> Answer {
        match request.verb {
            Verb::Set => Answer::Result(Vec::new()),
            Verb::Get => Answer::Error(StanzaCondition::BadRequest.with("a session is a set")),
        }
    }
}
