//! How long a peer will wait before it connects again, as far as can be told from outside. Its door has
//! declared how such peers wait ([`Waits`]). A prediction only: it lengthens graces and warns people, it never
//! ends anything.
//!
//! The rule. A process whose next wait is *w* comes back at one of the moments *w*, *w* + 2*w*,
//! *w* + 2*w* + 4*w* .. after its drop, each wait the longest at the most; the first attempt that works is
//! the last. So an absence that fits such a moment is taken for the same process, and tells how many
//! attempts it has made. Short waits are close together, so that an absence may fit several moments:
//! then all of them stay possible until a later absence tells, and the longest is predicted. Any
//! absence that fits none is not its doing: sooner than *w* it is a new process, and in between a new
//! process (one that was down for maintenance, say) or a line so bad that the attempts themselves took
//! their time. Then nothing is known, and the prediction is that of a new process: to expect too
//! little costs a lamp that goes out and comes back, to expect too much keeps dead lamps lit. A new
//! process that happens to return at one of the moments is taken for the old one until its next drop;
//! of a process that was there before Lampfield started nothing is known either.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use lampfield_board::AccountName;

use crate::profile::Waits;

/// No wait is doubled more often.
const LAST_STEP: u32 = 15;

/// How much earlier than its moment a return may be: the two sides do not notice the end of a
/// connection at the same time, and on a long line the end itself may have to be sent twice.
const EARLY: Duration = Duration::from_millis(1_500);

/// How much later a return may be at least: an attempt takes time, on a long line some seconds, and
/// so does a login while hundreds come back at once.
const LATE: Duration = Duration::from_secs(5);

/// An absence of more attempts than this tells nothing: what each of them took adds up.
const MOST_ATTEMPTS: u32 = 16;

/// One drop says little: whatever kept the PBX away may have been anything but its back-off.
const TELLING_DROPS: u32 = 2;

/// An account that has kept its connection for so long is no trouble until it drops again.
const CALM_AFTER: Duration = Duration::from_mins(10);

/// Which waits may come next, a bit for the step of each: the first is that of a new process.
#[derive(Debug, Clone, Copy)]
struct Steps(u16);

/// What is known of one account's reconnects.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    waits: Waits,
    steps: Steps,
    drops: u32,
    line: Line,
    relayed: Option<Relayed>,
}

/// It comes through a relay, which is back at once after each loss of the line: nobody waits then.
/// The peer does when the relay itself has ended, and so has its stream.
#[derive(Debug, Clone, Copy)]
struct Relayed {
    /// A hash of its name: who makes two names of one hash deceives nobody but itself.
    stream: u64,
    /// The line was lost, the stream was not.
    goes_on: bool,
}

#[derive(Debug, Clone, Copy, Default)]
enum Line {
    /// The line has held for [`CALM_AFTER`].
    #[default]
    Calm,
    /// The line is lost. A peer that has not noticed yet begins to wait only when it does, which nobody sees.
    Down { since: Duration, is_noticed: bool },
    /// The line is up, but was lost not long ago.
    Up { calm_at: Duration },
}

/// All accounts that have lost a connection since the start.
#[derive(Debug, Default)]
pub struct Backoffs {
    known: HashMap<AccountName, Backoff>,
    calming: BTreeSet<(Duration, AccountName)>,
}

impl Backoff {
    /// A process that has just begun, and waits like this.
    const fn new(waits: Waits) -> Self {
        Self { waits, steps: Steps::FIRST, drops: 0, line: Line::Calm, relayed: None }
    }

    /// A connection of the account was lost.
    pub fn dropped(&mut self, now: Duration) {
        self.lose(now, true);
    }

    /// The line to a connection of the account is cut: the peer may notice any time later, since its TCP
    /// goes on trying.
    pub fn cut_off(&mut self, now: Duration) {
        self.lose(now, false);
    }

    fn lose(&mut self, since: Duration, is_noticed: bool) {
        if !matches!(self.line, Line::Down { .. }) {
            self.line = Line::Down { since, is_noticed };
        }
        self.drops = self.drops.saturating_add(1);
    }

    /// The account is about to log in: directly, or through a relay with this stream.
    pub fn comes(&mut self, stream: Option<&str>) {
        let Some(stream) = stream.map(hash) else {
            self.relayed = None;
            return;
        };
        let goes_on = match self.relayed {
            // What was known of its waits was of a way that it does not go any longer.
            None => {
                *self = Self::new(self.waits);
                true
            }
            Some(before) => before.stream == stream,
        };
        if goes_on && matches!(self.line, Line::Down { .. }) {
            self.drops = self.drops.saturating_sub(1);
            self.line = Line::Calm;
        }
        self.relayed = Some(Relayed { stream, goes_on });
    }

    /// Whether it comes through a relay.
    #[must_use]
    pub fn is_relayed(&self) -> bool {
        self.relayed.is_some()
    }

    /// The account has logged in again; how long it was away tells where its back-off stands.
    pub fn arrived(&mut self, now: Duration) {
        let Line::Down { since, is_noticed } = self.line else { return };
        let away = now.saturating_sub(since);
        let (steps, waits) = (self.steps, self.waits);
        let steps =
            if is_noticed { steps.after(away, waits) } else { steps.after_one(away, waits) };
        self.go_on(steps, Line::Up { calm_at: now + CALM_AFTER });
    }

    /// The account logged in again before anybody had noticed a drop. When it dropped is not known,
    /// so this is taken for one attempt of the same process, unless that was `heard` so late that it
    /// cannot have waited for its time since.
    pub fn replaced(&mut self, heard: Option<Duration>, now: Duration) {
        if self.relayed.is_some_and(|relayed| relayed.goes_on) {
            return;
        }
        let most = heard.map_or(Duration::MAX, |heard| now.saturating_sub(heard));
        self.drops = self.drops.saturating_add(1);
        self.go_on(self.steps.after_one(most, self.waits), Line::Up { calm_at: now + CALM_AFTER });
    }

    /// The process goes on with these steps; without any it is a new one.
    fn go_on(&mut self, steps: Option<Steps>, line: Line) {
        *self = match steps {
            Some(steps) => Self { steps, line, ..*self },
            None => Self { line, relayed: self.relayed, ..Self::new(self.waits) },
        };
    }

    /// What people can do about its waits, as its door has declared.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        if self.is_relayed() { self.waits.relay_remedy } else { self.waits.remedy }
    }

    /// How often the process lost its connection, as far as can be told.
    #[must_use]
    pub fn drops(&self) -> u32 {
        self.drops
    }

    /// The wait before the attempt that follows the drop that is running, or the next one.
    #[must_use]
    pub fn predicted(&self) -> Duration {
        self.steps.longest(self.waits)
    }

    /// How long after a drop the process is back at the latest, if its first attempt works.
    #[must_use]
    pub fn back_within(&self) -> Duration {
        self.predicted() + late(self.predicted())
    }

    /// Whether people should know that `grace` will not do.
    #[must_use]
    pub fn alarming(&self, grace: Duration) -> bool {
        let restless = !matches!(self.line, Line::Calm);
        restless && self.drops >= TELLING_DROPS && self.predicted() > grace
    }

    fn calm_at(&self) -> Option<Duration> {
        match self.line {
            Line::Up { calm_at } => Some(calm_at),
            Line::Calm | Line::Down { .. } => None,
        }
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// How much later than its moment the return after a wait may be. Who has come to long waits has
/// dropped often: on such a line connecting takes long as well, a lost packet of it alone up to 7 s.
fn late(wait: Duration) -> Duration {
    LATE.max(wait / 4)
}

/// The steps to which a process may have come that was away for so long and began at `first`.
fn steps_within(first: u32, away: Duration, waits: Waits) -> impl Iterator<Item = u32> {
    let mut due = Duration::ZERO;
    (first..first + MOST_ATTEMPTS).filter_map(move |step| {
        due += waits.at(step);
        let fits = due <= away + EARLY && away <= due + late(waits.at(step));
        fits.then_some(step + 1)
    })
}

// === impl Steps ===

impl Steps {
    const FIRST: Self = Self(1);

    /// These steps, if there are any.
    fn of(steps: impl Iterator<Item = u32>) -> Option<Self> {
        let bits = steps.fold(0, |bits, step| bits | 1 << step.min(LAST_STEP));
        (bits != 0).then_some(Self(bits))
    }

    fn each(self) -> impl Iterator<Item = u32> {
        (0..=LAST_STEP).filter(move |step| self.0 & (1 << step) != 0)
    }

    fn longest(self, waits: Waits) -> Duration {
        waits.at(self.each().last().unwrap_or_default())
    }

    /// What may come after an absence of which the last attempt worked; none if no attempt was due
    /// then.
    fn after(self, away: Duration, waits: Waits) -> Option<Self> {
        Self::of(self.each().flat_map(|step| steps_within(step, away, waits)))
    }

    /// What may come after one wait of `most` at the most; none if each was longer.
    fn after_one(self, most: Duration, waits: Waits) -> Option<Self> {
        let most = most.saturating_add(EARLY);
        Self::of(self.each().filter(|step| waits.at(*step) <= most).map(|step| step + 1))
    }
}

// === impl Backoffs ===

impl Backoffs {
    /// What is known of an account.
    #[must_use]
    pub fn of(&self, account: &AccountName) -> Option<&Backoff> {
        self.known.get(account)
    }

    /// Whether the account has ever lost a connection.
    #[must_use]
    pub fn knows(&self, account: &AccountName) -> bool {
        self.known.contains_key(account)
    }

    /// The accounts of which something is known.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountName> {
        self.known.keys()
    }

    /// Changes what is known of an account, because something happened to one of its connections, whose peer waits like
    /// this.
    pub fn update(
        &mut self,
        account: &AccountName,
        waits: Waits,
        change: impl FnOnce(&mut Backoff),
    ) {
        let backoff = self.known.entry(account.clone()).or_insert(Backoff::new(waits));
        backoff.waits = waits;
        let before = backoff.calm_at();
        change(backoff);
        let after = backoff.calm_at();
        if before != after {
            before.map(|at| self.calming.remove(&(at, account.clone())));
            after.map(|at| self.calming.insert((at, account.clone())));
        }
    }

    /// Forgets what is known of an account.
    pub fn forget(&mut self, account: &AccountName) {
        if let Some(at) = self.known.remove(account).and_then(|backoff| backoff.calm_at()) {
            self.calming.remove(&(at, account.clone()));
        }
    }

    /// When [`Backoffs::calmed`] has somebody to give.
    #[must_use]
    pub fn next_calm(&self) -> Option<Duration> {
        self.calming.first().map(|(at, _)| *at)
    }

    /// An account whose line has held for long enough by `now`; each is given once.
    pub fn calmed(&mut self, now: Duration) -> Option<AccountName> {
        self.next_calm().filter(|at| *at <= now)?;
        let (_, account) = self.calming.pop_first()?;
        if let Some(backoff) = self.known.get_mut(&account) {
            backoff.line = Line::Calm;
        }
        Some(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: Waits = waits(1, 60);

    const fn waits(first: u64, longest: u64) -> Waits {
        let (first, longest) = (secs(first), secs(longest));
        Waits { first, longest, remedy: "", relay_remedy: "" }
    }

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn doubles_with_each_drop_up_to_a_minute() {
        let mut backoff = Backoff::new(WAITS);
        let mut now = secs(0);
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(backoff.predicted(), secs(expected));
            backoff.dropped(now);
            now += secs(expected);
            backoff.arrived(now);
            now += secs(1000);
        }
    }

    #[test]
    fn a_door_declares_the_waits() {
        for (first, longest, expected) in [(3, 3, [3, 3, 3, 3]), (2, 900, [2, 4, 8, 16])] {
            let (mut backoff, mut now) = (Backoff::new(waits(first, longest)), secs(0));
            for expected in expected {
                assert_eq!(backoff.predicted(), secs(expected));
                backoff.dropped(now);
                now += secs(expected);
                backoff.arrived(now);
                now += secs(1_000);
            }
        }
    }

    fn at(step: u32) -> Backoff {
        Backoff { steps: Steps(1 << step), drops: 5, ..Backoff::new(WAITS) }
    }

    /// What is predicted of a process that has come to this step, after an absence.
    fn after(step: u32, away: Duration) -> Duration {
        let mut backoff = at(step);
        backoff.dropped(secs(100));
        backoff.arrived(secs(100) + away);
        backoff.predicted()
    }

    #[test]
    fn attempts_that_failed_are_counted() {
        // The fourth attempt is due after 1 + 2 + 4 + 8 s.
        for away in [14_600, 15_000, 16_900, 19_000] {
            assert_eq!(after(0, Duration::from_millis(away)), secs(16), "{away} ms");
        }
        assert_eq!(after(4, secs(16 + 32 + 60 + 60)), secs(60));
    }

    #[test]
    fn an_early_return_is_a_new_process() {
        assert_eq!(after(5, secs(30)), secs(1));
        assert_eq!(after(5, secs(31)), secs(60));
        assert_eq!(after(6, secs(3)), secs(1));
    }

    #[test]
    fn a_return_at_no_attempts_time_is_unknown() {
        for (step, away) in [(0, 13), (0, 60), (3, 18), (5, 41), (5, 85), (6, 90), (0, 36_000)] {
            assert_eq!(after(step, secs(away)), secs(1), "at step {step}, away {away} s");
        }
    }

    /// 3 s are two attempts, or one that took its time; the next absence tells.
    #[test]
    fn what_fits_two_moments_is_the_later_one_until_the_next_absence() {
        for (next, predicted) in [(2, 4), (4, 8)] {
            let mut backoff = Backoff::new(WAITS);
            backoff.dropped(secs(0));
            backoff.arrived(secs(3));
            assert_eq!(backoff.predicted(), secs(4));
            backoff.dropped(secs(100));
            backoff.arrived(secs(100 + next));
            assert_eq!(backoff.predicted(), secs(predicted), "away {next} s");
        }
    }

    #[test]
    fn who_was_heard_later_than_it_would_wait_is_a_new_process() {
        for (heard, predicted) in [(None, 60), (Some(60), 60), (Some(92), 1)] {
            let mut backoff = at(5);
            backoff.replaced(heard.map(secs), secs(100));
            assert_eq!(backoff.predicted(), secs(predicted), "heard at {heard:?}");
        }
    }

    #[test]
    fn a_restart_ends_the_warning() {
        let mut backoff = at(5);
        backoff.dropped(secs(0));
        assert!(backoff.alarming(secs(10)));
        backoff.arrived(secs(75));
        assert!(!backoff.alarming(secs(10)));
        assert_eq!(backoff.drops(), 0, "counted of this process");
    }
}
