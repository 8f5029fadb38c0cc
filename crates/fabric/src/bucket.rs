//! The closed set of buckets, what each promises and which rely on which. A bucket is a table in the
//! embedded store and would be a JetStream bucket on NATS; its name is what an operator reads in the
//! `sqlite3` shell.

use std::fmt;

/// What a committed write outlives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// The death of the process (`kill -9`). Power loss may take the last moments.
    Process,
    /// Power loss as well: the disk has been told to keep it.
    Power,
}

/// A named set of keys.
///
/// The order of declaration is the order of commits (see [`crate::Storage`]): a bucket stands behind
/// those whose rows its own need. A tombstone needs the mark of who has to be sent it; a fact ends by
/// its tombstone, which goes last; nothing can be done with an item without its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// Who holds which origin, with its epoch.
    Origins,
    /// Who has to be sent the withdrawals that it may have missed.
    Confirmations,
    /// Withdrawn facts that somebody may still show.
    Tombstones,
    /// What each origin says about each subject.
    Facts,
    /// Accounts with the keys that passwords are checked against.
    Accounts,
    /// Domains that were added at run time, and their settings.
    Domains,
    /// Contact lists of users (RFC 6121).
    Rosters,
    /// Generic PubSub nodes and their configuration.
    PubsubNodes,
    /// Who may do what on a PubSub node.
    Affiliations,
    /// Items of generic PubSub nodes.
    PubsubItems,
    /// Subscriptions to PubSub nodes that outlive the connection.
    Subscriptions,
    /// What the server remembers about itself.
    Meta,
    /// Pages of the past: what was said when, and how connections came and went.
    History,
    /// Who has changed what. Last: after a crash it may lack a change that was made, and tells of none that was not.
    Audit,
}

// === impl Bucket ===

impl Bucket {
    /// Every bucket, in the order of their declaration.
    pub const ALL: [Self; 14] = [
        Self::Origins,
        Self::Confirmations,
        Self::Tombstones,
        Self::Facts,
        Self::Accounts,
        Self::Domains,
        Self::Rosters,
        Self::PubsubNodes,
        Self::Affiliations,
        Self::PubsubItems,
        Self::Subscriptions,
        Self::Meta,
        Self::History,
        Self::Audit,
    ];

    /// The name of the table: lower case, words joined by `_`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Tombstones => "tombstones",
            Self::Origins => "origins",
            Self::Confirmations => "confirmations",
            Self::Accounts => "accounts",
            Self::Domains => "domains",
            Self::Rosters => "rosters",
            Self::PubsubNodes => "pubsub_nodes",
            Self::PubsubItems => "pubsub_items",
            Self::Affiliations => "affiliations",
            Self::Subscriptions => "subscriptions",
            Self::Meta => "meta",
            Self::History => "history",
            Self::Audit => "audit",
        }
    }

    /// What a committed write to this bucket outlives. Telephony state is said again by its owners
    /// after a power loss; what people made by hand is not.
    #[must_use]
    pub const fn durability(self) -> Durability {
        match self {
            Self::Facts
            | Self::Tombstones
            | Self::Origins
            | Self::Confirmations
            | Self::History => Durability::Process,
            Self::Accounts
            | Self::Domains
            | Self::Rosters
            | Self::PubsubNodes
            | Self::PubsubItems
            | Self::Affiliations
            | Self::Subscriptions
            | Self::Meta
            | Self::Audit => Durability::Power,
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
