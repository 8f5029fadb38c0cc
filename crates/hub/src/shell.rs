//! Runs a [`Hub`]: the clock, the store, the doors and the tick. One thread, no locks; it must
//! never wait while the hub is borrowed, and never decide anything the hub decides.
//!
//! The order is: delivered first, then committed, then acknowledged. A change is in every door's
//! hands before [`HubShell::publish`] returns, and the ticket it returns says when its publisher
//! may be told that it will survive.

mod history;
mod log;
#[cfg(feature = "testing")]
mod testing;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use lampfield_board::{AccountName, BoardName, Change, Identity, Origin, Subject, WallTime};
use lampfield_fabric::{Bucket, Ledger, Storage, Store, StoreError, Ticket, Write};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

pub use history::{Leaf, LinkEvent, LinkTurn, Search, Sought, StoredHistory, StoredReport};

use crate::{ConnId, Effect, Hub, Notice, Now, Outcome, Publication, Reader, Refusal};

/// Somebody who is told of every change.
///
/// Called while a change is carried out: it may read the hub and must not change it (a change made
/// in here is carried out after the present one). It must not block.
pub trait Observer {
    /// Something was said, or has ended.
    fn changed(&self, board: &BoardName, change: &Change);

    /// Something people should know. It is in the log already.
    fn notice(&self, board: &BoardName, notice: &Notice) {
        let _ = (board, notice);
    }
}

/// A hub at work. Cheap to clone; every clone is the same hub.
#[derive(Clone)]
pub struct HubShell(Rc<Inner>);

struct Inner {
    name: BoardName,
    hub: RefCell<Hub>,
    ledger: Ledger,
    committed: watch::Receiver<Ticket>,
    history: Rc<StoredHistory>,
    /// Not after [`HubShell::forget_past`].
    is_recorded: Cell<bool>,
    observers: RefCell<Vec<Rc<dyn Observer>>>,
    started: Instant,
    carrying_out: Cell<bool>,
    deadline_moved: Notify,
}

// === impl HubShell ===

impl HubShell {
    /// Runs a hub into which everything stored was loaded. Origins with facts have the restart grace from now.
    pub(crate) fn start(
        mut hub: Hub,
        store: Store,
        history: Rc<StoredHistory>,
        started: Instant,
    ) -> Self {
        history.begin(hub.name(), hub.history().complete_since());
        hub.loaded(now(started));
        let shell = Self(Rc::new(Inner {
            name: hub.name().clone(),
            hub: RefCell::new(hub),
            committed: store.committed(),
            ledger: Ledger::new(store),
            history,
            is_recorded: Cell::new(true),
            observers: RefCell::default(),
            started,
            carrying_out: Cell::default(),
            deadline_moved: Notify::new(),
        }));
        shell.carry_out();
        shell
    }

    /// From now on this door is told of every change.
    pub fn add_observer(&self, observer: Rc<dyn Observer>) {
        self.0.observers.borrow_mut().push(observer);
    }

    /// The name of its board.
    #[must_use]
    pub fn name(&self) -> &BoardName {
        &self.0.name
    }

    /// The time as the hub is told it.
    #[must_use]
    pub fn now(&self) -> Now {
        now(self.0.started)
    }

    /// Answers a question from what the hub holds now. `ask` must not act on the hub.
    pub fn read<T>(&self, ask: impl FnOnce(&Hub, Now) -> T) -> T {
        ask(&self.0.hub.borrow(), self.now())
    }

    /// Lets something happen at the hub, and carries out what follows from it before it returns.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut Hub, Now) -> T) -> T {
        let now = self.now();
        let (answer, moved) = {
            let mut hub = self.0.hub.borrow_mut();
            let before = hub.next_deadline();
            let answer = act(&mut hub, now);
            (answer, hub.next_deadline() != before)
        };
        self.carry_out();
        if moved {
            self.0.deadline_moved.notify_one();
        }
        answer
    }

    /// A connection says something. By the return every door has been told. The ticket, where
    /// there is one, must be committed before the publisher is told that all is well; a repeat has
    /// one too while what it repeats is not committed yet.
    ///
    /// # Errors
    /// As [`Hub::publish`], and [`Refusal::NotStored`] when the store has no room for it: everybody
    /// was told, and it will be stored when there is room. So long each repeat is refused as well.
    /// While [`Ledger::FULL`] writes wait for room, what is new is refused and nobody is told.
    pub fn publish(
        &self,
        conn: ConnId,
        said: Publication,
    ) -> Result<(Outcome, Option<Ticket>), Refusal> {
        if self.0.ledger.is_full()
            && !self.read(|hub, _| hub.holds(conn, &said.identity, &said.subject))
        {
            return Err(Refusal::NoRoom { waiting: self.owed() });
        }
        let (identity, subject) = (said.identity.clone(), said.subject.clone());
        let outcome = self.change(|hub, now| hub.publish(conn, said, now))?;
        let ticket = match outcome {
            Outcome::Changed | Outcome::Repeat => {
                self.check_stored(conn, &identity, &subject)?;
                self.uncommitted()
            }
            Outcome::PassedOn | Outcome::Ignored => None,
        };
        Ok((outcome, ticket))
    }

    /// The latest write that is committed.
    pub(crate) fn committed(&self) -> watch::Receiver<Ticket> {
        self.0.committed.clone()
    }

    /// An operator says something by hand, as [`Hub::set`]. The ticket is as that of [`HubShell::publish`].
    ///
    /// # Errors
    /// As [`HubShell::publish`].
    pub fn set(
        &self,
        origin: &Origin,
        said: Publication,
    ) -> Result<(Outcome, Option<Ticket>), Refusal> {
        if self.0.ledger.is_full() {
            return Err(Refusal::NoRoom { waiting: self.owed() });
        }
        let subject = said.subject.clone();
        let outcome = self.change(|hub, now| hub.set(origin, said, now))?;
        let key = self.read(|hub, _| hub.key_by_hand(origin, &subject));
        self.0.ledger.check(Bucket::Facts, &key).map_err(Refusal::NotStored)?;
        Ok((outcome, self.uncommitted()))
    }

    /// What an origin says of a subject ends, or what all do, as [`Hub::clear`]. The ticket is that of the last of it.
    pub fn clear(&self, subject: &Subject, by: Option<&Origin>) -> (usize, Option<Ticket>) {
        let ended = self.change(|hub, now| hub.clear(subject, by, now));
        (ended, self.uncommitted())
    }

    /// An account is gone for good: all that it said ends, mailboxes and kept devices included.
    pub fn remove_account(&self, account: &AccountName) {
        self.change(|hub, now| hub.remove_account(account, now));
    }

    /// Nobody waits any longer for what a reader has not confirmed. Whether one of this name was away.
    #[must_use]
    pub fn forget_reader(&self, reader: &Reader) -> bool {
        self.change(|hub, _| hub.forget_reader(reader))
    }

    /// Ends what is due, piece by piece, on a board that does not run yet.
    pub async fn end_what_is_due(&self) {
        let is_due =
            |hub: &Hub, now: Now| hub.next_deadline().is_some_and(|deadline| deadline <= now.mono);
        while self.read(is_due) {
            self.change(|hub, now| hub.tick(now));
            tokio::task::yield_now().await;
        }
    }

    /// Nobody uses this board any longer: its past goes, also from the store, and nothing more is recorded.
    ///
    /// # Errors
    /// When the store cannot be read, or takes nothing: then something may be left.
    pub async fn forget_past(&self) -> Result<(), StoreError> {
        self.0.is_recorded.set(false);
        self.change(|hub, now| hub.forget_history(now));
        self.0.history.forget(&self.0.name).await
    }

    /// Somebody uses this board, perhaps again: then its past begins now.
    pub(crate) fn begin_past(&self) {
        if !self.0.is_recorded.replace(true) {
            self.change(|hub, now| hub.forget_history(now));
            self.0.history.begin(&self.0.name, self.now().wall);
        }
    }

    /// How many writes wait for room in the store's queue.
    #[must_use]
    pub fn owed(&self) -> usize {
        self.0.ledger.len()
    }

    /// Ends facts when they are due, and stores what found no room. Runs for ever; must be spawned
    /// once on the hub's thread.
    pub async fn run(self) {
        tokio::join!(self.keep_time(), self.0.ledger.pay());
    }

    async fn keep_time(&self) {
        loop {
            match self.read(|hub, _| hub.next_deadline()) {
                Some(deadline) if self.now().mono >= deadline => {
                    self.change(|hub, now| hub.tick(now));
                    tokio::task::yield_now().await;
                }
                Some(deadline) => {
                    let due = self.0.started + deadline;
                    let moved = self.0.deadline_moved.notified();
                    // Whichever comes first, the deadline is looked at again.
                    let _ = tokio::time::timeout_at(due, moved).await;
                }
                None => self.0.deadline_moved.notified().await,
            }
        }
    }

    /// The latest write, if it is not committed yet. Writes are committed in order, so whoever
    /// waits for it waits for all before it too.
    fn uncommitted(&self) -> Option<Ticket> {
        let latest = self.0.ledger.latest();
        (latest > *self.0.committed.borrow()).then_some(latest)
    }

    /// Whether the store has taken what a connection said last about a subject.
    fn check_stored(
        &self,
        conn: ConnId,
        identity: &Identity,
        subject: &Subject,
    ) -> Result<(), Refusal> {
        if self.0.ledger.is_empty() {
            return Ok(());
        }
        let key = self.read(|hub, _| hub.key_of(conn, identity, subject));
        let checked = key.map_or(Ok(()), |key| self.0.ledger.check(Bucket::Facts, &key));
        checked.map_err(Refusal::NotStored)
    }

    fn carry_out(&self) {
        // A door that acted in here would otherwise have its change told before the present one.
        if self.0.carrying_out.replace(true) {
            return;
        }
        while let Some(effect) = self.next_effect() {
            match effect {
                Effect::Persist(write) => self.persist(write),
                Effect::Changed(change) => {
                    if self.0.is_recorded.get() {
                        self.0.history.changed(&self.0.name, &change);
                    }
                    self.each_observer(|observer| observer.changed(&self.0.name, &change));
                }
                Effect::Told(change) => {
                    self.each_observer(|observer| observer.changed(&self.0.name, &change));
                }
                Effect::Notice(notice) => {
                    log::notice(&notice);
                    if self.0.is_recorded.get() {
                        self.0.history.notice(&self.0.name, &notice);
                    }
                    self.each_observer(|observer| observer.notice(&self.0.name, &notice));
                }
            }
        }
        self.0.carrying_out.set(false);
    }

    fn next_effect(&self) -> Option<Effect> {
        self.0.hub.borrow_mut().next_effect()
    }

    fn each_observer(&self, tell: impl Fn(&dyn Observer)) {
        for observer in self.0.observers.borrow().iter() {
            tell(observer.as_ref());
        }
    }

    fn persist(&self, write: Write) {
        // What is refused for now is owed, and `check_stored` asks for what matters of it.
        if let Err(error) = self.0.ledger.write(write)
            && error.is_final()
        {
            tracing::error!(code = "not-stored", %error, "a change is lost");
        }
    }
}

/// The time since `started`, and the time of day.
pub(crate) fn now(started: Instant) -> Now {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let millis = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
    Now { mono: started.elapsed(), wall: WallTime::from_millis(millis) }
}
