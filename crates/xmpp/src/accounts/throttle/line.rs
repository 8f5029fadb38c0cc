//! The tries of one account from one address: how many may still be looked at, which passwords are
//! known to be wrong, and who waits for a turn. Pure: the time is given.
//!
//! Nobody can tell the owner of an account from a guesser behind the same address but by one thing:
//! the owner comes again with the same password. So a password that has waited in vain goes before
//! all others when it comes again. But then each password that waits beside it is known to be
//! another one, which is as good as a look at it; so that advantage must be paid for with time (see
//! [`PER_RIVAL`]). Without it the lot decides.
//!
//! Our own, because a rate limiter (governor) knows when the next try may be looked at, but not whose
//! it should be; who may go before whom is all that this file is about.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::sync::oneshot;

use super::recall::IN_VAIN;

/// The time between two tries when there is no free one left.
pub const EVERY: Duration = Duration::from_secs(12);
/// Passwords of one line that are known to be wrong; the oldest is forgotten. More than Asterisk
/// and a guesser together use up until Asterisk comes again.
const WRONG: usize = 16;
/// How long no password goes before others after one has done so, for each that waited beside it:
/// a hundred in an hour are ruled out so.
const PER_RIVAL: Duration = Duration::from_secs(36);

/// What can be known of a try before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    /// A password, by a hash under a key of ours.
    Password(u64),
    /// A proof of one, which is another each time: SCRAM, the digest of XEP-0078.
    Proof,
}

/// What came of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// The try was right: it costs nothing.
    Right,
    /// It was wrong.
    Wrong,
    /// Nobody has looked: it costs nothing.
    Not,
    /// Its client has gone away, which costs as much as a wrong one.
    InVain,
}

/// What somebody who waits is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// It is your turn.
    Turn,
    /// Your password has turned out to be wrong when somebody else had his.
    Wrong,
}

/// What became of a try that came.
#[derive(Debug)]
pub enum Entered {
    /// It may be looked at now; [`Line::end`] must follow.
    Turn,
    /// Its password is known to be wrong.
    Wrong,
    /// It waits to be called.
    Waits(oneshot::Receiver<Call>),
}

/// The line of one account and address.
#[derive(Debug)]
pub struct Line {
    /// How far `full_at` may be ahead while there is a free try.
    reserve: Duration,
    /// When all free tries will be there again.
    full_at: Duration,
    /// When a password may go before others again.
    fair_until: Duration,
    wrong: VecDeque<u64>,
    /// Passwords that are being looked at. The same one waits for the answer.
    looked_at: Vec<u64>,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    what: Try,
    since: Duration,
    /// When the password first came, if it has waited in vain before.
    first: Option<Duration>,
    call: oneshot::Sender<Call>,
}

// === impl Line ===

impl Line {
    /// A line with so many free tries.
    pub fn new(free: usize) -> Self {
        let more_than_one = u32::try_from(free.saturating_sub(1)).unwrap_or(u32::MAX);
        Self {
            reserve: EVERY.saturating_mul(more_than_one),
            full_at: Duration::ZERO,
            fair_until: Duration::ZERO,
            wrong: VecDeque::new(),
            looked_at: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Whether there is nothing to remember.
    pub fn is_over(&self, now: Duration) -> bool {
        self.full_at.max(self.fair_until) <= now && self.waiting.is_empty()
    }

    /// When the next try may be looked at.
    pub fn opens_at(&self) -> Duration {
        self.full_at.saturating_sub(self.reserve)
    }

    /// Comes with a try. It waits under this number if it must, and goes before others if its
    /// password `first` came before and has waited in vain.
    pub fn enter(
        &mut self,
        number: u64,
        what: Try,
        first: Option<Duration>,
        now: Duration,
    ) -> Entered {
        if let Try::Password(password) = what
            && self.wrong.contains(&password)
        {
            return Entered::Wrong;
        }
        self.serve(now);
        if self.opens_at() <= now && !self.is_looked_at(what) {
            self.begin(what, now);
            return Entered::Turn;
        }
        let (call, called) = oneshot::channel();
        self.waiting.push(Waiting { number, what, since: now, first, call });
        Entered::Waits(called)
    }

    /// Gives the turns that are due to those who wait.
    pub fn serve(&mut self, now: Duration) {
        while self.opens_at() <= now {
            let Some(next) = self.next(now) else { return };
            let next = self.waiting.swap_remove(next);
            self.begin(next.what, now);
            if next.call.send(Call::Turn).is_err() {
                self.end(next.what, Looked::Not);
            }
        }
    }

    fn begin(&mut self, what: Try, now: Duration) {
        self.full_at = self.full_at.max(now) + EVERY;
        if let Try::Password(password) = what {
            self.looked_at.push(password);
        }
    }

    /// A turn is over. Others may be next.
    pub fn end(&mut self, what: Try, looked: Looked) {
        if matches!(looked, Looked::Right | Looked::Not) {
            self.full_at = self.full_at.saturating_sub(EVERY);
        }
        if let Try::Password(password) = what {
            self.looked_at.retain(|other| *other != password);
            if looked == Looked::Wrong {
                self.note_wrong(password);
            }
        }
    }

    fn is_looked_at(&self, what: Try) -> bool {
        matches!(what, Try::Password(password) if self.looked_at.contains(&password))
    }

    /// Who is next, by place in `waiting`.
    fn next(&mut self, now: Duration) -> Option<usize> {
        let ready = || {
            let waiting = self.waiting.iter().enumerate();
            waiting.filter(|(_, one)| !self.is_looked_at(one.what))
        };
        let known = ready().filter(|_| self.fair_until <= now);
        if let Some((_, at)) = known.filter_map(|(at, one)| Some((one.first?, at))).min() {
            let passwords = self.waiting.iter().filter(|one| one.what != Try::Proof).count();
            let rivals = u32::try_from(passwords).unwrap_or(u32::MAX).saturating_sub(1);
            self.fair_until = now.saturating_add(PER_RIVAL.saturating_mul(rivals));
            return Some(at);
        }
        let lot = RandomState::new();
        ready().min_by_key(|(_, one)| lot.hash_one(one.number)).map(|(at, _)| at)
    }

    /// Goes away before it was called. Gives back when its password first came, if it has waited
    /// long enough for that to be remembered.
    pub fn leave(&mut self, number: u64, now: Duration) -> Option<Duration> {
        let at = self.waiting.iter().position(|one| one.number == number)?;
        let one = self.waiting.swap_remove(at);
        (one.since + IN_VAIN <= now).then(|| one.first.unwrap_or(one.since))
    }

    fn note_wrong(&mut self, password: u64) {
        if self.wrong.len() >= WRONG {
            self.wrong.pop_front();
        }
        self.wrong.push_back(password);
        let same = |one: &mut Waiting| one.what == Try::Password(password);
        for one in self.waiting.extract_if(.., same) {
            // Who no longer listens needs no answer.
            let _ = one.call.send(Call::Wrong);
        }
    }
}
