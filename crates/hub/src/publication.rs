//! What a publisher says, and what becomes of it.

use std::sync::Arc;

use lampfield_board::{Cachable, Identity, Origin, OriginsFull, Protocol, Refused, Subject, Value};
use lampfield_fabric::StoreError;
use thiserror::Error;

use crate::connections::ConnId;

/// Something that a connection says about a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The identity that the connection says it speaks as.
    pub identity: Identity,
    /// The kind and the name of the lamp, by its name on the board.
    pub subject: Subject,
    /// The value, which must be of the subject's kind.
    pub value: Value,
    /// Whether the board may keep it, or only passes it on.
    pub cachable: Cachable,
    /// The protocol of the door that it came by.
    pub protocol: Protocol,
    /// Whether it may have been said before, and is said again only because a line was lost.
    pub is_again: bool,
}

/// What became of a publication that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was news: it stands on the board and everybody is told.
    Changed,
    /// It stood on the board already. That it was said again proves that it still holds; nobody is told.
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
    /// The connection speaks for one more origin than
    /// [`HubLimits::origins_per_connection`](crate::HubLimits::origins_per_connection) allows.
    #[error(
        "this connection already speaks for {limit} origins, which is the limit; {identity} would be one more"
    )]
    TooManyOriginsOfConnection {
        /// The identity that would be one more.
        identity: Identity,
        /// The most origins that one connection may speak for.
        limit: usize,
    },
    /// The origin would hold one more fact than [`HubLimits::facts_per_origin`](crate::HubLimits::facts_per_origin)
    /// allows.
    #[error("{origin} holds {limit} facts already, which is the limit for one origin")]
    TooManyFactsOfOrigin {
        /// The origin that has reached its limit.
        origin: Arc<Origin>,
        /// The most live facts of one origin.
        limit: usize,
    },
    /// The board would hold one more fact than [`HubLimits::facts`](crate::HubLimits::facts) allows.
    #[error("the board holds {limit} facts already, which is its limit")]
    TooManyFacts {
        /// The most live facts of all origins of a board together.
        limit: usize,
    },
    /// The board knows as many origins as it can tell apart.
    #[error(transparent)]
    TooManyOrigins(#[from] OriginsFull),
    /// Everybody was told, but the store has no room for it yet.
    #[error("it could not be stored: {0}")]
    NotStored(StoreError),
    /// So much waits for room in the store that nothing new is begun. Nobody was told.
    #[error("{waiting} changes are waiting for space in the store, which is the limit")]
    NoRoom {
        /// Writes that wait for room in the store.
        waiting: usize,
    },
    /// The board does not take it, for one of its own reasons.
    #[error(transparent)]
    Board(#[from] Refused),
}
