//! What a store has refused because too much waits in it already: it is owed to the store, not
//! forgotten. Whoever has made a change in memory hands its writes over here, so that the store
//! comes to hold them however late.
//!
//! Once something is owed, all later writes wait behind it, the newest of each key. They reach the
//! store in the order that the store itself keeps within a group (see [`Storage`]): what is put
//! before what is removed, so that nothing of them is there before what it relies on.

use std::{
    cell::{Cell, RefCell},
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
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

/// The writes that are owed, in the order in which they are to reach the store.
#[derive(Default)]
struct Owed {
    puts: BTreeMap<(Bucket, String), String>,
    /// No key of these is among the others.
    removals: BTreeSet<(Reverse<Bucket>, String)>,
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
                        "changes are waiting for space in the store"
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
            Some(reason) if owed.contains(bucket, key) => Err(reason.clone()),
            _ => Ok(()),
        }
    }

    /// How many writes the store has not taken yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owed.borrow().len()
    }

    /// Whether no write is owed: the store has taken them all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owed.borrow().len() == 0
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

    /// Offers up to `most` of what is owed; says whether the store took them.
    fn pay_some(&self, most: usize) -> bool {
        let mut owed = self.owed.borrow_mut();
        for _ in 0..most {
            let Some(write) = owed.pop() else { break };
            match self.store.offer(write) {
                Ok(ticket) => self.latest.set(ticket),
                Err(refused) if refused.error.is_final() => {
                    tracing::error!(code = "not-stored", error = %refused.error, "a change is lost");
                }
                Err(refused) => {
                    owed.push(refused.write);
                    owed.reason = Some(refused.error);
                    return false;
                }
            }
        }
        if owed.len() == 0 {
            *owed = Owed::default();
            tracing::info!("the store has space again, nothing was lost");
        }
        true
    }
}

// === impl Owed ===

impl Owed {
    /// Owes a write, and nothing older of its key.
    fn push(&mut self, Write { bucket, key, value }: Write) {
        if let Some(value) = value {
            self.removals.remove(&(Reverse(bucket), key.clone()));
            self.puts.insert((bucket, key), value);
        } else {
            self.puts.remove(&(bucket, key.clone()));
            self.removals.insert((Reverse(bucket), key));
        }
    }

    /// Takes out the next write: values first, by bucket and key, then removals from the last bucket backwards.
    fn pop(&mut self) -> Option<Write> {
        if let Some(((bucket, key), value)) = self.puts.pop_first() {
            return Some(Write { bucket, key, value: Some(value) });
        }
        let (Reverse(bucket), key) = self.removals.pop_first()?;
        Some(Write { bucket, key, value: None })
    }

    fn contains(&self, bucket: Bucket, key: &str) -> bool {
        self.puts.contains_key(&(bucket, key.to_owned()))
            || self.removals.contains(&(Reverse(bucket), key.to_owned()))
    }

    fn len(&self) -> usize {
        self.puts.len() + self.removals.len()
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("owed", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
