//! The lines of many accounts at many addresses, in bounded memory. A network has a share of it;
//! the accounts that it has beyond that share lines, so that nobody can have his own tries forgotten
//! by making up names, nor anybody else's. There are as many to share as others: whoever makes up
//! names stands in few of them at a time, and cannot choose in which.
//!
//! Our own, because a bounded map of the libraries (lru, quick_cache) forgets by entry and not by
//! owner: one network could push out all others. Those of rate limiters (governor) have no bound.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::line::Line;
use crate::network::Network;

/// How often one network's share is searched for lines that are over: often enough to find them,
/// too seldom to cost anything.
const TIDY: Duration = Duration::from_secs(1);

/// How many lines there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// In all; beyond it the network that has tried nothing for the longest time is forgotten.
    pub(crate) lines: usize,
    /// Of one network: so many lines that are each of one account, and as many that are shared by
    /// all accounts beyond it.
    pub(crate) of_one: usize,
}

/// Where a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    network: Network,
    key: Key,
}

/// A line of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    /// That of an account, by its hash.
    Own(u64),
    /// One that accounts share.
    Shared(u64),
}

/// Lines by network and by a hash of the account.
#[derive(Debug)]
pub(crate) struct Table {
    room: Room,
    lines: usize,
    shares: HashMap<Network, Share>,
    /// The networks, from the one that has come last longest ago.
    order: BTreeMap<u64, Network>,
    next: u64,
}

#[derive(Debug, Default)]
struct Share {
    own: HashMap<u64, Line>,
    shared: HashMap<u64, Line>,
    tidied: Duration,
    /// Key in `order`; the first is 1.
    place: u64,
}

// === impl Spot ===

impl Spot {
    /// Whose line it is.
    pub(crate) fn network(self) -> Network {
        self.network
    }
}

// === impl Table ===

impl Table {
    pub(crate) fn new(room: Room) -> Self {
        Self { room, lines: 0, shares: HashMap::new(), order: BTreeMap::new(), next: 1 }
    }

    /// How many lines there are.
    #[cfg(test)]
    pub(crate) fn lines(&self) -> usize {
        assert_eq!(self.lines, self.shares.values().map(Share::lines).sum::<usize>());
        assert_eq!(self.order.len(), self.shares.len());
        self.lines
    }

    /// The line there, unless it is over and forgotten.
    pub(crate) fn at(&mut self, spot: Spot) -> Option<&mut Line> {
        let (lines, key) = self.shares.get_mut(&spot.network)?.at(spot.key);
        lines.get_mut(&key)
    }

    /// The line for an account.
    pub(crate) fn enter(
        &mut self,
        network: Network,
        account: u64,
        now: Duration,
        new: impl FnOnce() -> Line,
    ) -> (Spot, &mut Line) {
        self.forget_others(network, now);
        let place = self.next;
        self.next += 1;
        let share = self.shares.entry(network).or_default();
        self.order.remove(&std::mem::replace(&mut share.place, place));
        self.order.insert(place, network);
        let before = share.lines();
        let key = share.key(account, self.room.of_one, now);
        self.lines -= before - share.lines();
        let spot = Spot { network, key };
        let (lines, key) = share.at(key);
        self.lines += usize::from(!lines.contains_key(&key));
        (spot, lines.entry(key).or_insert_with(new))
    }

    /// Forgets those who have not come for the longest time if nothing is left to remember of
    /// them, or there is no room for others.
    fn forget_others(&mut self, newcomer: Network, now: Duration) {
        // More than one, so that what is over becomes less and not more.
        for _ in 0..2 {
            let Some((&place, &network)) = self.order.first_key_value() else { return };
            let share = self.shares.get(&network);
            let lines = share.map_or(0, Share::lines);
            let is_over = share.is_none_or(|share| share.is_over(now));
            if network == newcomer || !(is_over || self.lines >= self.room.lines) {
                return;
            }
            self.shares.remove(&network);
            self.order.remove(&place);
            self.lines -= lines;
        }
    }
}

// === impl Share ===

impl Share {
    fn lines(&self) -> usize {
        self.own.len() + self.shared.len()
    }

    fn is_over(&self, now: Duration) -> bool {
        self.own.values().chain(self.shared.values()).all(|line| line.is_over(now))
    }

    fn at(&mut self, key: Key) -> (&mut HashMap<u64, Line>, u64) {
        match key {
            Key::Own(account) => (&mut self.own, account),
            Key::Shared(number) => (&mut self.shared, number),
        }
    }

    /// The key of an account's line: its own as long as there is room. As long as there is
    /// something to remember of the one that it shares it stays there, or it had the tries of both.
    fn key(&mut self, account: u64, most: usize, now: Duration) -> Key {
        if self.own.contains_key(&account) {
            return Key::Own(account);
        }
        if self.own.len() >= most && self.tidied + TIDY <= now {
            self.tidied = now;
            self.own.retain(|_, line| !line.is_over(now));
            self.shared.retain(|_, line| !line.is_over(now));
        }
        let number = account % u64::try_from(most).unwrap_or(u64::MAX).max(1);
        let is_shared = self.shared.get(&number).is_some_and(|line| !line.is_over(now));
        match is_shared || self.own.len() >= most {
            true => Key::Shared(number),
            false => Key::Own(account),
        }
    }
}
