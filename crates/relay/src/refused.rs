//! Why a PBX is sent away.

use std::time::Duration;

use crate::advice;
use crate::server::LineError;

/// Who does not begin its stream for so long is no PBX, nor who does not go on with its login. Sooner than
/// the server's own 30 s: it would have another line for it otherwise.
pub const BEGINS_WITHIN: Duration = Duration::from_secs(25);

/// Why the PBX cannot be carried any further.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The server does not let it in.
    #[error("the server does not let the PBX in: {0}")]
    Login(String),
    /// The server has ended its stream for good, or is none that a relay can be used with.
    #[error("{0}")]
    Ended(LineError),
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
            Self::Silent | Self::Gone => None,
        }
    }
}
