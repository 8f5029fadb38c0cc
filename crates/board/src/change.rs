//! What everybody who watches is told: a change on the board, or a state that passes by it.

use std::sync::Arc;

use crate::cachable::Cachable;
use crate::fact_state::FactState;
use crate::kind::Value;
use crate::origin::Origin;
use crate::protocol::Protocol;
use crate::revision::Revision;
use crate::subject::{Subject, SubjectId};
use crate::version::Version;
use crate::wall_time::WallTime;

/// One change. Cheap to clone: the names are shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The place of the change in this board's order.
    pub revision: Revision,
    /// Where the subject is on the board; none for a state that passes by and is not kept.
    pub subject_id: Option<SubjectId>,
    /// The kind and the name of the lamp that the change is about.
    pub subject: Subject,
    /// The origin whose fact it is, by account and identity.
    pub origin: Arc<Origin>,
    /// What the origin says now: a value, or the end of what it said.
    pub state: FactState,
    /// What the same origin said before, if the board still knew.
    pub was: Option<FactState>,
    /// What the lamp shows now; none when no live fact is left.
    pub lamp: Option<Value>,
    /// What the lamp showed before; none if no fact was live.
    pub lamp_was: Option<Value>,
    /// The version of this statement within its origin.
    pub version: Version,
    /// When it was said by the wall clock, for people; nothing is decided by it.
    pub said_at: WallTime,
    /// The protocol by which the statement came to this node.
    pub protocol: Protocol,
    /// Whether the board keeps it, or has only passed it on.
    pub cachable: Cachable,
}
