//! The bus of a single node: bounded channels in this process. It must never make a publisher
//! wait; a subscriber whose queue is full is told that it missed something.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::watch, time::Instant};

use super::{BusError, Message, Messaging, NodeId, Replies, Subscription, Topic};
use crate::gap::{self, Sent};

/// Messages that may wait for one subscriber; beyond it they are left out and it is told so.
const QUEUE: usize = 1_024;
/// Subscriptions at one time, over all topics; a further one is refused.
const SUBSCRIPTIONS: usize = 65_536;

/// A bus within one process: a channel for each subscription, and nothing on the network.
#[derive(Clone)]
pub struct LocalBus {
    shared: Arc<LocalShared>,
}

struct LocalShared {
    node: NodeId,
    nodes: watch::Sender<Arc<[NodeId]>>,
    subscribers: Mutex<Subscribers>,
    inboxes: AtomicU64,
}

#[derive(Default)]
struct Subscribers {
    by_topic: HashMap<Topic, Vec<gap::Sender<Message>>>,
    count: usize,
}

// === impl LocalBus ===

impl LocalBus {
    /// A bus whose only node is this one.
    #[must_use]
    pub fn new(node: NodeId) -> Self {
        let (nodes, _) = watch::channel(Arc::from([node.clone()]));
        let subscribers = Mutex::default();
        Self {
            shared: Arc::new(LocalShared { node, nodes, subscribers, inboxes: AtomicU64::new(0) }),
        }
    }

    fn subscribers(&self) -> MutexGuard<'_, Subscribers> {
        self.shared.subscribers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A topic that nobody else uses, for the answers to one request.
    fn inbox(&self) -> Result<Topic, BusError> {
        let number = self.shared.inboxes.fetch_add(1, Ordering::Relaxed);
        Topic::parse(&format!("_INBOX.{}.{number}", self.shared.node))
    }
}

impl Messaging for LocalBus {
    fn publish(&self, message: Message) -> Result<(), BusError> {
        let bytes = message.payload.len();
        if bytes > Self::MAX_PAYLOAD {
            let limit = Self::MAX_PAYLOAD;
            return Err(BusError::TooLong { topic: message.topic, bytes, limit });
        }
        self.subscribers().deliver(&message);
        Ok(())
    }

    async fn subscribe(&self, topic: Topic) -> Result<Subscription, BusError> {
        let (sender, queue) = gap::channel(QUEUE);
        self.subscribers().add(topic, sender)?;
        Ok(Subscription { queue })
    }

    async fn request(
        &self,
        topic: Topic,
        payload: Bytes,
        wait: Duration,
    ) -> Result<Replies, BusError> {
        let inbox = self.inbox()?;
        let subscription = self.subscribe(inbox.clone()).await?;
        let deadline = Instant::now() + wait;
        self.publish(Message { topic, payload, reply_to: Some(inbox) })?;
        Ok(Replies { subscription, deadline })
    }

    fn node(&self) -> NodeId {
        self.shared.node.clone()
    }

    fn nodes(&self) -> watch::Receiver<Arc<[NodeId]>> {
        self.shared.nodes.subscribe()
    }
}

// === impl Subscribers ===

impl Subscribers {
    fn add(&mut self, topic: Topic, sender: gap::Sender<Message>) -> Result<(), BusError> {
        if self.count >= SUBSCRIPTIONS {
            self.forget_closed();
        }
        if self.count >= SUBSCRIPTIONS {
            return Err(BusError::TooManySubscriptions { limit: SUBSCRIPTIONS });
        }
        self.by_topic.entry(topic).or_default().push(sender);
        self.count += 1;
        Ok(())
    }

    fn deliver(&mut self, message: &Message) {
        let Some(senders) = self.by_topic.get_mut(&message.topic) else { return };
        let before = senders.len();
        senders.retain(|sender| sender.send(message.clone()) != Sent::NoReader);
        self.count -= before - senders.len();
        if senders.is_empty() {
            self.by_topic.remove(&message.topic);
        }
    }

    /// Drops the subscriptions whose readers went away without another message: inboxes, mostly.
    fn forget_closed(&mut self) {
        self.by_topic.retain(|_, senders| {
            senders.retain(|sender| !sender.is_closed());
            !senders.is_empty()
        });
        self.count = self.by_topic.values().map(Vec::len).sum();
    }
}
