//! What a door declares of the peers behind its connections. The hub decides by it and never by product: what an
//! Asterisk's cache needs is said by the door that speaks with Asterisks.

use crate::readers::PeerCache;

/// What a peer does with what it hears, and how it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// What it does with what it heard while it is away.
    pub cache: PeerCache,
    /// Whether it files what it hears of devices under the identity that said it, so that of two origins of one identity
    /// it knows only what was said last.
    pub files_by_identity: bool,
    /// Whether, after a return, it says again what still holds. Where it does not, a return proves nothing and ends
    /// nothing.
    pub repeats: bool,
    /// Whether it waits longer with each attempt to come back.
    pub waits_longer: bool,
    /// Whether two accounts may speak as one identity at the same time. Where not, they take each other's words for
    /// their own echo, people are told, and what a silent one had said of a subject ends when the other speaks of it.
    pub shares_identity: bool,
}

// === impl Profile ===

impl Profile {
    /// A program that is told everything anew whenever it comes and forgets it when it goes.
    pub const PROGRAM: Self = Self {
        cache: PeerCache::Forgotten,
        files_by_identity: false,
        repeats: true,
        waits_longer: false,
        shares_identity: true,
    };
}
