//! One call: who calls whom, how far it is and what will become of it.

use std::time::Duration;

/// One call.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Who calls: which PBX, and the place of the phone there.
    pub from: (usize, usize),
    /// Who is called, or has taken the call from its parking place.
    pub to: (usize, usize),
    pub stage: Stage,
    pub fate: Fate,
    /// When it goes on, counted from the start of the office.
    pub until: Duration,
}

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Rings,
    Talks,
    /// Who was called holds it.
    Holds,
    /// At this number, at the PBX of who was called.
    Parked(u32),
    /// Nobody is called: somebody listens to messages.
    Listens,
}

/// What will become of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Unanswered,
    Talk,
    Hold,
    Park,
}

// === impl Call ===

impl Call {
    /// The PBXs that take part.
    pub fn sites(&self) -> [usize; 2] {
        [self.from.0, self.to.0]
    }
}
