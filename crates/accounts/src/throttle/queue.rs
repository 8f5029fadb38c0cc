//! The tries of one account from one address, or of several that share a queue: how many may still be
//! looked at, which passwords are known to be wrong, and who waits for a turn. Pure: the time is given.
//!
//! Nobody can tell the owner of an account from a guesser behind the same address but by one thing:
//! the owner comes again with the same password. So a password that has waited in vain goes before
//! all others when it comes again. But then each password that waits beside it is known to be
//! another one, which is as good as a look at it; so that advantage must be paid for with time (see
//! [`Precedence`]). Without it the lot decides. It is paid for beside proofs as well: they learn
//! nothing, but would never be next beside a guesser whose passwords all come again.
//!
//! Accounts that share a queue rule nothing out for each other, so none pays for another. The lot is
//! drawn between the accounts first, or many connections for one would outweigh the others. And every
//! second turn is the lot's: who has no password that is known again, as with SCRAM, would never be
//! next beside others who see to it that they have.
//!
//! Our own, because a rate limiter (governor) knows when the next try may be looked at, but not whose
//! it should be; who may go before whom is all that this file is about.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::sync::oneshot;

use super::precedence::Precedence;
use super::recall::IN_VAIN;

/// The time between two tries when there is no free one left.
pub(crate) const EVERY: Duration = Duration::from_secs(12);
/// Passwords of one queue that are known to be wrong; the oldest is forgotten. More than Asterisk
/// and a guesser together use up until Asterisk comes again.
const WRONG: usize = 16;

/// What can be known of a try before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginTry {
    /// A password, by a hash under a key of ours.
    Password(u64),
    /// A proof of one, which is another each time: SCRAM, a digest.
    Proof,
}

/// How a turn has ended, which decides what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TryOutcome {
    /// The try was right: it costs nothing.
    Right,
    /// The try was wrong: it costs the queue a turn.
    Wrong,
    /// Nobody has looked at the try: it costs nothing.
    NotChecked,
    /// Its client has gone away, which costs as much as a wrong one.
    Abandoned,
}

/// What a try that waits in the queue is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TurnCall {
    /// Go on: the password or proof is looked at now.
    Turn,
    /// The password has turned out to be wrong, because somebody else with the same one had a turn.
    Wrong,
}

/// What became of a try that came to a queue.
#[derive(Debug)]
pub(crate) enum QueueEntry {
    /// It may be looked at now; [`TryQueue::end`] must follow.
    Turn,
    /// Its password was found wrong not long ago.
    Wrong,
    /// It waits in the queue until it is called.
    Waits(oneshot::Receiver<TurnCall>),
}

/// A try that comes to a queue, with what decides when its turn is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// The number under which it waits, if it has to.
    pub(crate) number: u64,
    /// Whose password it tries, by a hash under a key of ours.
    pub(crate) account: u64,
    pub(crate) what: LoginTry,
    /// When the password first came, if it has waited in vain before.
    pub(crate) first: Option<Duration>,
}

/// The queue of one account and address, or of some accounts of that address.
#[derive(Debug)]
pub(crate) struct TryQueue {
    /// How far `full_at` may be ahead while there is a free try.
    reserve: Duration,
    /// When all free tries will be there again.
    full_at: Duration,
    /// Which account's password may go before others.
    precedence: Precedence,
    /// Whether one of them has just gone before other accounts, so that the next may not.
    is_lots_turn: bool,
    wrong: VecDeque<u64>,
    /// Passwords that are being looked at. The same one waits for the answer.
    looked_at: Vec<u64>,
    waiting: Vec<QueuedTry>,
}

/// A try that waits in the queue until it is called.
#[derive(Debug)]
struct QueuedTry {
    arrival: Arrival,
    since: Duration,
    call: oneshot::Sender<TurnCall>,
}

// === impl TryQueue ===

impl TryQueue {
    /// A queue with so many free tries.
    pub(crate) fn new(free: usize) -> Self {
        let more_than_one = u32::try_from(free.saturating_sub(1)).unwrap_or(u32::MAX);
        Self {
            reserve: EVERY.saturating_mul(more_than_one),
            full_at: Duration::ZERO,
            precedence: Precedence::default(),
            is_lots_turn: false,
            wrong: VecDeque::new(),
            looked_at: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Whether it is as good as new, so that it need not be remembered.
    pub(crate) fn is_over(&self, now: Duration) -> bool {
        self.full_at <= now && self.precedence.is_over(now) && self.waiting.is_empty()
    }

    /// When the next try may be looked at.
    pub(crate) fn opens_at(&self) -> Duration {
        self.full_at.saturating_sub(self.reserve)
    }

    /// Comes with a try, which waits if it must.
    pub(crate) fn enter(&mut self, arrival: Arrival, now: Duration) -> QueueEntry {
        let what = arrival.what;
        if let LoginTry::Password(password) = what
            && self.wrong.contains(&password)
        {
            return QueueEntry::Wrong;
        }
        self.serve(now);
        if self.opens_at() <= now && !self.is_looked_at(what) {
            self.begin(what, now);
            return QueueEntry::Turn;
        }
        let (call, called) = oneshot::channel();
        self.waiting.push(QueuedTry { arrival, since: now, call });
        QueueEntry::Waits(called)
    }

    /// Gives the turns that are due to those who wait.
    pub(crate) fn serve(&mut self, now: Duration) {
        while self.opens_at() <= now {
            let Some(number) = self.next(now) else { return };
            let Some(next) = self.take(number) else { return };
            self.begin(next.arrival.what, now);
            if next.call.send(TurnCall::Turn).is_err() {
                self.end(next.arrival.what, TryOutcome::NotChecked);
            }
        }
    }

    fn begin(&mut self, what: LoginTry, now: Duration) {
        self.full_at = self.full_at.max(now) + EVERY;
        if let LoginTry::Password(password) = what {
            self.looked_at.push(password);
        }
    }

    /// A turn is over. Others may be next.
    pub(crate) fn end(&mut self, what: LoginTry, outcome: TryOutcome) {
        if matches!(outcome, TryOutcome::Right | TryOutcome::NotChecked) {
            self.full_at = self.full_at.saturating_sub(EVERY);
        }
        if let LoginTry::Password(password) = what {
            self.looked_at.retain(|other| *other != password);
            if outcome == TryOutcome::Wrong {
                self.note_wrong(password);
            }
        }
    }

    fn is_looked_at(&self, what: LoginTry) -> bool {
        matches!(what, LoginTry::Password(password) if self.looked_at.contains(&password))
    }

    /// The number of the try that is called next.
    fn next(&mut self, now: Duration) -> Option<u64> {
        let lot = RandomState::new();
        let account = self.next_account(&lot, now)?;
        let of_it = |one: &Arrival| one.account == account;
        if let Some(oldest) = self.known(now).filter(of_it).min_by_key(|one| one.first) {
            let others = self.waiting.iter().filter(|one| of_it(&one.arrival)).count();
            let rivals = u32::try_from(others).unwrap_or(u32::MAX).saturating_sub(1);
            self.precedence.use_up(account, rivals, now);
            return Some(oldest.number);
        }
        let numbers = self.ready().filter(of_it).map(|one| one.number);
        numbers.min_by_key(|number| lot.hash_one(number))
    }

    /// The account whose turn is next, where several share the queue.
    fn next_account(&mut self, lot: &RandomState, now: Duration) -> Option<u64> {
        let by_lot = |account: &u64| lot.hash_one(account);
        let known = self.known(now).map(|one| one.account).min_by_key(by_lot);
        let first = known.filter(|_| !self.is_lots_turn);
        self.is_lots_turn =
            first.is_some_and(|account| self.ready().any(|one| one.account != account));
        first.or_else(|| self.ready().map(|one| one.account).min_by_key(by_lot))
    }

    /// The tries that may be called now: those whose password is not being looked at.
    fn ready(&self) -> impl Iterator<Item = Arrival> {
        self.waiting.iter().map(|one| one.arrival).filter(|one| !self.is_looked_at(one.what))
    }

    /// Those of them whose passwords have waited in vain before, and may go before others.
    fn known(&self, now: Duration) -> impl Iterator<Item = Arrival> {
        let may_go = move |one: &Arrival| self.precedence.has(one.account, now);
        self.ready().filter(|one| one.first.is_some()).filter(may_go)
    }

    fn take(&mut self, number: u64) -> Option<QueuedTry> {
        let at = self.waiting.iter().position(|one| one.arrival.number == number)?;
        Some(self.waiting.swap_remove(at))
    }

    /// Goes away before it was called. Gives back when its password first came, if it has waited
    /// long enough for that to be remembered.
    pub(crate) fn leave(&mut self, number: u64, now: Duration) -> Option<Duration> {
        let one = self.take(number)?;
        (one.since + IN_VAIN <= now).then(|| one.arrival.first.unwrap_or(one.since))
    }

    fn note_wrong(&mut self, password: u64) {
        if self.wrong.len() >= WRONG {
            self.wrong.pop_front();
        }
        self.wrong.push_back(password);
        let same = |one: &mut QueuedTry| one.arrival.what == LoginTry::Password(password);
        for one in self.waiting.extract_if(.., same) {
            // Who no longer listens needs no answer.
            let _ = one.call.send(TurnCall::Wrong);
        }
    }
}
