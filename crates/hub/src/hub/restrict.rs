//! An account may say less than before. What it has said and may not say any longer ends: rights are about what stands
//! on the board, not about when it was said.

use lampfield_board::{AccountName, Ending, Fact};

use super::{Hub, tick::Piece};
use crate::{grant::Grant, notice::Happening, now::Now, restrictions::Restriction};

impl Hub {
    /// An account may speak of these subjects only. All that it has said of others ends, mailboxes and kept devices
    /// included, whether it is connected or not. Ends no fact itself, as many accounts may change in one turn: that falls
    /// due at once, and is done tick by tick.
    pub fn restrict(&mut self, account: &AccountName, say: &Grant) {
        for id in self.origins.of_account(account) {
            if let Some(state) = self.origins.get(id) {
                self.restrictions.begin(id, state.name.clone(), say.clone());
            }
        }
    }

    /// Ends a piece of what an origin may not say any longer, about as much work as `most`; says how much it was.
    pub(super) fn look_through(&mut self, mut one: Restriction, most: usize, now: Now) -> usize {
        let (id, origin) = (one.id, one.origin.clone());
        if self.origins.get(id).is_none_or(|state| state.name != origin) {
            return 1;
        }
        let is_meant = |fact: &Fact<'_>| fact.state.is_live() && !one.say.covers(fact.subject);
        let Piece { places, next, work } = self.piece(id, one.next, most, is_meant);
        let (facts, reason) = (places.len(), Ending::NotAllowed);
        for place in places {
            self.withdraw(place, id, reason, now);
        }
        if facts > 0 {
            self.outbox.happened(Happening::Withdrawn { origin, facts, reason });
        }
        match next {
            Some(next) => {
                one.next = next;
                self.restrictions.pause(one);
            }
            None => self.settle(id),
        }
        work
    }
}
