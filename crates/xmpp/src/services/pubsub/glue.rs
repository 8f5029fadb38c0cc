//! Where the PubSub services meet the rest of the context: requests in, replies, notifications and
//! writes out. What is about nodes that are kept elsewhere goes to whoever keeps them, the rest to the generic engine.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use lampfield_accounts::Role;
use lampfield_fabric::{Storage, StoreError, Ticket};
use lampfield_xmpp_stream::{BareJid, StanzaCondition};

use super::audience::Audiences;
use super::codec::{Broadcast, ns};
use super::engine::{Actor, Holder, NodeName, Privilege, PubsubLimits};
use super::service::{BUCKETS, Elsewhere, Follows, Newcomer, PubsubService};
use super::views::Views;
use crate::context::{Context, no_room};
use crate::domains::ServedDomain;
use crate::random;
use crate::services::{Answer, Request, Scope, Service, Verb, reply};
use crate::session::Session;
use crate::wire::Crowded;

/// Rows read at once at the start.
const PAGE: usize = 1_000;

/// The PubSub services of all domains.
pub struct Pubsub {
    by_address: RefCell<HashMap<BareJid, Rc<Served>>>,
    views: Rc<dyn Views>,
}

/// The service of one domain.
#[derive(Debug)]
struct Served {
    service: RefCell<PubsubService>,
    audiences: RefCell<Audiences>,
}

// === impl Pubsub ===

impl Pubsub {
    /// Reads what is stored for each domain. Rows that make no sense are left out and logged.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(context: &Context, views: Rc<dyn Views>) -> Result<Self, StoreError> {
        let pubsub = Self { by_address: RefCell::default(), views };
        for domain in context.domains.all() {
            pubsub.add(context, &domain).await?;
        }
        Ok(pubsub)
    }

    /// Opens the service of one domain, with what is stored of it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn add(&self, context: &Context, domain: &ServedDomain) -> Result<(), StoreError> {
        let service = stored(context, domain, &self.views).await?;
        let (service, audiences) = (RefCell::new(service), RefCell::default());
        let served = Served { service, audiences };
        self.by_address.borrow_mut().insert(domain.pubsub.clone(), Rc::new(served));
        Ok(())
    }

    /// Closes the service of a domain for good: its nodes are deleted, and their subscribers told.
    pub fn remove(&self, context: &Context, domain: &ServedDomain) {
        let Some(served) = self.by_address.borrow_mut().remove(&domain.pubsub) else { return };
        let follows = served.service.borrow_mut().close();
        // Nobody waits for it.
        let _ = served.carry_out(context, follows);
    }

    /// How many nodes the service of a domain has, besides the telephony nodes.
    pub fn nodes(&self, domain: &ServedDomain) -> usize {
        let served = self.of(&domain.pubsub);
        served.map_or(0, |served| served.service.borrow().engine().node_count())
    }

    fn of(&self, address: &BareJid) -> Option<Rc<Served>> {
        self.by_address.borrow().get(address).cloned()
    }

    fn all(&self) -> Vec<Rc<Served>> {
        self.by_address.borrow().values().cloned().collect()
    }
}

/// The service of a domain as it was left. Rows that make no sense are left out and logged.
async fn stored(
    context: &Context,
    domain: &ServedDomain,
    views: &Rc<dyn Views>,
) -> Result<PubsubService, StoreError> {
    let mut service = empty(domain, views);
    for bucket in BUCKETS {
        let mut from = None;
        loop {
            let page = context.ledger.store().scan(bucket, service.prefix(), from, PAGE).await?;
            for row in page.rows {
                if let Err(error) = service.restore(bucket, &row.key, &row.value) {
                    tracing::error!(%bucket, key = row.key, "row left out: {error}");
                }
            }
            from = page.next;
            if from.is_none() {
                break;
            }
        }
    }
    service.restored();
    Ok(service)
}

// === impl Served ===

impl Served {
    fn answer(self: &Rc<Self>, context: &Rc<Context>, request: &Request<'_>) -> Answer {
        if request.verb == Verb::Set
            && let Err(error) = context.check_room()
        {
            return Answer::Error(error);
        }
        let actor = actor(request.session);
        let room = request.session.link.answer_room();
        let handled = self.service.borrow_mut().handle(&actor, request.verb, request.payload, room);
        if handled.answer.is_ok() && request.payload.child(ns::PUBSUB, "subscribe").is_some() {
            request.session.wants_items.set(true);
        }
        let committed_by = self.carry_out(context, handled.follows);
        match (handled.answer, committed_by) {
            (Err(error), _) => Answer::Error(error),
            (Ok(payload), Ok(None)) => answer(request, &payload),
            (Ok(payload), Ok(Some(ticket))) => {
                context.results.promise(ticket, request.session, result(request, &payload));
                if let Some(newcomer) = handled.newcomer {
                    self.welcome_after(ticket, context, newcomer);
                }
                Answer::Handled
            }
            (Ok(_), Err(_)) => Answer::Error(no_room()),
        }
    }

    /// Sends a new subscriber the newest item right after the result that `ticket` commits.
    fn welcome_after(self: &Rc<Self>, ticket: Ticket, context: &Rc<Context>, newcomer: Newcomer) {
        let (served, site_left) = (Rc::clone(self), Rc::downgrade(context));
        context.results.afterwards(ticket, move || {
            let follows = served.service.borrow_mut().welcome(&newcomer);
            if let Some(context) = site_left.upgrade() {
                served.deliver(&context, &follows.deliveries);
            }
        });
    }

    fn deliver(&self, context: &Context, deliveries: &[Broadcast]) {
        let mut audiences = self.audiences.borrow_mut();
        for broadcast in deliveries {
            audiences.tell(&context.router, broadcast);
        }
    }

    /// Delivers and stores what follows from a request; the ticket of the last write. What finds
    /// no room in the store is owed to it.
    fn carry_out(&self, context: &Context, follows: Follows) -> Result<Option<Ticket>, StoreError> {
        self.deliver(context, &follows.deliveries);
        let mut last = Ok(None);
        for write in follows.writes {
            let written = context.ledger.write(write);
            last = last.and_then(|_| written.map(Some));
        }
        last
    }
}

impl Service for Pubsub {
    fn handles(&self) -> &'static [(Scope, &'static str)] {
        &[
            (Scope::PubSub, ns::PUBSUB),
            (Scope::PubSub, ns::OWNER),
            (Scope::PubSub, ns::DISCO_INFO),
            (Scope::PubSub, ns::DISCO_ITEMS),
        ]
    }

    fn features(&self) -> &'static [(Scope, &'static str)] {
        &[]
    }

    fn accounts(&self, _: &Context) -> Vec<BareJid> {
        let services = self.all().into_iter();
        services.flat_map(|served| served.service.borrow().engine().accounts()).collect()
    }

    fn forget(&self, context: &Rc<Context>, account: &BareJid) {
        for served in self.all() {
            let follows = served.service.borrow_mut().forget(account);
            // Nobody waits for it.
            let _ = served.carry_out(context, follows);
        }
    }

    fn iq(&self, context: &Rc<Context>, request: &Request<'_>) -> Answer {
        let Some(served) = self.of(request.to) else {
            return Answer::Error(StanzaCondition::ItemNotFound.with("no such service"));
        };
        let holder = |node: &str| match NodeName::parse(node) {
            Ok(name) => served.service.borrow().engine().holder(&request.session.bare, &name),
            Err(_) => Holder::Nobody,
        };
        match self.views.claims(request, &holder) {
            true => self.views.answer(context, request),
            false => served.answer(context, request),
        }
    }
}

fn empty(domain: &ServedDomain, views: &Rc<dyn Views>) -> PubsubService {
    let listed = views.listed().into_iter().filter_map(|name| NodeName::parse(name).ok()).collect();
    let views = Rc::clone(views);
    let reserved = Box::new(move |name: &str| views.is_reserved(name));
    let elsewhere = Elsewhere { reserved, views: listed };
    PubsubService::new(&domain.pubsub_domain, PubsubLimits::default(), elsewhere, random::number())
}

fn actor(session: &Session) -> Actor {
    let privilege = match session.account.borrow().role {
        Role::Admin => Privilege::Administrator,
        Role::Pbx | Role::User => Privilege::Creator,
    };
    Actor { account: session.bare.clone(), privilege }
}

/// Answers at once. The payload may be a large part of a node.
fn answer(request: &Request<'_>, payload: &[u8]) -> Answer {
    match request.session.link.send_answer(result(request, payload)) {
        Ok(()) => Answer::Handled,
        Err(Crowded) => Answer::Error(
            StanzaCondition::ResourceConstraint
                .with("too many answers are still unread: ask later, or for less"),
        ),
    }
}

fn result(request: &Request<'_>, payload: &[u8]) -> Vec<u8> {
    let (from, to) = (request.to.as_str(), request.session.jid.as_str());
    let around = "<iq type='result' id='' from='' to=''></iq>".len();
    let bytes = around + request.id.len() + from.len() + to.len() + payload.len();
    let mut out = Vec::with_capacity(bytes);
    reply::result(&mut out, request.id, Some(from), Some(to), payload);
    out
}

#[cfg(test)]
mod tests;
