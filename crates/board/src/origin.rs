//! Who says so. An origin is one Asterisk process behind one account: a restarted container comes
//! back as a new origin of the same account, a cloned machine as the same EID in another account.

use std::fmt;

use crate::account_name::AccountName;
use crate::eid::Eid;

/// One known: the account it logged in with, and the entity id it speaks as.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The account that authenticated.
    pub account: AccountName,
    /// The Asterisk process that the words are of.
    pub eid: Eid,
}

/// The place of an origin on one board: its own until [`Board::forget_origin`], meaningless on
/// another node.
///
/// [`Board::forget_origin`]: crate::Board::forget_origin
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OriginId(pub(crate) u32);

// === impl Origin ===

impl Origin {
    /// The origin of this account and entity id.
    #[must_use]
    pub fn new(account: AccountName, eid: Eid) -> Self {
        Self { account, eid }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.account, self.eid)
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
