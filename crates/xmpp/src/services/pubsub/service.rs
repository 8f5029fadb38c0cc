//! One domain's pubsub service: an IQ in, its answer, notifications and store writes out. No I/O;
//! the caller delivers, writes, and sends the answer when what it stands for is committed.

use std::rc::Rc;

use lampfield_fabric::{Bucket, Write};
use lampfield_xmpp_stream::{BareJid, Domain, Element, Jid, StanzaError};
use smallvec::SmallVec;

use super::codec::{self, Broadcast, Command, Listing, Paging, PubsubRequest, Query};
use super::engine::{
    Actor, Effects, Engine, NodeName, PageRequest, PageStart, PubsubLimits, RecordError,
    RecordTable, RecordWrite, Refusal, Reserved, Wanted,
};
use crate::services::Verb;

/// The buckets to read at a start, in this order.
pub const BUCKETS: [Bucket; 4] =
    [Bucket::PubsubNodes, Bucket::PubsubItems, Bucket::Affiliations, Bucket::Subscriptions];

/// Between the service's address and the rest of a key.
const SEPARATOR: char = '\t';

/// The generic nodes of one domain, as ordinary clients see them.
#[derive(Debug)]
pub struct PubsubService {
    engine: Engine,
    address: Rc<str>,
    /// What every key of this service starts with.
    prefix: String,
    views: Vec<NodeName>,
}

/// Nodes that are kept elsewhere.
pub struct Elsewhere {
    /// Tells their names from all others; no client can create such a node here.
    pub reserved: Reserved,
    /// Those that service discovery lists among the nodes of the service.
    pub views: Vec<NodeName>,
}

/// What comes of a request: its answer, and what is to be told and stored.
#[derive(Debug)]
pub struct Handled {
    /// The payload of the result, empty for none; or the error. It is to be sent when the writes
    /// are committed.
    pub answer: Result<Vec<u8>, StanzaError>,
    /// What is to be told and stored because of it.
    pub follows: Follows,
    /// Who is to be welcomed when the answer has been sent.
    pub newcomer: Option<Newcomer>,
}

/// What is to be done after a change.
#[derive(Debug, Default)]
pub struct Follows {
    /// To be delivered at once, in order.
    pub deliveries: SmallVec<[Broadcast; 1]>,
    /// To be stored, in order.
    pub writes: SmallVec<[Write; 1]>,
}

/// An address that has just subscribed to a node.
#[derive(Debug)]
pub struct Newcomer {
    node: NodeName,
    address: Jid,
}

// === impl PubsubService ===

impl PubsubService {
    /// An empty service at `address` (`pubsub.` and the domain). `seed` should be random.
    pub fn new(address: &Domain, limits: PubsubLimits, elsewhere: Elsewhere, seed: u64) -> Self {
        Self {
            engine: Engine::new(limits, elsewhere.reserved, seed),
            address: address.as_str().into(),
            prefix: format!("{address}{SEPARATOR}"),
            views: elsewhere.views,
        }
    }

    /// What the keys of this service start with, in each of [`BUCKETS`].
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Takes a stored row back, at the start, bucket after bucket. A row that cannot be used is
    /// left out and does no harm to the others.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn restore(&mut self, bucket: Bucket, key: &str, value: &str) -> Result<(), RecordError> {
        let inside = key.strip_prefix(&self.prefix);
        match (table(bucket), inside) {
            (Some(table), Some(key)) => self.engine.restore(table, key, value),
            _ => Err(RecordError::Key(key.to_owned())),
        }
    }

    /// Every stored row has been taken back.
    pub fn restored(&mut self) {
        self.engine.restored();
    }

    /// Handles the payload of an IQ from `actor`. Items and nodes beyond about `room` bytes are
    /// left out of an answer, which says so.
    pub fn handle(
        &mut self,
        actor: &Actor,
        verb: Verb,
        payload: Element<'_>,
        room: usize,
    ) -> Handled {
        let mut newcomer = None;
        let answer = match codec::parse(verb, payload) {
            Ok(PubsubRequest::Query(query)) => {
                self.tell(actor, query, room).map_err(StanzaError::from)
            }
            Ok(PubsubRequest::Command(command)) => {
                self.obey(actor, command, &mut newcomer).map_err(StanzaError::from)
            }
            Err(malformed) => Err(malformed.into()),
        };
        Handled { answer, follows: self.follows(), newcomer }
    }

    /// Sends a new subscriber the newest item, where the node does so. To come after the answer,
    /// or the subscriber would not know what to make of it.
    pub fn welcome(&mut self, newcomer: &Newcomer) -> Follows {
        self.engine.welcome(&newcomer.node, &newcomer.address);
        self.follows()
    }

    /// Deletes every node, because the service ends for good.
    pub fn close(&mut self) -> Follows {
        self.engine.close();
        self.follows()
    }

    /// Forgets an account that has been removed: its subscriptions and affiliations, and the nodes
    /// that nobody else owns.
    pub fn forget(&mut self, account: &BareJid) -> Follows {
        self.engine.forget(account);
        self.follows()
    }

    /// The nodes and what they hold, to look at.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn obey(
        &mut self,
        actor: &Actor,
        command: Command,
        newcomer: &mut Option<Newcomer>,
    ) -> Result<Vec<u8>, Refusal> {
        let engine = &mut self.engine;
        match command {
            Command::Create { node: None, settings } => {
                return Ok(codec::created(&engine.create(actor, None, &settings)?));
            }
            Command::Publish(publication) => {
                let node = publication.node.clone();
                let item = engine.publish(actor, publication)?;
                return Ok(codec::published(&node, item.as_ref()));
            }
            Command::Subscribe { node, jid, options } => {
                engine.subscribe(actor, &node, &jid, options.unwrap_or_default())?;
                let answer = codec::subscribed(&node, &jid, options);
                *newcomer = Some(Newcomer { node, address: jid });
                return Ok(answer);
            }
            Command::SetOptions { node, jid, options } => {
                let held = engine.options(actor, &node, &jid)?;
                engine.set_options(actor, &node, &jid, options.unwrap_or(held))?;
            }
            Command::Create { node, settings } => {
                engine.create(actor, node, &settings)?;
            }
            Command::Configure { node, settings } => engine.configure(actor, &node, &settings)?,
            Command::Delete(node) => engine.delete(actor, &node)?,
            Command::Purge(node) => engine.purge(actor, &node)?,
            Command::Affiliate { node, changes } => {
                engine.set_affiliations(actor, &node, &changes)?;
            }
            Command::Retract(retraction) => engine.retract(actor, &retraction)?,
            Command::Unsubscribe { node, jid } => engine.unsubscribe(actor, &node, &jid)?,
        }
        Ok(vec![])
    }

    fn tell(&self, actor: &Actor, query: Query, room: usize) -> Result<Vec<u8>, Refusal> {
        let engine = &self.engine;
        Ok(match query {
            Query::Configuration(node) => {
                codec::configuration(&node, engine.configuration(actor, &node)?)
            }
            Query::DefaultConfiguration => codec::default_configuration(),
            Query::NodeAffiliations(node) => {
                codec::node_affiliations(&node, &engine.node_affiliations(actor, &node)?)
            }
            Query::Options { node, jid } => {
                codec::options(&node, &jid, engine.options(actor, &node, &jid)?)
            }
            Query::DefaultOptions(node) => codec::default_options(node.as_ref()),
            Query::Items { node, wanted, paging } => {
                let (found, page) = engine.items(actor, &node, &wanted, room)?;
                codec::items(&node, found, &page, paging)
            }
            Query::Subscriptions(node) => {
                let held = engine.subscriptions(actor, node.as_ref())?;
                codec::subscriptions(node.as_ref(), &held)
            }
            Query::Affiliations(node) => {
                let held = engine.affiliations(actor, node.as_ref())?;
                codec::affiliations(node.as_ref(), &held)
            }
            Query::Info(None) => codec::service_info(),
            Query::Info(Some(node)) => codec::node_info(&node, engine.info(actor, &node)?),
            Query::Nodes { page, paging } => self.nodes(actor, &page, paging, room),
            Query::ItemNames { node, page, paging } => {
                let (_, page) = engine.items(actor, &node, &Wanted::Page(page), room)?;
                codec::node_items(&self.address, &node, &page, paging)
            }
        })
    }

    fn nodes(&self, actor: &Actor, request: &PageRequest, paging: Paging, room: usize) -> Vec<u8> {
        let page = self.engine.nodes(actor, request, room);
        let views = if request.place == PageStart::Start { self.views.as_slice() } else { &[] };
        codec::service_items(&Listing { service: &self.address, views, page, paging })
    }

    fn follows(&mut self) -> Follows {
        let Effects { notices, changes } = self.engine.take_effects();
        let deliveries =
            notices.into_iter().flat_map(|notice| Broadcast::render(&self.address, notice));
        let writes = changes.into_iter().map(|change| write(&self.prefix, change));
        Follows { deliveries: deliveries.collect(), writes: writes.collect() }
    }
}

fn write(prefix: &str, change: RecordWrite) -> Write {
    let RecordWrite { table, key, value } = change;
    Write { bucket: bucket(table), key: [prefix, &key].concat(), value }
}

fn bucket(table: RecordTable) -> Bucket {
    match table {
        RecordTable::Nodes => Bucket::PubsubNodes,
        RecordTable::Items => Bucket::PubsubItems,
        RecordTable::Affiliations => Bucket::Affiliations,
        RecordTable::Subscriptions => Bucket::Subscriptions,
    }
}

fn table(bucket: Bucket) -> Option<RecordTable> {
    match bucket {
        Bucket::PubsubNodes => Some(RecordTable::Nodes),
        Bucket::PubsubItems => Some(RecordTable::Items),
        Bucket::Affiliations => Some(RecordTable::Affiliations),
        Bucket::Subscriptions => Some(RecordTable::Subscriptions),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
