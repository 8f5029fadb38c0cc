//! What the server does with stanzas, one file or folder per service.
//!
//! An IQ request finds its service by who it is addressed to and by the namespace of its payload;
//! adding an extension touches its own file and one line in [`Services::standard`]. Services may
//! use the router, the accounts and the hub, never each other's insides.

use std::collections::HashMap;
use std::rc::Rc;

use lampfield_xmpp_stream::{BareJid, Element, StanzaError};

use crate::context::Context;
use crate::session::Session;

pub mod disco;
#[cfg(test)]
mod fixture;
pub mod legacy_session;
pub mod message;
pub mod ping;
pub mod presence;
pub mod pubsub;
pub mod register;
pub mod relay;
pub mod reply;
pub mod roster;
mod roster_view;
pub mod time;
pub mod version;

/// Whom a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The server: the domain itself, or no address at all where that means the server.
    Server,
    /// An account: a bare JID, or no address at all, which means the sender's own.
    Account,
    /// The PubSub service of a domain.
    PubSub,
}

/// Whether an IQ asks or tells (RFC 6120 section 8.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `type='get'`
    Get,
    /// `type='set'`
    Set,
}

/// An IQ request for the server or an account it keeps.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub session: &'a Rc<Session>,
    /// Whom it is for.
    pub scope: Scope,
    /// The bare JID it is addressed to: the account, the domain or the service.
    pub to: &'a BareJid,
    /// Whether it asks or tells.
    pub verb: Verb,
    /// The id to be answered.
    pub id: &'a str,
    /// The one child of the IQ.
    pub payload: Element<'a>,
}

/// What a service makes of a request.
#[derive(Debug)]
pub enum Answer {
    /// A result with this payload; empty for none.
    Result(Vec<u8>),
    /// An error, without an echo of the request.
    Error(StanzaError),
    /// The service answers by itself, now or later.
    Handled,
}

/// A part of the server that owns some namespaces.
pub trait Service {
    /// What it answers: IQ payload namespaces, each with whom they are addressed to.
    fn handles(&self) -> &'static [(Scope, &'static str)];

    /// The features that service discovery shows for it.
    fn features(&self) -> &'static [(Scope, &'static str)];

    /// The accounts for which the service keeps something that only an account can have.
    fn accounts(&self, context: &Context) -> Vec<BareJid> {
        let _ = context;
        Vec::new()
    }

    /// An account is gone: what the service keeps for it goes too.
    fn forget(&self, context: &Rc<Context>, account: &BareJid) {
        let _ = (context, account);
    }

    /// Answers a request.
    fn iq(&self, context: &Rc<Context>, request: &Request<'_>) -> Answer;
}

/// All services, found by address and namespace.
pub struct Services {
    all: Vec<Box<dyn Service>>,
    by_namespace: HashMap<(Scope, &'static str), usize>,
}

// === impl Services ===

impl Services {
    /// The services of an ordinary server.
    pub fn standard(pubsub: pubsub::glue::Pubsub) -> Self {
        let others: Vec<Box<dyn Service>> = vec![
            Box::new(pubsub),
            Box::new(legacy_session::LegacySession),
            Box::new(ping::Ping),
            Box::new(register::Register),
            Box::new(roster::RosterService),
            Box::new(time::Time),
            Box::new(version::Version),
        ];
        let features = others.iter().flat_map(|service| service.features().iter().copied());
        let disco = disco::Disco::new(features.collect());
        Self::of(std::iter::once(Box::new(disco) as Box<dyn Service>).chain(others).collect())
    }

    fn of(all: Vec<Box<dyn Service>>) -> Self {
        let mut by_namespace = HashMap::new();
        for (index, service) in all.iter().enumerate() {
            for handled in service.handles() {
                by_namespace.insert(*handled, index);
            }
        }
        Self { all, by_namespace }
    }

    /// Answers a request by the service that owns its payload; none if nobody does.
    pub fn answer(&self, context: &Rc<Context>, request: &Request<'_>) -> Option<Answer> {
        let owner = self.by_namespace.get(&(request.scope, request.payload.ns()))?;
        let service = self.all.get(*owner)?;
        Some(service.iq(context, request))
    }

    /// The accounts for which any service keeps something.
    pub fn accounts(&self, context: &Context) -> Vec<BareJid> {
        self.all.iter().flat_map(|service| service.accounts(context)).collect()
    }

    /// Lets every service forget an account that was removed.
    pub fn forget(&self, context: &Rc<Context>, account: &BareJid) {
        self.all.iter().for_each(|service| service.forget(context, account));
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").field("count", &self.all.len()).finish()
    }
}
