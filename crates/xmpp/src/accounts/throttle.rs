//! How often one address may try passwords for one account. Address and account count together:
//! many PBX servers behind one address do not lock each other out, and a stranger elsewhere does
//! not lock out an account's owner.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use lampfield_xmpp_stream::BareJid;

use crate::network::Network;

/// Tries that cost nothing.
const FREE: u32 = 5;
/// After this long without a try all is forgotten.
const FORGET: Duration = Duration::from_secs(60);
/// The longest time between two tries.
const LONGEST: Duration = Duration::from_secs(30);

/// An address and an account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    network: Network,
    account: BareJid,
}

/// Remembers tries. Pure: the time is given.
#[derive(Debug)]
pub struct Throttle {
    most: usize,
    hasher: RandomState,
    /// By keyed hash of the pair: small, and nobody can choose two pairs that share an entry.
    tries: HashMap<u64, Tries>,
    /// From oldest to newest.
    order: BTreeMap<u64, u64>,
    next: u64,
}

#[derive(Debug)]
struct Tries {
    count: u32,
    last: Duration,
    /// Key in `order`.
    place: u64,
}

// === impl Pair ===

impl Pair {
    pub fn new(address: IpAddr, account: &BareJid) -> Self {
        Self { network: address.into(), account: account.clone() }
    }
}

// === impl Throttle ===

impl Throttle {
    /// A throttle that remembers at most `most` pairs; then the oldest is forgotten.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            hasher: RandomState::new(),
            tries: HashMap::new(),
            order: BTreeMap::new(),
            next: 0,
        }
    }

    /// Counts a try, as failed for now.
    ///
    /// # Errors
    /// How long to wait. Such a try has not happened: it neither counts nor prolongs the wait.
    pub fn attempt(&mut self, pair: Pair, now: Duration) -> Result<(), Duration> {
        let key = self.hasher.hash_one(&pair);
        let before = self.tries.get(&key).filter(|tries| now < tries.last + FORGET);
        let count = before.map_or(0, |tries| tries.count);
        if let Some(tries) = before {
            let wait = (tries.last + pause(count)).saturating_sub(now);
            if !wait.is_zero() {
                return Err(wait);
            }
        }
        self.remember(key, count.saturating_add(1), now);
        Ok(())
    }

    /// The pair has proved itself: its tries are forgotten.
    pub fn succeeded(&mut self, pair: Pair) {
        self.forget(self.hasher.hash_one(&pair));
    }

    fn remember(&mut self, key: u64, count: u32, now: Duration) {
        self.forget(key);
        while self.tries.len() >= self.most {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.tries.remove(&oldest);
        }
        let place = self.next;
        self.next += 1;
        self.order.insert(place, key);
        self.tries.insert(key, Tries { count, last: now, place });
    }

    fn forget(&mut self, key: u64) {
        if let Some(tries) = self.tries.remove(&key) {
            self.order.remove(&tries.place);
        }
    }
}

/// How long to wait after that many tries in a row: 1, 2, 4 ... 30 seconds.
fn pause(count: u32) -> Duration {
    match count.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(over) => LONGEST.min(Duration::from_secs(1 << over.min(10))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(address: &str, account: &str) -> Pair {
        Pair::new(address.parse().expect("an address"), &BareJid::parse(account).expect("a JID"))
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn exhaust(throttle: &mut Throttle, pair: &Pair, now: Duration) {
        for _ in 0..FREE {
            assert_eq!(throttle.attempt(pair.clone(), now), Ok(()));
        }
    }

    #[test]
    fn waits_grow_and_end_at_thirty_seconds() {
        let mut throttle = Throttle::new(10);
        let pair = pair("192.0.2.1", "a@b");
        let mut now = at(100);
        exhaust(&mut throttle, &pair, now);
        for wait in [1, 2, 4, 8, 16, 30, 30, 30] {
            assert_eq!(throttle.attempt(pair.clone(), now), Err(at(wait)));
            now += at(wait);
            assert_eq!(throttle.attempt(pair.clone(), now), Ok(()));
        }
    }

    #[test]
    fn refused_tries_do_not_prolong_the_wait() {
        let mut throttle = Throttle::new(10);
        let pair = pair("192.0.2.1", "a@b");
        exhaust(&mut throttle, &pair, at(0));
        for _ in 0..100 {
            assert!(throttle.attempt(pair.clone(), at(0)).is_err());
        }
        assert_eq!(throttle.attempt(pair, at(1)), Ok(()));
    }

    #[test]
    fn other_addresses_and_accounts_are_not_affected() {
        let mut throttle = Throttle::new(10);
        exhaust(&mut throttle, &pair("192.0.2.1", "a@b"), at(0));
        assert!(throttle.attempt(pair("192.0.2.1", "a@b"), at(0)).is_err());
        assert_eq!(throttle.attempt(pair("192.0.2.2", "a@b"), at(0)), Ok(()));
        assert_eq!(throttle.attempt(pair("192.0.2.1", "c@b"), at(0)), Ok(()));
    }

    #[test]
    fn success_and_time_forgive() {
        let mut throttle = Throttle::new(10);
        let pair = pair("192.0.2.1", "a@b");
        exhaust(&mut throttle, &pair, at(0));
        throttle.succeeded(pair.clone());
        exhaust(&mut throttle, &pair, at(0));
        assert!(throttle.attempt(pair.clone(), at(0)).is_err());
        exhaust(&mut throttle, &pair, at(60));
    }

    #[test]
    fn one_ipv6_subscriber_is_one_address() {
        let mut throttle = Throttle::new(10);
        exhaust(&mut throttle, &pair("2001:db8::1", "a@b"), at(0));
        assert!(throttle.attempt(pair("2001:db8::2", "a@b"), at(0)).is_err());
        assert_eq!(throttle.attempt(pair("2001:db8:0:1::1", "a@b"), at(0)), Ok(()));
        exhaust(&mut throttle, &pair("::ffff:192.0.2.1", "a@b"), at(0));
        assert!(throttle.attempt(pair("192.0.2.1", "a@b"), at(0)).is_err());
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes() {
        let mut throttle = Throttle::new(3);
        for account in ["a@b", "c@b", "d@b"] {
            exhaust(&mut throttle, &pair("192.0.2.1", account), at(0));
        }
        assert_eq!(throttle.attempt(pair("192.0.2.1", "e@b"), at(0)), Ok(()));
        assert_eq!((throttle.tries.len(), throttle.order.len()), (3, 3));
        assert_eq!(throttle.attempt(pair("192.0.2.1", "a@b"), at(0)), Ok(()), "forgotten");
        assert!(throttle.attempt(pair("192.0.2.1", "d@b"), at(0)).is_err(), "remembered");
    }
}
