//! What a store has refused because too much waits for its disk already: it is owed to the store,
//! not forgotten. Whoever has made a change in memory hands its writes over here, so that the store
//! comes to hold them however late, in the order in which they were made.
//!
//! Once something is owed, all later writes wait behind it. Of one key only the newest is owed; it
//! takes the place of the newest, because what was written between the two may rely on it.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
};

use tokio::sync::Notify;

use crate::{Bucket, Storage, Store, StoreError, Ticket, Write};

/// Writes offered to the store with each new one.
const PAID_PER_WRITE: usize = 8;

/// Writes offered to the store in one turn of [`Ledger::pay`].
const PAID_PER_TURN: usize = 1_024;

/// A store whose refusals are remembered. Belongs to one thread.
pub struct Ledger {
    store: Store,
    owed: RefCell<Owed>,
    begun: Notify,
    latest: Cell<Ticket>,
}

/// The writes that are owed, at most one of each key.
#[derive(Default)]
struct Owed {
    /// In the order in which they must reach the store.
    writes: BTreeMap<u64, Write>,
    places: HashMap<(Bucket, String), u64>,
    last: u64,
    /// Why the store took nothing when it was asked last.
    reason: Option<StoreError>,
}

// === impl Ledger ===

impl Ledger {
    /// Writes owed at which [`Ledger::is_full`]: from then on, whoever writes begins nothing new
    /// that would need a key of its own. What is there already may still change and end, so that
    /// no more is ever owed than this, and the keys of what had been begun by then.
    pub const FULL: usize = 100_000;

    /// A ledger that owes nothing.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let (owed, begun) = (RefCell::default(), Notify::new());
        Self { store, owed, begun, latest: Cell::default() }
    }

    /// The store itself, for reading.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The ticket of the latest write that the store has taken.
    #[must_use]
    pub fn latest(&self) -> Ticket {
        self.latest.get()
    }

    /// Hands a write to the store, or owes it.
    ///
    /// # Errors
    /// As [`Storage::write`]. After `BadKey` and `BadValue`, which no other attempt would mend,
    /// nothing is owed.
    pub fn write(&self, write: Write) -> Result<Ticket, StoreError> {
        if self.is_empty() {
            return match self.store.offer(write) {
                Ok(ticket) => {
                    self.latest.set(ticket);
                    Ok(ticket)
                }
                Err(refused) if refused.error.is_final() => Err(refused.error),
                Err(refused) => {
                    tracing::error!(
                        code = "not-stored", error = %refused.error,
                        "changes wait for room in the store"
                    );
                    let mut owed = self.owed.borrow_mut();
                    owed.push(refused.write);
                    owed.reason = Some(refused.error.clone());
                    self.begun.notify_one();
                    Err(refused.error)
                }
            };
        }
        let key = (write.bucket, write.key.clone());
        self.owed.borrow_mut().push(write);
        self.pay_some(PAID_PER_WRITE);
        self.check(key.0, &key.1).map(|()| self.latest.get())
    }

    /// Whether the store has, or has taken, the newest value that was written of a key.
    ///
    /// # Errors
    /// The value is owed: why it was refused.
    pub fn check(&self, bucket: Bucket, key: &str) -> Result<(), StoreError> {
        let owed = self.owed.borrow();
        match &owed.reason {
            Some(reason) if owed.places.contains_key(&(bucket, key.to_owned())) => {
                Err(reason.clone())
            }
            _ => Ok(()),
        }
    }

    /// How many writes are owed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owed.borrow().writes.len()
    }

    /// Whether nothing is owed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owed.borrow().writes.is_empty()
    }

    /// Whether so much is owed that nothing new should be begun.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= Self::FULL
    }

    /// Offers what is owed again whenever the store has made room, until the store is closed. Must
    /// be spawned once.
    pub async fn pay(&self) {
        let mut committed = self.store.committed();
        loop {
            while self.is_empty() {
                self.begun.notified().await;
            }
            committed.borrow_and_update();
            if self.pay_some(PAID_PER_TURN) {
                tokio::task::yield_now().await;
            } else if committed.changed().await.is_err() {
                return;
            }
        }
    }

    /// Offers up to `most` of what is owed, the oldest first; says whether the store took them.
    fn pay_some(&self, most: usize) -> bool {
        let mut owed = self.owed.borrow_mut();
        for _ in 0..most {
            let Some((place, write)) = owed.pop() else { break };
            match self.store.offer(write) {
                Ok(ticket) => self.latest.set(ticket),
                Err(refused) if refused.error.is_final() => {
                    tracing::error!(code = "not-stored", error = %refused.error, "a change is lost");
                }
                Err(refused) => {
                    owed.keep(place, refused.write);
                    owed.reason = Some(refused.error);
                    return false;
                }
            }
        }
        if owed.writes.is_empty() {
            *owed = Owed::default();
            tracing::info!("the store has room again, nothing was lost");
        }
        true
    }
}

// === impl Owed ===

impl Owed {
    /// Owes a write, and nothing older of its key.
    fn push(&mut self, write: Write) {
        self.last += 1;
        self.keep(self.last, write);
    }

    fn keep(&mut self, place: u64, write: Write) {
        if let Some(older) = self.places.insert((write.bucket, write.key.clone()), place) {
            self.writes.remove(&older);
        }
        self.writes.insert(place, write);
    }

    /// Takes out the oldest.
    fn pop(&mut self) -> Option<(u64, Write)> {
        let (place, write) = self.writes.pop_first()?;
        self.places.remove(&(write.bucket, write.key.clone()));
        Some((place, write))
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("owed", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
