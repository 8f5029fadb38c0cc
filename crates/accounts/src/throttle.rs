//! How many tries to log in are looked at, and whose. Address and account count together: many
//! PBXs behind one address do not lock each other out, and a stranger elsewhere does not lock
//! out an account's owner. At the owner's own address guesses are slowed, not the account: a try
//! that comes too early waits for its turn (see [`queue`]). Pure: the time is given.
//!
//! Our own, because the limiters of the libraries (governor) answer yes or no for a key: they keep
//! nobody in a queue, do not know a password that was wrong before, and forget no key by themselves.

mod precedence;
mod queue;
mod queue_table;
mod recall;

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use lampfield_xmpp_stream::BareJid;
use tokio::sync::oneshot;

use queue::{Arrival, QueueEntry, TryQueue};
use queue_table::QueueTable;
use recall::Recall;

use crate::network::Network;

pub(crate) use queue::{LoginTry, TryOutcome, TurnCall};
pub(crate) use queue_table::{QueueKey, QueueLimits};
#[cfg(test)]
pub(crate) use recall::IN_VAIN;

/// All tries to log in at all doors of this server.
#[derive(Debug)]
pub(crate) struct Throttle {
    /// Tries of one queue that need not wait.
    free: usize,
    /// Accounts and passwords are known by keyed hashes: small, and nobody can choose two that
    /// share one.
    hasher: RandomState,
    table: QueueTable,
    recall: Recall,
    next: u64,
}

/// What became of a try to log in, and in which queue.
#[derive(Debug)]
pub(crate) enum ThrottleEntry {
    /// It may be looked at now; [`Throttle::end`] must follow.
    Turn(QueueKey),
    /// Its password was found wrong not long ago, so it need not be looked at again.
    Wrong,
    /// It waits in a queue until it is called.
    Waits(WaitHandle),
}

/// A place in a queue. Whoever does not wait for the call any more must [`Throttle::leave`].
#[derive(Debug)]
pub(crate) struct WaitHandle {
    pub(crate) queue_key: QueueKey,
    pub(crate) call: oneshot::Receiver<TurnCall>,
    number: u64,
}

// === impl Throttle ===

impl Throttle {
    pub(crate) fn new(limits: QueueLimits, free: usize) -> Self {
        let (hasher, table) = (RandomState::new(), QueueTable::new(limits));
        Self { free, hasher, table, recall: Recall::default(), next: 0 }
    }

    /// A try with a password, of which `tag` and the account's salt are enough: with another salt
    /// it is another try, since the account's password has changed.
    pub(crate) fn password(&self, tag: &[u8; 32], salt: &[u8; 16]) -> LoginTry {
        LoginTry::Password(self.hasher.hash_one((tag, salt)))
    }

    /// Somebody at `peer` tries to log in.
    pub(crate) fn enter(
        &mut self,
        account: &BareJid,
        peer: IpAddr,
        what: LoginTry,
        now: Duration,
    ) -> ThrottleEntry {
        let (account, free) = (self.hasher.hash_one(account), self.free);
        let network = Network::from(peer);
        let past = self.recalled(what, network);
        let first = past.and_then(|password| self.recall.first(password, now));
        let (queue_key, queue) = self.table.enter(network, account, now, || TryQueue::new(free));
        self.next += 1;
        match queue.enter(Arrival { number: self.next, account, what, first }, now) {
            QueueEntry::Turn => ThrottleEntry::Turn(queue_key),
            QueueEntry::Wrong => ThrottleEntry::Wrong,
            QueueEntry::Waits(call) => {
                ThrottleEntry::Waits(WaitHandle { queue_key, call, number: self.next })
            }
        }
    }

    /// Calls whose turn it is; gives back when the next turn comes, if there is anybody.
    pub(crate) fn serve(&mut self, queue_key: QueueKey, now: Duration) -> Option<Duration> {
        let queue = self.table.at(queue_key)?;
        queue.serve(now);
        Some(queue.opens_at())
    }

    /// A turn is over with this outcome, and whoever is next gets called.
    pub(crate) fn end(
        &mut self,
        queue_key: QueueKey,
        what: LoginTry,
        outcome: TryOutcome,
        now: Duration,
    ) {
        // The right one is forgotten too: whoever waits beside it would know that his is another.
        if matches!(outcome, TryOutcome::Right | TryOutcome::Wrong)
            && let Some(password) = self.recalled(what, queue_key.network())
        {
            self.recall.forget(password);
        }
        if let Some(queue) = self.table.at(queue_key) {
            queue.end(what, outcome);
            queue.serve(now);
        }
    }

    /// Somebody waits no longer, whether already called or not.
    pub(crate) fn leave(&mut self, handle: &mut WaitHandle, what: LoginTry, now: Duration) {
        match handle.call.try_recv() {
            Ok(TurnCall::Turn) => self.end(handle.queue_key, what, TryOutcome::NotChecked, now),
            Ok(TurnCall::Wrong) => {}
            Err(_) => {
                let queue = self.table.at(handle.queue_key);
                let first = queue.and_then(|queue| queue.leave(handle.number, now));
                if let (Some(first), Some(password)) =
                    (first, self.recalled(what, handle.queue_key.network()))
                {
                    self.recall.note(password, first, now);
                }
            }
        }
    }

    /// What a password is recalled by, which holds for one network. It stands for its account, too.
    fn recalled(&self, what: LoginTry, network: Network) -> Option<u64> {
        match what {
            LoginTry::Password(password) => Some(self.hasher.hash_one((network, password))),
            LoginTry::Proof => None,
        }
    }
}

#[cfg(test)]
mod tests;
