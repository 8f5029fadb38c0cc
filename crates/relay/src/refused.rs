//! Why a PBX is sent away.

use std::time::Duration;

use lampfield_xmpp_stream::StreamCondition;

use crate::advice;
use crate::server::LineError;

/// Who takes longer with its stream's beginning and all steps of its login is no PBX. Sooner than the server's
/// own 30 s: it would have another line for it otherwise.
pub const BEGINS_WITHIN: Duration = Duration::from_secs(25);

/// Why the PBX cannot be carried any further.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The server does not let it in.
    #[error("the server refuses the PBX: {0}")]
    Login(String),
    /// The server has ended its stream for good, or is none that a relay can be used with.
    #[error("{0}")]
    Ended(LineError),
    /// Each of several servers has said that much.
    #[error("{said}")]
    ByAll {
        /// Which one said what.
        said: String,
        /// What is to be done about the last of it.
        remedy: Option<&'static str>,
    },
    /// It has not begun, or not gone on.
    #[error("the PBX has not logged in within {} s", BEGINS_WITHIN.as_secs())]
    Silent,
    /// The PBX has gone, and the server knows.
    #[error("the PBX has gone")]
    Gone,
}

// === impl Refused ===

impl Refused {
    /// What an operator is to do about it; none where nothing helps but another try.
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Login(said) => advice::of_login(said),
            Self::Ended(error) => advice::of_line(error),
            Self::ByAll { remedy, .. } => *remedy,
            Self::Silent | Self::Gone => None,
        }
    }

    /// Whether another server would say so too, or should not be asked: another PBX has the account.
    pub fn is_of_the_account(&self) -> bool {
        match self {
            Self::Ended(LineError::Ended { condition, .. }) => {
                *condition == StreamCondition::Conflict.as_str()
            }
            Self::Ended(LineError::Occupied) => true,
            _ => false,
        }
    }
}
