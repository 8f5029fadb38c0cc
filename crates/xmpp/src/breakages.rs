//! PBXs that have lately broken their own streams: stock Asterisk writes into its socket and into its
//! TLS session from several threads without a lock. People are told who, how often and of the way
//! round; it goes by itself when nothing has broken for a while. Nothing depends on it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use lampfield_xmpp_stream::BareJid;

/// How long nothing may break until it is over.
const QUIET: Duration = Duration::from_mins(10);

/// Accounts that are told of at the same time. Those of a further one are in the log only.
const MOST: usize = 64;

/// Drops after a login from which on they are told: a single one may be a restart.
const DROPS: u32 = 2;

/// What a PBX has done to its own stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breakage {
    /// What came is no XML: two threads have mixed their bytes.
    Bytes,
    /// A TLS record cannot be read, or the PBX cannot read ours.
    Records,
    /// It ended while the list of all states was on its way after a login.
    Drop,
}

/// A PBX that has broken its stream, how often, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The account whose stream it was.
    pub account: BareJid,
    /// When it broke first, as far as that is remembered.
    pub since: SystemTime,
    /// How often it has broken since then, by cause.
    pub how: Counts,
}

/// How often a stream has broken, by [`Breakage`]. Shown as a part of a sentence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    bytes: u32,
    records: u32,
    drops: u32,
}

/// Who has broken streams lately.
#[derive(Debug, Default)]
pub struct Breakages {
    lately: RefCell<BTreeMap<BareJid, Lately>>,
}

#[derive(Debug)]
struct Lately {
    how: Counts,
    since: SystemTime,
    latest: Instant,
}

/// What helps against all of it, the best first.
pub fn remedy(account: &BareJid) -> String {
    format!(
        "run lampfield relay on that machine (lampfield invite {account} prints how); or \
         net.ipv4.tcp_wmem = 4096 4194304 8388608 in a file in its /etc/sysctl.d; or clear text \
         inside a VPN"
    )
}

// === impl Counts ===

impl Counts {
    fn add(&mut self, breakage: Breakage) {
        let count = match breakage {
            Breakage::Bytes => &mut self.bytes,
            Breakage::Records => &mut self.records,
            Breakage::Drop => &mut self.drops,
        };
        *count = count.saturating_add(1);
    }

    fn is_worth_telling(self) -> bool {
        self.bytes > 0 || self.records > 0 || self.drops >= DROPS
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("sent mixed bytes", self.bytes),
            ("sent TLS records out of order", self.records),
            ("dropped in the middle of its state list after a login", self.drops),
        ];
        let parts = parts.iter().filter(|(_, count)| *count > 0);
        for (at, (what, count)) in parts.enumerate() {
            let and = if at > 0 { ", " } else { "" };
            match count {
                1 => write!(f, "{and}{what} once"),
                2 => write!(f, "{and}{what} twice"),
                more => write!(f, "{and}{what} {more} times"),
            }?;
        }
        Ok(())
    }
}

// === impl Breakages ===

impl Breakages {
    /// Notes what a PBX has done. Gives what is to be said of it, if that is worth telling.
    pub fn note(&self, account: &BareJid, breakage: Breakage, now: Instant) -> Option<Counts> {
        let mut lately = self.lately.borrow_mut();
        lately.retain(|_, one| !one.is_over(now));
        let fresh = || Lately { how: Counts::default(), since: SystemTime::now(), latest: now };
        let mut further = fresh();
        let one = match lately.len() < MOST || lately.contains_key(account) {
            true => lately.entry(account.clone()).or_insert_with(fresh),
            false => &mut further,
        };
        one.how.add(breakage);
        one.latest = now;
        Some(one.how).filter(|how| how.is_worth_telling())
    }

    /// The account comes by a relay now, or is gone.
    pub fn forget(&self, account: &BareJid) {
        self.lately.borrow_mut().remove(account);
    }

    /// Whose streams have broken lately, by account.
    pub fn lately(&self, now: Instant) -> Vec<Broken> {
        let lately = self.lately.borrow();
        let told = lately.iter().filter(|(_, one)| !one.is_over(now) && one.how.is_worth_telling());
        let broken = told.map(|(account, Lately { how, since, .. })| Broken {
            account: account.clone(),
            since: *since,
            how: *how,
        });
        broken.collect()
    }
}

impl Lately {
    fn is_over(&self, now: Instant) -> bool {
        now.duration_since(self.latest) >= QUIET
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pbx(number: usize) -> BareJid {
        BareJid::parse(&format!("pbx-{number}@example.org")).unwrap()
    }

    fn said(breakages: &Breakages, now: Instant) -> Vec<String> {
        breakages.lately(now).iter().map(|one| format!("{} {}", one.account, one.how)).collect()
    }

    #[test]
    fn it_is_told_until_nothing_has_broken_for_a_while() {
        let breakages = Breakages::default();
        let start = Instant::now();
        assert!(breakages.note(&pbx(1), Breakage::Bytes, start).is_some());
        let later = start + QUIET / 2;
        breakages.note(&pbx(1), Breakage::Records, later);
        breakages.note(&pbx(1), Breakage::Records, later);
        let all = "pbx-1@example.org sent mixed bytes once, sent TLS records out of order twice";
        assert_eq!(said(&breakages, start + QUIET), [all]);
        assert_eq!(said(&breakages, later + QUIET), [""; 0]);
        breakages.note(&pbx(1), Breakage::Bytes, later + QUIET);
        assert_eq!(said(&breakages, later + QUIET), ["pbx-1@example.org sent mixed bytes once"]);
        breakages.forget(&pbx(1));
        assert_eq!(said(&breakages, later + QUIET), [""; 0]);
    }

    #[test]
    fn one_drop_may_be_a_restart() {
        let breakages = Breakages::default();
        let start = Instant::now();
        assert_eq!(breakages.note(&pbx(1), Breakage::Drop, start), None);
        assert_eq!(breakages.note(&pbx(1), Breakage::Drop, start + QUIET), None, "long ago");
        assert!(breakages.note(&pbx(1), Breakage::Drop, start + QUIET).is_some());
        let all = "pbx-1@example.org dropped in the middle of its state list after a login twice";
        assert_eq!(said(&breakages, start + QUIET), [all]);
    }

    #[test]
    fn no_more_are_remembered_than_can_be_read() {
        let breakages = Breakages::default();
        let start = Instant::now();
        for number in 0..10 * MOST {
            let told = breakages.note(&pbx(number), Breakage::Bytes, start);
            assert!(told.is_some(), "the log has all of them");
        }
        assert_eq!(breakages.lately(start).len(), MOST);
        breakages.note(&pbx(10 * MOST), Breakage::Bytes, start + QUIET);
        assert_eq!(breakages.lately(start + QUIET).len(), 1);
    }
}
