//! Whose turn it is on the core thread.
//!
//! A connection works in turns, and a turn is an amount of time, not of stanzas: whoever asks for
//! costly things gets fewer answers, not more of the thread. A connection that had nothing left to
//! do comes *fresh* and goes before all that are *busy*, so that a quiet peer waits for one round
//! of a flood and not for one turn of each connection that floods. After each round what was said
//! is written, and the sockets are looked at: a quiet peer may have something to say.
//!
//! Written by hand: tokio runs what is ready in the order in which it became so, and looks at the
//! sockets after a number of tasks, however long they take.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::yield_now;

/// The turn of a fresh connection while others wait is so many times shorter: a few stanzas.
const SHORTER: u32 = 5;
/// The turns of one round together, at the least and at the most, in turns of full length.
const ROUND: (u32, u32) = (4, 20);
/// A round lasts so many times as long as writing took after the one before: the more sockets are
/// to be written, the more there should be to write.
const ROUND_TO_WRITING: u32 = 2;

/// How a connection comes to its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It had nothing left to do, and now something may have come in.
    Fresh,
    /// Its last turn was too short for what it had to do.
    Busy,
}

/// Shares the core thread among the connections.
#[derive(Debug)]
pub struct Turns {
    /// A turn, at the least, but for that of a fresh connection while others wait.
    long: Duration,
    fresh: WaitingLine,
    busy: WaitingLine,
    /// What the turns of this round have taken so far.
    spent: Cell<Duration>,
    /// How long writing took after the last round.
    writing: Cell<Duration>,
    /// Wakes [`Turns::run`]: somebody waits for the next round.
    waiting: Notify,
}

/// A turn that runs; it ends when it is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    turns: &'a Turns,
    began: Instant,
    length: Duration,
}

/// Those who wait, the first first. Bounded by the connections.
#[derive(Debug, Default)]
struct WaitingLine {
    places: RefCell<VecDeque<Rc<TurnRequest>>>,
    next: Cell<u64>,
}

/// A connection that waits until it is called to the core thread.
#[derive(Debug)]
struct TurnRequest {
    /// Who came first has the lowest.
    number: u64,
    called: Cell<Option<TurnCall>>,
    waker: RefCell<Option<Waker>>,
}

/// What one who waits is called for.
#[derive(Debug, Clone, Copy)]
struct TurnCall {
    length: Duration,
    /// It has its turn however long the turns before it took.
    sure: bool,
}

/// A place in a line, left when its connection ends before it is called.
struct WaitForTurn<'a> {
    line: &'a WaitingLine,
    place: Rc<TurnRequest>,
}

// === impl Turns ===

impl Turns {
    /// Whose turns last so long.
    pub fn new(long: Duration) -> Rc<Self> {
        Rc::new(Self {
            long,
            fresh: WaitingLine::default(),
            busy: WaitingLine::default(),
            spent: Cell::default(),
            writing: Cell::default(),
            waiting: Notify::new(),
        })
    }

    /// Waits for a turn.
    pub async fn next(&self, need: Need) -> Turn<'_> {
        let length = match need {
            Need::Fresh if self.fresh.is_empty() && self.spent.get() < self.round() => {
                if self.busy.is_empty() { self.long } else { self.short() }
            }
            Need::Fresh => self.called_in(&self.fresh).await,
            Need::Busy => self.called_in(&self.busy).await,
        };
        Turn { turns: self, began: Instant::now(), length }
    }

    /// Takes note of how long everything that was said took to be written.
    pub fn note_writing(&self, took: Duration) {
        self.writing.set(took);
    }

    /// Calls whoever waits, round by round, for ever.
    pub async fn run(&self) {
        loop {
            self.waiting.notified().await;
            while !(self.fresh.is_empty() && self.busy.is_empty()) {
                // Comes back when all that were called have had their turn, what they said is
                // written, and the sockets have been looked at.
                yield_now().await;
                self.spent.set(Duration::ZERO);
                self.call();
            }
        }
    }

    fn round(&self) -> Duration {
        let (least, most) = ROUND;
        (self.writing.get() * ROUND_TO_WRITING).clamp(least * self.long, most * self.long)
    }

    fn short(&self) -> Duration {
        self.long / SHORTER
    }

    async fn called_in(&self, line: &WaitingLine) -> Duration {
        let place = line.join();
        self.waiting.notify_one();
        let waiting = WaitForTurn { line, place };
        poll_fn(|context| {
            match waiting.place.called.take() {
                Some(call) if call.sure || self.spent.get() < self.round() => {
                    waiting.place.called.set(Some(call));
                    return Poll::Ready(call.length);
                }
                // The turns of others took longer than was to be expected.
                Some(_) => {
                    line.rejoin(&waiting.place);
                    self.waiting.notify_one();
                }
                None => {}
            }
            waiting.place.waker.replace(Some(context.waker().clone()));
            Poll::Pending
        })
        .await
    }

    /// Calls as many as a round has time for: the fresh ones first, but one busy one in any case.
    fn call(&self) {
        let round = self.round();
        let one_busy = if self.busy.is_empty() { Duration::ZERO } else { self.long };
        let left = self.fresh.call(round.saturating_sub(one_busy), self.short(), self.short());
        let left = left + one_busy;
        // Fewer than there is time for share all of it.
        let share = left / u32::try_from(self.busy.len()).unwrap_or(u32::MAX).max(1);
        self.busy.call(left, self.long, share.max(self.long));
    }
}

// === impl Turn ===

impl Turn<'_> {
    /// Whether it is time to let others go on.
    pub fn is_over(&self) -> bool {
        self.began.elapsed() >= self.length
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.spent.set(self.turns.spent.get() + self.began.elapsed());
    }
}

// === impl WaitingLine ===

impl WaitingLine {
    fn len(&self) -> usize {
        self.places.borrow().len()
    }

    fn is_empty(&self) -> bool {
        self.places.borrow().is_empty()
    }

    fn join(&self) -> Rc<TurnRequest> {
        let number = self.next.get();
        self.next.set(number + 1);
        let (called, waker) = (Cell::new(None), RefCell::new(None));
        let place = Rc::new(TurnRequest { number, called, waker });
        self.places.borrow_mut().push_back(Rc::clone(&place));
        place
    }

    /// Waits again, where it stood.
    fn rejoin(&self, place: &Rc<TurnRequest>) {
        let mut places = self.places.borrow_mut();
        let index = places.partition_point(|other| other.number < place.number);
        places.insert(index, Rc::clone(place));
    }

    /// Calls one after the other for turns of `length` while `time` lasts, of which each takes
    /// `each`; says what is left of it. The first has its turn in any case, so that everybody comes
    /// to the front some time.
    fn call(&self, mut time: Duration, each: Duration, length: Duration) -> Duration {
        let mut sure = true;
        while time >= each
            && let Some(place) = self.take_first()
        {
            time -= each;
            place.called.set(Some(TurnCall { length, sure }));
            sure = false;
            if let Some(waker) = place.waker.take() {
                waker.wake();
            }
        }
        time
    }

    fn take_first(&self) -> Option<Rc<TurnRequest>> {
        self.places.borrow_mut().pop_front()
    }
}

impl Drop for WaitForTurn<'_> {
    fn drop(&mut self) {
        if self.place.called.get().is_none() {
            self.line.places.borrow_mut().retain(|other| !Rc::ptr_eq(other, &self.place));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::{LocalSet, spawn_local};

    use super::*;
    use crate::settings::TURN;

    /// Works until it has had `turns` turns of which each is used up.
    async fn flood(turns: Rc<Turns>, order: Rc<RefCell<Vec<&'static str>>>, count: usize) {
        let mut need = Need::Fresh;
        for _ in 0..count {
            let turn = turns.next(need).await;
            order.borrow_mut().push("busy");
            while !turn.is_over() {
                std::hint::spin_loop();
            }
            need = Need::Busy;
        }
    }

    #[tokio::test]
    async fn a_quiet_one_waits_for_one_round_of_many_that_flood() {
        let (turns, order) = (Turns::new(TURN), Rc::default());
        let local = LocalSet::new();
        let runs = Rc::clone(&turns);
        local.spawn_local(async move { runs.run().await });
        let floods: Vec<_> = (0..100)
            .map(|_| local.spawn_local(flood(Rc::clone(&turns), Rc::clone(&order), 5)))
            .collect();
        let quiet = local.spawn_local({
            let (turns, order) = (Rc::clone(&turns), Rc::clone(&order));
            async move {
                // All of them have begun.
                while order.borrow().len() < 150 {
                    yield_now().await;
                }
                for _ in 0..10 {
                    order.borrow_mut().push("asks");
                    drop(turns.next(Need::Fresh).await);
                    order.borrow_mut().push("quiet");
                    yield_now().await;
                }
            }
        });
        local
            .run_until(async {
                quiet.await.unwrap();
                for flood in floods {
                    flood.await.unwrap();
                }
            })
            .await;
        let order = order.borrow();
        let mut waited = Vec::new();
        let mut since = 0;
        for who in order.iter() {
            match *who {
                "asks" => since = 0,
                "quiet" => waited.push(since),
                _ => since += 1,
            }
        }
        assert_eq!(waited.len(), 10);
        let round = usize::try_from(ROUND.0).unwrap();
        assert!(waited.iter().all(|turns| *turns <= 2 * round), "{waited:?}");
        assert_eq!(order.iter().filter(|who| **who == "busy").count(), 500, "all came to an end");
    }

    /// Fresh ones whose turns take far longer than a short one keep neither each other nor a busy one
    /// from theirs.
    #[tokio::test]
    async fn everybody_comes_to_the_front() {
        const EACH: Duration = Duration::from_micros(1_100);
        let turns = Turns::new(TURN);
        let local = LocalSet::new();
        let runs = Rc::clone(&turns);
        local.spawn_local(async move { runs.run().await });
        let had: Rc<Vec<Cell<u32>>> = Rc::new((0..21).map(|_| Cell::new(0)).collect());
        for who in 0..had.len() {
            let (turns, had) = (Rc::clone(&turns), Rc::clone(&had));
            local.spawn_local(async move {
                let need = if who == 0 { Need::Busy } else { Need::Fresh };
                loop {
                    let turn = turns.next(need).await;
                    had[who].set(had[who].get() + 1);
                    while turn.began.elapsed() < EACH {
                        std::hint::spin_loop();
                    }
                }
            });
        }
        // By turns and not by time: the machine may be busy.
        let all = || had.iter().map(Cell::get).sum::<u32>();
        let enough = async {
            while all() < 540 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        local.run_until(enough).await;
        let had: Vec<_> = had.iter().map(Cell::get).collect();
        assert!(had.iter().all(|turns| *turns >= 5), "{had:?}");
        assert!(
            had[1..].iter().max() <= had[1..].iter().min().map(|least| least * 3).as_ref(),
            "{had:?}"
        );
    }

    #[tokio::test]
    async fn who_ends_while_it_waits_leaves_no_place_behind() {
        let turns = Turns::new(TURN);
        let local = LocalSet::new();
        let waits = Rc::clone(&turns);
        let waiter = local.spawn_local(async move { drop(waits.next(Need::Busy).await) });
        local
            .run_until(async {
                yield_now().await;
                assert_eq!(turns.busy.len(), 1);
                waiter.abort();
                let _ = waiter.await;
                assert!(turns.busy.is_empty());
                // Nobody is left who could be called in vain.
                let runs = Rc::clone(&turns);
                spawn_local(async move { runs.run().await });
                drop(turns.next(Need::Busy).await);
            })
            .await;
    }
}
