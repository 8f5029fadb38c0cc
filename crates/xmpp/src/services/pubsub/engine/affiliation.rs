//! Who may do what on a node: the privilege table of XEP-0060 section 4.1 as one function.

use serde::{Deserialize, Serialize};

use super::config::{AccessModel, NodeConfig, PublishModel};

/// What an account is to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affiliation {
    /// May do everything; a node always has one.
    Owner,
    /// Subscribes, reads, publishes, and retracts anybody's items.
    Publisher,
    /// Publishes and retracts its own items.
    PublishOnly,
    /// Subscribes and reads, also where the access model lets in members only.
    Member,
    /// Has what the access and publish models give to everybody.
    None,
    /// May do nothing here, whatever the models say.
    Outcast,
}

/// What somebody wants to do on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Subscribe, or stay subscribed.
    Subscribe,
    /// Read stored items and what the node is.
    Retrieve,
    /// Publish a new item.
    Publish,
    /// Overwrite or retract an item that the account itself published.
    EditOwn,
    /// Overwrite or retract somebody else's item.
    EditOthers,
    /// Configure, purge, delete, and manage affiliations.
    Administer,
}

impl Affiliation {
    /// Whether an account of this affiliation may do `action` on a node configured like `config`.
    /// `subscribed` is whether the account has a subscription to the node.
    pub fn permits(self, action: Action, config: &NodeConfig, subscribed: bool) -> bool {
        match (self, action) {
            (Self::Owner, _) => true,
            (Self::Outcast, _) | (_, Action::Administer) => false,
            (Self::PublishOnly, Action::Subscribe | Action::Retrieve) => false,
            (Self::Publisher, _) => true,
            (Self::Member, Action::Subscribe | Action::Retrieve) => true,
            (Self::None, Action::Subscribe | Action::Retrieve) => {
                config.access_model == AccessModel::Open
            }
            // Whoever publishes only because the node lets strangers in must not wipe out what
            // others wrote, although section 7.1.3 would let a publication overwrite any item.
            (Self::PublishOnly | Self::Member | Self::None, Action::EditOthers) => false,
            (Self::PublishOnly, Action::Publish | Action::EditOwn) => true,
            (Self::Member | Self::None, Action::Publish | Action::EditOwn) => {
                match config.publish_model {
                    PublishModel::Publishers => false,
                    PublishModel::Subscribers => subscribed,
                    PublishModel::Open => true,
                }
            }
        }
    }
}
