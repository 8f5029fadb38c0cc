//! One origin's word on its way to the board.

use crate::fact_state::FactState;
use crate::origin::OriginId;
use crate::protocol::Protocol;
use crate::subject::Subject;
use crate::version::Version;
use crate::wall_time::WallTime;

/// What an origin says about a subject, or that it says it no longer. Only what may be kept comes
/// here: not-cachable states pass by the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// About what.
    pub subject: Subject,
    /// Who says so.
    pub origin: OriginId,
    /// The value, or its end.
    pub state: FactState,
    /// Newer than all that the origin said before.
    pub version: Version,
    /// When it was said, for people.
    pub said_at: WallTime,
    /// By which protocol it came.
    pub protocol: Protocol,
}
