//! The operator ends facts by hand. It is the only way in which a mailbox or a kept device ends
//! while nobody says anything else about it.

use lampfield_board::{Origin, SubjectId};

use super::Hub;
use crate::{
    notice::{Happening, Reason},
    now::Now,
};

impl Hub {
    /// Ends every fact of an origin; says how many there were. If it still holds to them, they are
    /// heard again at its next change or return.
    pub fn clear_origin(&mut self, origin: &Origin, now: Now) -> usize {
        let Some(id) = self.board.find_origin(origin) else { return 0 };
        let live = self.board.facts_of(id).filter(|fact| fact.standing.is_live());
        let mut places: Vec<SubjectId> = live.map(|fact| fact.subject_id).collect();
        places.sort_unstable();
        let reason = Reason::Cleared;
        let ended = places.iter().filter(|place| self.withdraw(**place, id, reason, now)).count();
        if let Some(speaker) = self.origins.get(id)
            && ended > 0
        {
            let origin = speaker.name.clone();
            self.outbox.happened(Happening::Withdrawn { origin, facts: ended, reason });
        }
        self.settle(id);
        self.trim_tombstones();
        ended
    }
}
