//! What falls due. A tick does a bounded piece of work, so that a dying PBX with a hundred
//! thousand lamps delays nobody else.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use lampfield_board::{Fact, Origin, OriginId, SubjectId};
use lampfield_fabric::Bucket;

use super::Hub;
use crate::{
    keys,
    notice::{Happening, Trouble, TroubleKey},
    now::Now,
    policy::Policy,
    stored::json,
    sweep::{Cause, Progress, Sweep},
};

/// What one tick does: so many looks at a fact or an account. What is left falls due again at once.
const WORK_PER_TICK: usize = 4_096;

/// What the end of a fact counts besides the look at it: it is stored and told to everybody.
const WITHDRAWAL: usize = 8;

/// What is to be done of an origin's facts at a time.
pub(super) struct Piece {
    /// The facts to end, in the order of their places.
    pub places: Vec<SubjectId>,
    /// Where the next piece begins, if anything is left.
    pub next: Option<SubjectId>,
    /// How much work it is.
    pub work: usize,
}

impl Hub {
    /// Ends what is due by `now`. When more is due than one tick does, [`Hub::next_deadline`] stays
    /// in the past: call again soon, but let others have their turn first. Says how much was done:
    /// a look counts one, a withdrawal eight more.
    pub fn tick(&mut self, now: Now) -> usize {
        let mut work = 0;
        // Each is looked at once: where many accounts share an EID, many of them may end together.
        let mut eids = BTreeSet::new();
        while work < WORK_PER_TICK
            && let Some((id, sweep)) = self.due(now.mono)
        {
            eids.extend(self.origins.get(id).map(|state| state.name.eid()));
            work += self.carry_out(id, sweep, WORK_PER_TICK - work, now);
        }
        eids.into_iter().for_each(|eid| self.check_eid(eid));
        while work < WORK_PER_TICK
            && let Some(one) = self.restrictions.take()
        {
            work += self.look_through(one, WORK_PER_TICK - work, now);
        }
        while work < WORK_PER_TICK
            && let Some(due) = self.deadlines.due(now.mono)
        {
            self.expire(due, now);
            work += 1 + WITHDRAWAL;
        }
        while work < WORK_PER_TICK
            && let Some(account) = self.backoffs.calmed(now.mono)
        {
            self.check_backoff(&account);
            work += 1;
        }
        while let Some(origin) = self.departed.outdated(now.mono) {
            self.outbox.clear(&TroubleKey::OriginGone(origin));
        }
        while let Some(key) = self.refusals.quiet(now.mono) {
            self.outbox.clear(&key);
        }
        self.trim_tombstones();
        self.trim_history();
        work
    }

    fn due(&self, now: Duration) -> Option<(OriginId, Sweep)> {
        let (deadline, id) = self.origins.next_due()?;
        let sweep = self.origins.get(id)?.sweeps.next()?;
        (deadline <= now).then_some((id, sweep))
    }

    /// Does a piece of a sweep, about as much as `most`; says how much.
    fn carry_out(&mut self, id: OriginId, sweep: Sweep, most: usize, now: Now) -> usize {
        let Some(state) = self.origins.get(id) else { return 1 };
        let (origin, since) = (state.name.clone(), state.away_since.unwrap_or(now));
        let Progress { next, mut ended } = state.sweeps.progress(sweep);
        let piece = self.piece(id, next, most, |fact| self.means(sweep, fact));
        let (facts, reason) = (piece.places.len(), sweep.cause.ending());
        for place in piece.places {
            self.withdraw(place, id, reason, now);
        }
        ended += facts;
        self.origins.update(id, |state| match piece.next {
            Some(next) => state.sweeps.pause(sweep, Progress { next, ended }),
            None => state.sweeps.done(sweep),
        });
        if facts > 0 {
            let origin = origin.clone();
            self.outbox.happened(Happening::Withdrawn { origin, facts, reason });
        }
        match piece.next {
            Some(_) => {}
            None => self.swept(id, sweep.cause, ended, since, now),
        }
        self.drop_idle(id);
        piece.work
    }

    /// What is meant of an origin's facts from a place on. In the order of the places, so that a run
    /// can be repeated exactly. Facts behind the place were looked at: of what is said there since,
    /// nothing is meant.
    pub(super) fn piece(
        &self,
        id: OriginId,
        first: SubjectId,
        most: usize,
        is_meant: impl Fn(&Fact<'_>) -> bool,
    ) -> Piece {
        // Whoever has no facts is not free of charge either.
        let mut piece = Piece { places: Vec::new(), next: None, work: 1 };
        for fact in self.board.facts_of_from(id, first) {
            if piece.work >= most {
                piece.next = Some(fact.subject_id);
                break;
            }
            piece.work += 1;
            if is_meant(&fact) {
                piece.work += WITHDRAWAL;
                piece.places.push(fact.subject_id);
            }
        }
        piece
    }

    fn means(&self, sweep: Sweep, fact: &Fact<'_>) -> bool {
        let is_removed = sweep.cause == Cause::Removed;
        let stands = if is_removed { fact.state.is_live() } else { fact.state.is_said() };
        let kept = || self.settings.policies.of(fact.subject) == Policy::Keep;
        stands && fact.heard < sweep.below && (is_removed || !kept())
    }

    /// A sweep has come to its end and withdrawn so many facts.
    fn swept(&mut self, id: OriginId, cause: Cause, ended: usize, since: Now, now: Now) {
        let Some(state) = self.origins.get(id) else { return };
        let (origin, was_gone) = (state.name.clone(), state.is_gone());
        if ended == 0 {
            self.outbox.happened(Happening::GraceOver { origin: Arc::clone(&origin) });
        }
        // Who is connected under its account may be it, and has only not said so yet.
        if self.connections.any_of(&origin.account) {
            return;
        }
        // Of one that had gone before our start nobody is to be told at each start again.
        if matches!(cause, Cause::Lost | Cause::Restarted) && (ended > 0 || !was_gone) {
            self.mourn(origin, since, ended > 0, now);
        }
        self.note_departure(id);
    }

    /// Has the next start know that nobody waits for an origin any longer, though it has left something.
    fn note_departure(&mut self, id: OriginId) {
        let departed = self
            .origins
            .update(id, |state| state.depart().then(|| (state.name.clone(), state.row())));
        if let Some((origin, row)) = departed.flatten() {
            self.outbox.put(Bucket::Origins, keys::origin(&self.name, &origin), json(&row));
        }
    }

    /// An origin has died, and nobody is connected under its account: somebody should look, also where all
    /// that it said is kept. A PBX with nothing but mailboxes would be missed by nobody.
    fn mourn(&mut self, origin: Arc<Origin>, since: Now, withdrawn: bool, now: Now) {
        if let Some(forgotten) = self.departed.add(origin.clone(), now.mono) {
            self.outbox.clear(&TroubleKey::OriginGone(forgotten));
        }
        self.outbox.raise(Trouble::OriginGone { origin, since: since.wall, withdrawn });
    }
}
