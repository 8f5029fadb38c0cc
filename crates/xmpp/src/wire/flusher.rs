//! Writes every touched connection once per turn of the run queue, and goes on with those whose
//! sockets were full as far as there is time.
//!
//! The flush task is woken by the first append and therefore queued behind everything that is
//! ready at that moment: a burst of events costs one write per socket, and a lone event is
//! written as soon as its handler returns. Batching never waits for a timer.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::answer_memory::AnswerMemory;
use super::arrears::Arrears;
use super::buffers::BufferPool;
use super::link::Link;

/// How long one pass may go on with connections that left something over. A thousand peers that
/// read slowly take their time from each other, not from those who have just been written to.
const GOING_ON: Duration = Duration::from_micros(500);

/// The connections of one thread that have something to write.
#[derive(Debug)]
pub struct Flusher {
    touched: RefCell<Vec<Rc<Link>>>,
    /// Those that have room again for what a pass has left over, the first first.
    resumed: RefCell<VecDeque<Rc<Link>>>,
    wake: Notify,
    /// Told when a connection that was crowded has written everything.
    pub roomy: Notify,
    pub(super) pool: BufferPool,
    pub(super) memory: Rc<AnswerMemory>,
    pub(super) arrears: Arrears,
}

impl Flusher {
    /// A flusher with nothing to do; [`Flusher::run`] must be spawned once beside it. `unread` is
    /// how many bytes all peers together may leave unread.
    pub fn new(unread: usize) -> Rc<Self> {
        Rc::new(Self {
            touched: RefCell::default(),
            resumed: RefCell::default(),
            wake: Notify::new(),
            roomy: Notify::new(),
            pool: BufferPool::default(),
            memory: Rc::default(),
            arrears: Arrears::new(unread),
        })
    }

    /// From now on all peers together may leave so many bytes unread.
    pub fn set_unread(&self, unread: usize) {
        self.arrears.set_limit(unread);
    }

    /// Notes that a connection wants to be written at the end of this turn.
    pub(super) fn touch(&self, link: Rc<Link>) {
        let mut touched = self.touched.borrow_mut();
        if touched.is_empty() {
            self.wake.notify_one();
        }
        touched.push(link);
    }

    /// Notes that a connection can be written again. Each is noted once at a time.
    pub(super) fn resume(&self, link: Rc<Link>) {
        self.resumed.borrow_mut().push_back(link);
        self.wake.notify_one();
    }

    /// Serves for ever: one pass over the touched connections per wake-up. `took` is told how long
    /// each pass was.
    pub async fn run(self: Rc<Self>, took: impl Fn(Duration)) {
        let mut batch = Vec::new();
        loop {
            self.wake.notified().await;
            let began = Instant::now();
            std::mem::swap(&mut batch, &mut *self.touched.borrow_mut());
            for link in batch.drain(..) {
                link.flush();
            }
            let resumed = Instant::now();
            while resumed.elapsed() < GOING_ON
                && let Some(link) = self.next_resumed()
            {
                link.resume();
            }
            took(began.elapsed());
            if !self.resumed.borrow().is_empty() {
                self.wake.notify_one();
                tokio::task::yield_now().await;
            }
        }
    }

    fn next_resumed(&self) -> Option<Rc<Link>> {
        self.resumed.borrow_mut().pop_front()
    }
}
