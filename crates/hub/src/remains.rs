//! What is left on a board of what has moved to another one.

use lampfield_board::{Fact, Origin, Protocol, Subject, Version, WallTime};

/// Something that was said on a board, as far as whoever may still show it must be told of its end.
#[derive(Clone)]
pub(crate) struct Remains {
    pub subject: Subject,
    pub origin: Origin,
    pub version: Version,
    pub said_at: WallTime,
    pub protocol: Protocol,
}

// === impl Remains ===

impl Remains {
    pub(crate) fn of(fact: &Fact<'_>) -> Self {
        Self {
            subject: fact.subject.clone(),
            origin: (**fact.origin).clone(),
            version: fact.version,
            said_at: fact.said_at,
            protocol: fact.protocol,
        }
    }
}
