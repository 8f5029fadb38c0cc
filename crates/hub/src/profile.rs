//! What a door declares of the peers behind its connections. The hub decides by it and never by product: what one
//! product's cache needs, and what its owner can do about a trouble, is said by the door that speaks with that product.

use std::time::Duration;

use crate::readers::PeerCache;

/// How a peer waits before each attempt to come back: twice as long each time, for as long as its process lives and
/// however well the connections between went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// The wait of a new process before its first attempt.
    pub first: Duration,
    /// The wait that is not doubled any more.
    pub longest: Duration,
    /// What people can do where the waits have become long, in the words of the product. `NAME` stands for the account.
    pub remedy: &'static str,
    /// The same where the peer comes through a relay, which was restarted so often.
    pub relay_remedy: &'static str,
}

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
    /// Whether a process has one connection at a time. Where it has, a further one takes the place of those before, even
    /// if nobody has noticed yet that they are dead: what was said before it came must be repeated once they are gone.
    /// Where it may have several, what one of them says stands until the last has ended.
    pub one_connection: bool,
    /// How it waits before it comes back, if it waits longer each time. Where it does not, nothing is predicted.
    pub waits: Option<Waits>,
    /// Whether two accounts may speak as one identity at the same time. Where not, they take each other's words for
    /// their own echo, people are told, and what a silent one had said of a subject ends when the other speaks of it.
    pub shares_identity: bool,
    /// Where not, how each gets an identity of its own: what people can do, in the words of the product.
    pub identity_remedy: &'static str,
}

// === impl Waits ===

impl Waits {
    /// The wait before an attempt of this step; that of a new process is 0.
    pub(crate) fn at(self, step: u32) -> Duration {
        let factor = 1_u32.checked_shl(step).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.longest)
    }
}

// === impl Profile ===

impl Profile {
    /// A program that is told everything anew whenever it comes and forgets it when it goes.
    pub const PROGRAM: Self = Self {
        cache: PeerCache::Forgotten,
        files_by_identity: false,
        repeats: true,
        one_connection: false,
        waits: None,
        shares_identity: true,
        identity_remedy: "give each of them an identity of its own",
    };
}
