//! When which facts of an origin end. One origin has at most one sweep for the loss it is in and
//! a few for the returns it made; a sweep once set for a fact is never put off by a later loss.

use std::time::Duration;

use lampfield_board::{Ending, SubjectId};
use smallvec::SmallVec;

/// Sweeps of returns that one origin keeps. A further one falls due together with the last: an
/// origin that flaps this often within one grace gets a shorter grace, never a longer one.
const KEPT: usize = 8;

/// At `deadline`, the facts said before epoch `below` end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweep {
    /// When it falls due, on the monotonic clock.
    pub deadline: Duration,
    /// Facts of an epoch lower than this are meant.
    pub below: u32,
    /// What started it, which gives the reason for the endings.
    pub cause: Cause,
}

/// What started a sweep, and so why its facts end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The last connection was lost.
    Lost,
    /// Lampfield started and the origin has not come back yet.
    Restarted,
    /// The account logged in again, the origin has not spoken yet.
    Arrived,
    /// A new login took the place of its connection, and has not spoken for it yet.
    Replaced,
    /// The origin came back and must repeat what still holds.
    Returned,
    /// The connections that held it up have ended, and a newer one of the origin must repeat what still holds.
    TakenOver,
    /// The publisher has said goodbye, so its facts end at once.
    Goodbye,
    /// The account was removed: what outlives its origin otherwise ends as well.
    Removed,
}

// === impl Cause ===

impl Cause {
    /// Why the facts that are meant end.
    #[must_use]
    pub const fn ending(self) -> Ending {
        match self {
            Self::Lost => Ending::Lost,
            Self::Restarted => Ending::NotBackAfterRestart,
            Self::Arrived => Ending::NotBack,
            Self::Replaced => Ending::Replaced,
            Self::Returned => Ending::NotRepeated,
            Self::TakenOver => Ending::TakenOver,
            Self::Goodbye => Ending::Goodbye,
            Self::Removed => Ending::Removed,
        }
    }
}

/// How far a sweep has come that takes more than one tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The place from which on nothing was looked at yet.
    pub next: SubjectId,
    /// Facts that it has ended so far.
    pub ended: usize,
}

/// All pending sweeps of one origin.
#[derive(Debug, Clone, Default)]
pub struct Sweeps {
    /// What ends at once: nothing that happens meanwhile puts it off. Of each cause at most one that
    /// is under way and one that waits for it.
    ends: SmallVec<[Sweep; 1]>,
    away: Option<Sweep>,
    returns: SmallVec<[Sweep; 1]>,
    /// The sweep that was begun last. Once it is changed it begins anew.
    begun: Option<(Sweep, Progress)>,
}

// === impl Progress ===

impl Progress {
    const BEGIN: Self = Self { next: SubjectId::FIRST, ended: 0 };
}

// === impl Sweeps ===

impl Sweeps {
    /// Nobody speaks for the origin any more.
    pub fn away(&mut self, sweep: Sweep) {
        self.away = Some(sweep);
    }

    /// The account is back: what the loss left undecided is due at `deadline`, once per loss, so
    /// that an account that logs in again and again cannot put it off. What our own restart left
    /// undecided is never due earlier than it was.
    pub fn arrived(&mut self, deadline: Duration) {
        if let Some(away) = &mut self.away
            && match away.cause {
                Cause::Lost => true,
                Cause::Restarted => deadline > away.deadline,
                _ => false,
            }
        {
            *away = Sweep { deadline, cause: Cause::Arrived, ..*away };
        }
    }

    /// The wait that our own restart began ends at `deadline` instead.
    pub fn await_until(&mut self, deadline: Duration) {
        if let Some(away) = self.away.as_mut().filter(|away| away.cause == Cause::Restarted) {
            away.deadline = deadline;
        }
    }

    /// The origin itself is back and has until `deadline` to repeat what it said before.
    pub fn returned(&mut self, deadline: Duration) {
        if let Some(away) = self.away.take() {
            self.prove(Sweep { deadline, cause: Cause::Returned, ..away });
        }
    }

    /// The origin itself is back and repeats nothing: what it said before holds as if it had never been away.
    pub fn believed(&mut self) {
        self.away = None;
    }

    /// Facts said below an epoch must be repeated in time by those who still speak for the origin.
    pub fn prove(&mut self, sweep: Sweep) {
        let full = self.returns.len() >= KEPT;
        match self.returns.last_mut() {
            Some(last) if last.below >= sweep.below => {
                last.deadline = last.deadline.min(sweep.deadline);
            }
            Some(last) if full => last.below = sweep.below,
            _ => self.returns.push(sweep),
        }
    }

    /// Everything said so far ends, whoever comes or goes meanwhile. An end of this cause that is
    /// under way is finished first, so that ends in quick succession do not keep it at its beginning.
    pub fn end(&mut self, end: Sweep) {
        self.returns.clear();
        self.away = None;
        let under_way = self.begun.map(|(sweep, _)| sweep);
        let mut same_cause = self.ends.iter_mut().filter(|other| other.cause == end.cause);
        match same_cause.find(|other| Some(**other) != under_way || other.below >= end.below) {
            Some(other) => other.below = other.below.max(end.below),
            None => self.ends.push(end),
        }
    }

    /// The sweep that falls due first.
    #[must_use]
    pub fn next(&self) -> Option<Sweep> {
        self.all().min_by_key(|sweep| sweep.deadline).copied()
    }

    /// How far a sweep has come.
    #[must_use]
    pub fn progress(&self, sweep: Sweep) -> Progress {
        let begun = self.begun.filter(|(begun, _)| *begun == sweep);
        begun.map_or(Progress::BEGIN, |(_, progress)| progress)
    }

    /// A sweep goes on from there at the next tick.
    pub fn pause(&mut self, sweep: Sweep, progress: Progress) {
        self.begun = Some((sweep, progress));
    }

    /// The sweep that is under way looks at everything again.
    pub fn look_again(&mut self) {
        if let Some((_, progress)) = &mut self.begun {
            progress.next = SubjectId::FIRST;
        }
    }

    /// Drops a sweep that has been carried out.
    pub fn done(&mut self, sweep: Sweep) {
        self.begun = None;
        self.away.take_if(|pending| *pending == sweep);
        self.ends.retain(|pending| *pending != sweep);
        self.returns.retain(|pending| *pending != sweep);
    }

    /// What will end a fact of this epoch, if it is not repeated.
    #[must_use]
    pub fn threatening(&self, epoch: u32) -> Option<Sweep> {
        let meant = self.all().filter(|sweep| epoch < sweep.below);
        meant.min_by_key(|sweep| sweep.deadline).copied()
    }

    fn all(&self) -> impl Iterator<Item = &Sweep> {
        self.ends.iter().chain(&self.away).chain(&self.returns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn lost(at: u64, below: u32) -> Sweep {
        Sweep { deadline: secs(at + 10), below, cause: Cause::Lost }
    }

    #[test]
    fn flapping_does_not_put_off_what_was_never_repeated() {
        let mut sweeps = Sweeps::default();
        for round in 0..100_u64 {
            sweeps.away(lost(round, u32::try_from(round).unwrap() + 2));
            sweeps.arrived(secs(round + 10));
            sweeps.returned(secs(round + 10));
        }
        assert_eq!(sweeps.threatening(1).unwrap().deadline, secs(10));
        assert!(sweeps.returns.len() <= KEPT);
        assert!(sweeps.threatening(100).is_some(), "the newest facts are meant as well");
    }

    #[test]
    fn an_arrival_moves_a_loss_once() {
        let mut sweeps = Sweeps::default();
        sweeps.away(lost(0, 2));
        sweeps.arrived(secs(15));
        sweeps.arrived(secs(20));
        assert_eq!(sweeps.next().unwrap().deadline, secs(15));
    }

    #[test]
    fn an_arrival_after_a_restart_shortens_nothing_and_lengthens_once() {
        let mut sweeps = Sweeps::default();
        sweeps.away(Sweep { deadline: secs(75), below: 2, cause: Cause::Restarted });
        sweeps.arrived(secs(11));
        assert_eq!(sweeps.next().unwrap().deadline, secs(75));
        sweeps.arrived(secs(80));
        sweeps.arrived(secs(84));
        assert_eq!(sweeps.next().unwrap().deadline, secs(80));
    }

    #[test]
    fn an_end_under_way_is_finished_before_another_of_its_kind_begins() {
        let end = |at, below| Sweep { deadline: secs(at), below, cause: Cause::Goodbye };
        let mut sweeps = Sweeps::default();
        sweeps.end(end(1, 2));
        let far = Progress { next: SubjectId::FIRST, ended: 400 };
        sweeps.pause(end(1, 2), far);
        for round in 2..100_u32 {
            sweeps.end(end(1 + u64::from(round), round));
            sweeps.end(end(1 + u64::from(round), round + 1));
            assert_eq!((sweeps.next(), sweeps.progress(end(1, 2))), (Some(end(1, 2)), far));
        }
        assert_eq!(sweeps.all().count(), 2);
        sweeps.done(end(1, 2));
        assert_eq!(sweeps.next().map(|sweep| sweep.below), Some(100));
    }

    #[test]
    fn an_end_cannot_be_taken_back_by_an_arrival() {
        let mut sweeps = Sweeps::default();
        let end = Sweep { deadline: secs(1), below: 5, cause: Cause::Removed };
        sweeps.end(end);
        sweeps.arrived(secs(11));
        sweeps.away(lost(2, 6));
        sweeps.returned(secs(20));
        assert_eq!(sweeps.next(), Some(end));
    }
}
