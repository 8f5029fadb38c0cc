//! What falls due. A tick does a bounded piece of work, so that a dying server with a hundred
//! thousand lamps delays nobody else.

use std::{sync::Arc, time::Duration};

use lampfield_board::{Origin, OriginId, SubjectId};

use super::Hub;
use crate::{
    notice::{Happening, Reason, Trouble, TroubleKey},
    now::Now,
    policy::Policy,
    sweep::{Cause, Sweep},
};

/// Withdrawals in one tick. What is left falls due again at once.
const WITHDRAWALS_PER_TICK: usize = 2_048;

impl Hub {
    /// Ends what is due by `now`. When more is due than one tick does, [`Hub::next_deadline`] stays
    /// in the past: call again soon, but let others have their turn first.
    pub fn tick(&mut self, now: Now) {
        let mut budget = WITHDRAWALS_PER_TICK;
        while budget > 0
            && let Some((id, sweep)) = self.due(now.mono)
        {
            budget = budget.saturating_sub(self.carry_out(id, sweep, budget, now));
        }
        while let Some(account) = self.backoffs.calmed(now.mono) {
            self.check_backoff(&account);
        }
        while let Some(origin) = self.departed.outdated(now.mono) {
            self.outbox.clear(&TroubleKey::OriginGone(origin));
        }
        while let Some(key) = self.refusals.quiet(now.mono) {
            self.outbox.clear(&key);
        }
        self.trim_tombstones();
        self.trim_history();
    }

    fn due(&self, now: Duration) -> Option<(OriginId, Sweep)> {
        let (deadline, id) = self.origins.next_due()?;
        let sweep = self.origins.get(id)?.sweeps.next()?;
        (deadline <= now).then_some((id, sweep))
    }

    /// Ends up to `most` of the facts that a sweep means; says how many.
    fn carry_out(&mut self, id: OriginId, sweep: Sweep, most: usize, now: Now) -> usize {
        let mut places = self.swept_by(id, sweep);
        let all = places.len() <= most;
        places.truncate(most);
        let reason = Reason::from(sweep.cause);
        for place in &places {
            self.withdraw(*place, id, reason, now);
        }
        if all {
            self.origins.update(id, |speaker| speaker.sweeps.done(sweep));
        }
        if let Some(speaker) = self.origins.get(id) {
            let (origin, since) = (speaker.name.clone(), speaker.away_since.unwrap_or(now));
            let facts = places.len();
            if facts == 0 {
                self.outbox.happened(Happening::GraceOver { origin });
            } else {
                let withdrawn = Happening::Withdrawn { origin: origin.clone(), facts, reason };
                self.outbox.happened(withdrawn);
                if all && matches!(sweep.cause, Cause::Lost | Cause::Restarted) {
                    self.mourn(origin, since, now);
                }
            }
        }
        self.settle(id);
        places.len()
    }

    /// An origin has died. If nobody is connected under its account, somebody should look.
    fn mourn(&mut self, origin: Arc<Origin>, since: Now, now: Now) {
        if self.connections.any_of(&origin.account) {
            return;
        }
        if let Some(forgotten) = self.departed.add(origin.clone(), now.mono) {
            self.outbox.clear(&TroubleKey::OriginGone(forgotten));
        }
        self.outbox.raise(Trouble::OriginGone { origin, since: since.wall });
    }

    /// The places of the facts that a sweep means. Sorted, so that a run can be repeated exactly.
    fn swept_by(&self, id: OriginId, sweep: Sweep) -> Vec<SubjectId> {
        let facts = self.board.facts_of(id).filter(|fact| {
            fact.standing.is_live()
                && fact.heard < sweep.below
                && (sweep.cause == Cause::Removed
                    || self.settings.policies.of(fact.subject) != Policy::Keep)
        });
        let mut places: Vec<_> = facts.map(|fact| fact.subject_id).collect();
        places.sort_unstable();
        places
    }
}
