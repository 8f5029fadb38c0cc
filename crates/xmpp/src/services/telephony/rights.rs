//! Who may do what with the telephony nodes: the one place that decides. Which devices an account
//! may speak for is a matter of its patterns, which the kit looks at for each item.

use lampfield_accounts::{Account, Role};
use lampfield_hub::kit::Rights;
use lampfield_xmpp_stream::{StanzaCondition, StanzaError};

use super::nodes::TelephonyNode;

/// About which subjects an account may speak, and of which it may hear.
pub fn of(account: &Account) -> Rights {
    Rights::of(&account.says(), &account.hears())
}

/// What an account may do with the telephony nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeRights {
    /// Publish facts, hear and list them, and see the lamps.
    Facts,
    /// See the lamps and nothing else: a user to whom no device was granted.
    Lamps,
}

// === impl NodeRights ===

impl NodeRights {
    /// PBXs and admins, and users who have been granted a device, may deal with facts.
    pub fn of(account: &Account) -> Self {
        match account.role {
            Role::Pbx | Role::Admin => Self::Facts,
            Role::User if account.has_grants() => Self::Facts,
            Role::User => Self::Lamps,
        }
    }

    /// Whether a node may be subscribed to, read and discovered.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn read(self, node: TelephonyNode) -> Result<(), StanzaError> {
        match (self, node) {
            (Self::Facts, _) | (Self::Lamps, TelephonyNode::Lamps(_)) => Ok(()),
            (Self::Lamps, TelephonyNode::Facts(_)) => Err(StanzaCondition::Forbidden
                .with("this account may not hear telephony states; try the aggregate nodes")),
        }
    }

    /// Whether facts may be published.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn publish(self) -> Result<(), StanzaError> {
        match self {
            Self::Facts => Ok(()),
            Self::Lamps => {
                Err(StanzaCondition::Forbidden
                    .with("this account may not publish telephony states"))
            }
        }
    }
}
