//! Logins that take an address from each other: a PBX that returns, or two that fight over it.
//!
//! Our own: a rate limiter answers whether one more is allowed, and here the third within the time
//! is the news itself.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use lampfield_xmpp_stream::{BareJid, FullJid};

/// Logins that take one address from each other this often...
const FIGHT_ROUNDS: usize = 3;
/// ... within this time are two PBXs with the same configuration.
const FIGHT_TIME: Duration = Duration::from_secs(60);
/// Addresses whose replacements are remembered; beyond it all are forgotten.
const FIGHTS: usize = 1_024;

/// Who has lately replaced whom, to tell a returning PBX from two that fight over one address.
#[derive(Debug, Default)]
pub struct Replacements {
    recent: RefCell<HashMap<FullJid, Vec<Instant>>>,
}

// === impl Replacements ===

impl Replacements {
    /// Notes that `jid` was taken over; says whether that has become a fight.
    pub fn note(&self, jid: &FullJid, now: Instant) -> bool {
        let mut recent = self.recent.borrow_mut();
        if recent.len() >= FIGHTS && !recent.contains_key(jid) {
            recent.clear();
        }
        let times = recent.entry(jid.clone()).or_default();
        times.retain(|time| now.duration_since(*time) < FIGHT_TIME);
        times.push(now);
        times.len() >= FIGHT_ROUNDS
    }

    /// An account is gone, and with it whoever fought over its addresses.
    pub fn forget(&self, account: &BareJid) {
        self.recent.borrow_mut().retain(|jid, _| jid.to_bare() != *account);
    }

    /// The addresses that are fought over now. One that is left in peace is no longer among them.
    pub fn fights(&self, now: Instant) -> Vec<FullJid> {
        let recent = self.recent.borrow();
        let fought = recent.iter().filter(|(_, times)| {
            let lately = times.iter().filter(|time| now.duration_since(**time) < FIGHT_TIME);
            lately.count() >= FIGHT_ROUNDS
        });
        fought.map(|(jid, _)| jid.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_replacement_within_a_minute_is_a_fight() {
        let replacements = Replacements::default();
        let jid = FullJid::parse("pbx@example.org/asterisk").unwrap();
        let start = Instant::now();
        assert!(!replacements.note(&jid, start));
        assert!(!replacements.note(&jid, start + Duration::from_secs(5)));
        let third = start + Duration::from_secs(10);
        assert!(replacements.note(&jid, third));
        assert_eq!(replacements.fights(third), std::slice::from_ref(&jid));
        assert!(replacements.fights(third + FIGHT_TIME).is_empty());
        replacements.forget(&jid.to_bare());
        assert!(replacements.fights(third).is_empty());
    }

    #[test]
    fn slow_replacements_are_returns() {
        let replacements = Replacements::default();
        let jid = FullJid::parse("pbx@example.org/asterisk").unwrap();
        let start = Instant::now();
        for round in 0..10 {
            assert!(!replacements.note(&jid, start + Duration::from_secs(40) * round));
        }
    }
}
