//! How nodes tell and ask each other: publish, subscribe, a request with many replies, and who is
//! there. Delivery is at most once, as in core NATS: a reader that falls behind is told so and has
//! to look again; the bus must never be the only copy of anything.

mod local;

use std::{fmt, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{sync::watch, time::Instant};

use crate::gap;

pub use local::LocalBus;

/// What a message is about: tokens of ASCII letters, digits, `-`, `_` and `=`, joined by `.`;
/// 1 to 255 bytes. That is the part of NATS's subject alphabet which every client accepts;
/// callers encode what does not fit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

/// One node of the cluster, named by its operator or at random.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(Arc<str>);

/// What is published under one topic and given to everyone who has subscribed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it is published; subscribers of exactly this topic get it.
    pub topic: Topic,
    /// Any bytes, at most [`Messaging::MAX_PAYLOAD`]; cloning them copies nothing.
    pub payload: Bytes,
    /// Where an answer is to be published, when one is asked for.
    pub reply_to: Option<Topic>,
}

/// What a subscriber gets, in the order of publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The next message, complete as it was published.
    Message(Message),
    /// One or more messages were left out here, because the reader was too slow or the link was
    /// away: whatever is built on them has to be fetched again.
    Missed,
}

/// Messages on one topic, in the order of each publisher; dropping it ends it.
pub struct Subscription {
    queue: gap::Receiver<Message>,
}

/// The answers to one request, until its deadline; dropping it stops listening.
pub struct Replies {
    subscription: Subscription,
    deadline: Instant,
}

/// Why the bus refused a call; it has then done nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// The text is not a [`Topic`].
    #[error("{text:?} is not a topic (tokens of letters, digits, - _ = joined by dots)")]
    BadTopic {
        /// What was given, cut to 255 characters.
        text: String,
    },
    /// The payload is longer than [`Messaging::MAX_PAYLOAD`].
    #[error("a message on {topic} has {bytes} bytes (at most {limit})")]
    TooLong {
        /// Where it was to be published.
        topic: Topic,
        /// The length of its payload.
        bytes: usize,
        /// The longest payload, in bytes: [`Messaging::MAX_PAYLOAD`].
        limit: usize,
    },
    /// A further subscription would be more than the bus carries.
    #[error("{limit} subscriptions exist already, which is the limit")]
    TooManySubscriptions {
        /// The most subscriptions that may exist at one time.
        limit: usize,
    },
}

/// Messages between the parts of a cluster. Cheap to clone; every clone is the same bus.
pub trait Messaging: Clone + Send + Sync + 'static {
    /// The longest payload, in bytes: NATS's own default.
    const MAX_PAYLOAD: usize = 1_048_576;

    /// Tells everyone who is subscribed now, the caller's own subscriptions included. Returns at
    /// once; nobody need be listening.
    ///
    /// # Errors
    /// `TooLong`.
    fn publish(&self, message: Message) -> Result<(), BusError>;

    /// Listens to a topic. Every message that is published after this has returned is delivered
    /// or counted as missed.
    ///
    /// # Errors
    /// `TooManySubscriptions`.
    fn subscribe(
        &self,
        topic: Topic,
    ) -> impl Future<Output = Result<Subscription, BusError>> + Send;

    /// Asks everyone who is subscribed to a topic and collects what they answer within `wait`.
    ///
    /// # Errors
    /// `TooLong`, `TooManySubscriptions`.
    fn request(
        &self,
        topic: Topic,
        payload: Bytes,
        wait: Duration,
    ) -> impl Future<Output = Result<Replies, BusError>> + Send;

    /// The name of this node, which stays the same while it runs.
    fn node(&self) -> NodeId;

    /// The nodes that are there now, this one included, in the order of their names.
    fn nodes(&self) -> watch::Receiver<Arc<[NodeId]>>;
}

/// The bus of this server. Closed set: adding one is a design decision.
#[derive(Clone)]
pub enum Bus {
    /// Channels in this process, for one node.
    Local(LocalBus),
}

// === impl Bus ===

impl Messaging for Bus {
    fn publish(&self, message: Message) -> Result<(), BusError> {
        match self {
            Self::Local(bus) => bus.publish(message),
        }
    }

    async fn subscribe(&self, topic: Topic) -> Result<Subscription, BusError> {
        match self {
            Self::Local(bus) => bus.subscribe(topic).await,
        }
    }

    async fn request(
        &self,
        topic: Topic,
        payload: Bytes,
        wait: Duration,
    ) -> Result<Replies, BusError> {
        match self {
            Self::Local(bus) => bus.request(topic, payload, wait).await,
        }
    }

    fn node(&self) -> NodeId {
        match self {
            Self::Local(bus) => bus.node(),
        }
    }

    fn nodes(&self) -> watch::Receiver<Arc<[NodeId]>> {
        match self {
            Self::Local(bus) => bus.nodes(),
        }
    }
}

// === impl Topic ===

impl Topic {
    /// Reads a topic.
    ///
    /// # Errors
    /// `BadTopic` when it is empty, too long, has an empty token or another character.
    pub fn parse(text: &str) -> Result<Self, BusError> {
        let token = |token: &str| {
            !token.is_empty()
                && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b))
        };
        if text.len() <= 255 && text.split('.').all(token) {
            Ok(Self(text.into()))
        } else {
            Err(BusError::BadTopic { text: text.chars().take(255).collect() })
        }
    }

    /// The topic as text, its tokens joined by dots.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl NodeId ===

impl NodeId {
    /// A node by its name: one token of a [`Topic`].
    ///
    /// # Errors
    /// `BadTopic` when it is not a single token.
    pub fn parse(text: &str) -> Result<Self, BusError> {
        let topic = Topic::parse(text)?;
        if text.contains('.') {
            return Err(BusError::BadTopic { text: text.to_owned() });
        }
        Ok(Self(topic.0))
    }

    /// The name as text, without dots: one token of a topic.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// === impl Subscription ===

impl Subscription {
    /// The next message or gap; `None` when the bus is gone. Cancel safe.
    pub async fn next(&mut self) -> Option<Delivery> {
        self.queue.next().await.map(|item| match item {
            gap::Item::Next(message) => Delivery::Message(message),
            gap::Item::Gap => Delivery::Missed,
        })
    }
}

// === impl Replies ===

impl Replies {
    /// The next answer; `None` at the deadline.
    pub async fn next(&mut self) -> Option<Delivery> {
        tokio::time::timeout_at(self.deadline, self.subscription.next()).await.ok().flatten()
    }
}
