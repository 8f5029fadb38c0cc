//! The operator ends facts by hand. It is the only way in which a mailbox or a kept device ends
//! while nobody says anything else about it.

use lampfield_board::{Fact, Origin, OriginId, Subject, SubjectId};

use super::Hub;
use crate::{
    notice::{Happening, Reason},
    now::Now,
};

impl Hub {
    /// Ends every fact about a subject; says how many there were. Who still holds to it is heard
    /// again at its next change or return.
    pub fn clear_subject(&mut self, subject: &Subject, now: Now) -> usize {
        let Some(facts) = self.board.get(subject) else { return 0 };
        let live = facts.facts().filter(|fact| fact.standing.is_live()).map(place).collect();
        self.clear(live, now)
    }

    /// Ends every fact of an origin; says how many there were.
    pub fn clear_origin(&mut self, origin: &Origin, now: Now) -> usize {
        let Some(id) = self.board.find_origin(origin) else { return 0 };
        let facts = self.board.facts_of(id);
        let live = facts.filter(|fact| fact.standing.is_live()).map(place).collect();
        self.clear(live, now)
    }

    fn clear(&mut self, mut live: Vec<(OriginId, SubjectId)>, now: Now) -> usize {
        live.sort_unstable();
        for of_one in live.chunk_by(|a, b| a.0 == b.0) {
            let Some((id, _)) = of_one.first().copied() else { continue };
            let ended = of_one.iter();
            let facts =
                ended.filter(|(_, at)| self.withdraw(*at, id, Reason::Cleared, now)).count();
            if let Some(speaker) = self.origins.get(id) {
                let (origin, reason) = (speaker.name.clone(), Reason::Cleared);
                self.outbox.happened(Happening::Withdrawn { origin, facts, reason });
            }
            self.settle(id);
        }
        self.trim_tombstones();
        live.len()
    }
}

fn place(fact: Fact<'_>) -> (OriginId, SubjectId) {
    (fact.origin_id, fact.subject_id)
}
