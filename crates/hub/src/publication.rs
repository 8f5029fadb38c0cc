//! What a publisher says, and what becomes of it.

use std::sync::Arc;

use lampfield_board::{Cachable, Identity, Origin, OriginsFull, Protocol, Refused, Subject, Value};
use lampfield_fabric::StoreError;
use thiserror::Error;

use crate::connections::ConnId;

/// Something that a connection says about a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// As whom it speaks.
    pub identity: Identity,
    /// About what.
    pub subject: Subject,
    /// What it says.
    pub value: Value,
    /// Whether it may be kept.
    pub cachable: Cachable,
    /// By which protocol it came.
    pub protocol: Protocol,
    /// Whether it may have been said before, and is said again only because a line was lost.
    pub is_again: bool,
}

/// What became of something said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was news: it stands on the board and everybody is told.
    Changed,
    /// It was known. It holds on, and nobody is told.
    Repeat,
    /// It may not be kept: everybody is told once.
    PassedOn,
    /// The policy for such names is to drop it.
    Ignored,
}

/// Why something said was not taken. Nothing has changed, except that the connection now counts as
/// speaking for the origin where that was possible.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The connection never logged in, or has ended.
    #[error("connection {0} is not logged in")]
    UnknownConnection(ConnId),
    /// [`HubLimits::origins_per_connection`](crate::HubLimits::origins_per_connection).
    #[error(
        "this connection speaks for {limit} origins already, which is the limit; {identity} is one more"
    )]
    TooManyOriginsOfConnection {
        /// The further one.
        identity: Identity,
        /// The limit.
        limit: usize,
    },
    /// [`HubLimits::facts_per_origin`](crate::HubLimits::facts_per_origin).
    #[error("{origin} holds {limit} facts already, which is the limit for one origin")]
    TooManyFactsOfOrigin {
        /// Whose.
        origin: Arc<Origin>,
        /// The limit.
        limit: usize,
    },
    /// [`HubLimits::facts`](crate::HubLimits::facts).
    #[error("this node holds {limit} facts already, which is its limit")]
    TooManyFacts {
        /// The limit.
        limit: usize,
    },
    /// The board knows too many origins.
    #[error(transparent)]
    TooManyOrigins(#[from] OriginsFull),
    /// Everybody was told, but the store has no room for it yet.
    #[error("it could not be stored: {0}")]
    NotStored(StoreError),
    /// So much waits for room in the store that nothing new is begun. Nobody was told.
    #[error("{waiting} changes wait for room in the store, which is the limit")]
    NoRoom {
        /// How many.
        waiting: usize,
    },
    /// The board has no place for it.
    #[error(transparent)]
    Board(#[from] Refused),
}
