//! A fact on its way to the board: what one origin says, in which version.

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
    /// The kind and the name of the lamp that it is about.
    pub subject: Subject,
    /// Who says it, as a place on this board.
    pub origin: OriginId,
    /// The value that is said, or the reason for its end.
    pub state: FactState,
    /// Newer than all that the origin said before.
    pub version: Version,
    /// When it was said by the wall clock, for people; nothing is decided by it.
    pub said_at: WallTime,
    /// The protocol by which it came to this node.
    pub protocol: Protocol,
}
