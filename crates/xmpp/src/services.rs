//! What the server does with stanzas, one file or folder per service.
//!
//! An IQ request finds its service by who it is addressed to and by the namespace of its payload. All
//! else goes by hooks ([`Service`]): each service is asked in turn until one takes the stanza, and
//! each is told of what becomes of sessions and accounts. Adding an extension touches its own file
//! and one line in [`Services::standard`]. Services may use the router, the accounts and the hub, never
//! each other's insides; who may call whom is drawn in ARCHITECTURE.md.

use std::collections::HashMap;
use std::rc::Rc;

use lampfield_accounts::Account;
use lampfield_xmpp_stream::{BareJid, Element, FullJid, StanzaError};

use crate::context::{Context, Taken};
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
mod service;
pub mod telephony;
pub mod time;
pub mod version;

pub use service::{
    Answer, BackgroundTask, Request, Scope, Service, SessionEnd, SessionEvent, Verb,
};

/// All services, found by address and namespace.
pub struct Services {
    /// In the order in which they are asked.
    all: Vec<Rc<dyn Service>>,
    by_namespace: HashMap<(Scope, &'static str), usize>,
}

// === impl Services ===

impl Services {
    /// The services of an ordinary server, after those that are `first`.
    ///
    /// In this order they are asked and told. It matters in two places: telephony hears of an end
    /// before presence tells others, and the three at the end take every presence, message and IQ
    /// between clients that has come to them, so whoever wants to see one comes before.
    pub fn standard(
        first: Vec<Rc<dyn Service>>,
        telephony: Rc<telephony::TelephonyService>,
        pubsub: Rc<pubsub::glue::Pubsub>,
    ) -> Self {
        let standard: [Rc<dyn Service>; 11] = [
            telephony,
            pubsub,
            Rc::new(legacy_session::LegacySession),
            Rc::new(ping::Ping),
            Rc::new(register::Register),
            Rc::new(roster::RosterService),
            Rc::new(time::Time),
            Rc::new(version::Version),
            Rc::new(presence::PresenceService),
            Rc::new(message::Messages),
            Rc::new(relay::Relay),
        ];
        let others: Vec<_> = first.into_iter().chain(standard).collect();
        let features = others.iter().flat_map(|service| service.features().iter().copied());
        let disco = disco::Disco::new(features.collect());
        Self::of(std::iter::once(Rc::new(disco) as Rc<dyn Service>).chain(others).collect())
    }

    fn of(all: Vec<Rc<dyn Service>>) -> Self {
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

    /// Tells every service that a client has answered a question of the server's own.
    pub fn answered(&self, context: &Rc<Context>, session: &Rc<Session>, id: &str) {
        self.all.iter().for_each(|service| service.answered(context, session, id));
    }

    /// Handles a message that a bound session has sent.
    pub fn message(&self, context: &Rc<Context>, from: &Rc<Session>, message: Element<'_>) {
        let taken = self.first_taker(|service| service.message(context, from, message));
        refuse(from, message, taken);
    }

    /// Handles a presence that a bound session has sent.
    pub fn presence(&self, context: &Rc<Context>, from: &Rc<Session>, presence: Element<'_>) {
        let was_there = from.is_available();
        let taken = self.first_taker(|service| service.presence(context, from, presence));
        let is_good = taken.is_ok();
        refuse(from, presence, taken);
        let is_announcement = presence.attr("to").is_none()
            && matches!(presence.attr("type"), None | Some("available"));
        if is_good && is_announcement && from.is_available() {
            self.session(context, from, SessionEvent::Available { first: !was_there });
        } else if was_there && !from.is_available() {
            self.session(context, from, SessionEvent::Unavailable);
        }
    }

    /// Handles an IQ that a bound session has sent to somebody's resource.
    ///
    /// # Errors
    /// What a service has against it.
    pub fn client_iq(
        &self,
        context: &Rc<Context>,
        from: &Rc<Session>,
        to: &FullJid,
        iq: Element<'_>,
    ) -> Result<Taken, StanzaError> {
        self.first_taker(|service| service.client_iq(context, from, to, iq))
    }

    /// Asks one after the other until one takes or refuses a stanza.
    fn first_taker(
        &self,
        ask: impl Fn(&dyn Service) -> Result<Taken, StanzaError>,
    ) -> Result<Taken, StanzaError> {
        for service in &self.all {
            if ask(&**service)? == Taken::Yes {
                return Ok(Taken::Yes);
            }
        }
        Ok(Taken::No)
    }

    /// Tells every service what has become of a session.
    pub fn session(&self, context: &Rc<Context>, session: &Rc<Session>, event: SessionEvent<'_>) {
        self.all.iter().for_each(|service| service.session(context, session, event));
    }

    /// The accounts for which any service keeps something.
    pub fn accounts(&self, context: &Context) -> Vec<BareJid> {
        self.all.iter().flat_map(|service| service.accounts(context)).collect()
    }

    /// Tells every service of an account that is new or has changed.
    pub fn account_noted(&self, context: &Rc<Context>, account: &Account) {
        self.all.iter().for_each(|service| service.account_noted(context, account));
    }

    /// Lets every service forget an account that was removed.
    pub fn forget(&self, context: &Rc<Context>, account: &BareJid) {
        self.all.iter().for_each(|service| service.forget(context, account));
    }

    /// What the services do by themselves.
    pub fn tasks(&self, context: &Rc<Context>) -> Vec<BackgroundTask> {
        self.all.iter().flat_map(|service| service.tasks(context)).collect()
    }
}

/// Tells a session what was wrong with its message or presence. An error is never answered.
fn refuse(session: &Session, stanza: Element<'_>, taken: Result<Taken, StanzaError>) {
    if let Err(error) = taken
        && stanza.attr("type") != Some("error")
    {
        let mut out = Vec::new();
        reply::refusal(&mut out, stanza, session, &error);
        session.send(&out);
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Services").field("count", &self.all.len()).finish()
    }
}
