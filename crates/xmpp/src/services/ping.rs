//! Pings (XEP-0199). Asterisk with `keepalive=yes` sends one to its domain after idle seconds.

use std::rc::Rc;

use lampfield_xmpp_stream::StanzaCondition;

use super::{Answer, Request, Scope, Service, Verb};
use crate::context::Context;

const NAMESPACE: &str = "urn:xmpp:ping";

/// Says that we are here, for the server and for the asker's own account.
#[derive(Debug)]
pub struct Ping;

// === impl Ping ===

impl Service for Ping {
    fn handles(&self) -> &'static [(Scope, &'static str)] {
        &[(Scope::Server, NAMESPACE), (Scope::Account, NAMESPACE), (Scope::PubSub, NAMESPACE)]
    }

    fn features(&self) -> &'static [(Scope, &'static str)] {
        &[(Scope::Server, NAMESPACE), (Scope::Account, NAMESPACE)]
    }

    fn iq(&self, _site: &Rc<Context>, request: &Request<'_>) -> Answer {
        let own = request.scope != Scope::Account || *request.to == request.session.bare;
        match (request.verb, own) {
            (Verb::Get, true) => Answer::Result(Vec::new()),
            (Verb::Set, true) => Answer::Error(StanzaCondition::BadRequest.with("a ping is a get")),
            // Whether others exist is not said.
            (_, false) => Answer::Error(StanzaCondition::ServiceUnavailable.with("")),
        }
    }
}
