//! The queues of many accounts at many addresses, in bounded memory. A network has a share of it;
//! the accounts that it has beyond that share queues, so that nobody can have his own tries forgotten
//! by making up names, nor anybody else's. There are as many to share as others: whoever makes up
//! names stands in few of them at a time, and cannot choose in which.
//!
//! Our own, because a bounded map of the libraries (lru, quick_cache) forgets by entry and not by
//! owner: one network could push out all others. Those of rate limiters (governor) have no bound.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::queue::TryQueue;
use crate::network::Network;

/// How often one network's share is searched for queues that are over: often enough to find them,
/// too seldom to cost anything.
const TIDY: Duration = Duration::from_secs(1);

/// How many queues there may be, in all and of one network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueueLimits {
    /// In all; beyond it the network that has tried nothing for the longest time is forgotten.
    pub(crate) queues: usize,
    /// Of one network: so many queues that are each of one account, and as many that are shared by
    /// all accounts beyond it.
    pub(crate) queues_of_one: usize,
}

/// Where a queue is found: its network, and which of that network's queues it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueKey {
    network: Network,
    key: KeyInNetwork,
}

/// Which of a network's queues is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyInNetwork {
    /// A queue that only this account uses; accounts are known by a hash.
    Own(u64),
    /// One that all accounts beyond the limit share, by a part of their hash.
    Shared(u64),
}

/// All queues, by network and by a hash of the account.
#[derive(Debug)]
pub(crate) struct QueueTable {
    limits: QueueLimits,
    queues: usize,
    shares: HashMap<Network, NetworkShare>,
    /// The networks, from the one that has come last longest ago.
    order: BTreeMap<u64, Network>,
    next: u64,
}

/// The queues of one network.
#[derive(Debug, Default)]
struct NetworkShare {
    own: HashMap<u64, TryQueue>,
    shared: HashMap<u64, TryQueue>,
    tidied: Duration,
    /// Its key in `order`; the first is 1.
    rank: u64,
}

// === impl QueueKey ===

impl QueueKey {
    /// Where all tries of the queue come from.
    pub(crate) fn network(self) -> Network {
        self.network
    }
}

// === impl QueueTable ===

impl QueueTable {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self { limits, queues: 0, shares: HashMap::new(), order: BTreeMap::new(), next: 1 }
    }

    /// How many queues there are.
    #[cfg(test)]
    pub(crate) fn queues(&self) -> usize {
        assert_eq!(self.queues, self.shares.values().map(NetworkShare::queues).sum::<usize>());
        assert_eq!(self.order.len(), self.shares.len());
        self.queues
    }

    /// The queue there, unless it is over and forgotten.
    pub(crate) fn at(&mut self, queue_key: QueueKey) -> Option<&mut TryQueue> {
        let (queues, key) = self.shares.get_mut(&queue_key.network)?.at(queue_key.key);
        queues.get_mut(&key)
    }

    /// The queue for an account.
    pub(crate) fn enter(
        &mut self,
        network: Network,
        account: u64,
        now: Duration,
        new: impl FnOnce() -> TryQueue,
    ) -> (QueueKey, &mut TryQueue) {
        self.forget_others(network, now);
        let rank = self.next;
        self.next += 1;
        let share = self.shares.entry(network).or_default();
        self.order.remove(&std::mem::replace(&mut share.rank, rank));
        self.order.insert(rank, network);
        let before = share.queues();
        let key = share.key(account, self.limits.queues_of_one, now);
        self.queues -= before - share.queues();
        let queue_key = QueueKey { network, key };
        let (queues, key) = share.at(key);
        self.queues += usize::from(!queues.contains_key(&key));
        (queue_key, queues.entry(key).or_insert_with(new))
    }

    /// Forgets those who have not come for the longest time if nothing is left to remember of
    /// them, or there is no room for others.
    fn forget_others(&mut self, newcomer: Network, now: Duration) {
        // More than one, so that what is over becomes less and not more.
        for _ in 0..2 {
            let Some((&rank, &network)) = self.order.first_key_value() else { return };
            let share = self.shares.get(&network);
            let queues = share.map_or(0, NetworkShare::queues);
            let is_over = share.is_none_or(|share| share.is_over(now));
            if network == newcomer || !(is_over || self.queues >= self.limits.queues) {
                return;
            }
            self.shares.remove(&network);
            self.order.remove(&rank);
            self.queues -= queues;
        }
    }
}

// === impl NetworkShare ===

impl NetworkShare {
    fn queues(&self) -> usize {
        self.own.len() + self.shared.len()
    }

    fn is_over(&self, now: Duration) -> bool {
        self.own.values().chain(self.shared.values()).all(|queue| queue.is_over(now))
    }

    fn at(&mut self, key: KeyInNetwork) -> (&mut HashMap<u64, TryQueue>, u64) {
        match key {
            KeyInNetwork::Own(account) => (&mut self.own, account),
            KeyInNetwork::Shared(number) => (&mut self.shared, number),
        }
    }

    /// The key of an account's queue: its own as long as there is room. As long as there is
    /// something to remember of the one that it shares it stays there, or it had the tries of both.
    fn key(&mut self, account: u64, most: usize, now: Duration) -> KeyInNetwork {
        if self.own.contains_key(&account) {
            return KeyInNetwork::Own(account);
        }
        if self.own.len() >= most && self.tidied + TIDY <= now {
            self.tidied = now;
            self.own.retain(|_, queue| !queue.is_over(now));
            self.shared.retain(|_, queue| !queue.is_over(now));
        }
        let number = account % u64::try_from(most).unwrap_or(u64::MAX).max(1);
        let is_shared = self.shared.get(&number).is_some_and(|queue| !queue.is_over(now));
        match is_shared || self.own.len() >= most {
            true => KeyInNetwork::Shared(number),
            false => KeyInNetwork::Own(account),
        }
    }
}
