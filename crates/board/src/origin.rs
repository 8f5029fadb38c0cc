//! Who says so. An origin is one process, node or script behind one account: a restarted container comes
//! back as a new origin of the same account, a cloned machine as the same identity in another account.

use std::fmt;

use crate::account_name::AccountName;
use crate::eid::Eid;
use crate::identity::Identity;

/// Who says something: the account it logged in with, and the identity it speaks as.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The account that it has logged in with.
    pub account: AccountName,
    /// The identity that it gives itself; several processes may share one account.
    pub identity: Identity,
}

/// The place of an origin on one board: its own until [`Board::forget_origin`], meaningless on
/// another node.
///
/// [`Board::forget_origin`]: crate::Board::forget_origin
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OriginId(pub(crate) u32);

// === impl Origin ===

impl Origin {
    /// The origin of this account and identity.
    #[must_use]
    pub fn new(account: AccountName, identity: impl Into<Identity>) -> Self {
        Self { account, identity: identity.into() }
    }

    /// The entity id under which an Asterisk hears it.
    #[must_use]
    pub fn eid(&self) -> Eid {
        self.identity.eid()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.account, self.identity)
    }
}

// === impl OriginId ===

impl OriginId {
    /// The number of the place, for tables beside the board.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
