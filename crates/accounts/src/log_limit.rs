//! Keeps one noisy client from filling the log: of the same line about the same account or address
//! only a few are written, then how many more there were. It must never hold a line back that is
//! the first of its kind, nor remember more than a bounded number of them.
//!
//! Our own, because the limiters of the libraries (governor) say whether something may happen now
//! and not how much was held back since, and remember every key until they are told to forget.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lampfield_xmpp_stream::BareJid;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::network::Network;

/// Lines of one kind about one client that are written...
const LINES: u32 = 5;
/// The time, counted from the first line of a kind, for which the limit holds.
const WINDOW: Duration = Duration::from_secs(10);
/// Clients and kinds that are told apart; beyond it all others of a kind count as one.
const TOLD_APART: usize = 1_024;

/// Whom a line of the log is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    /// An account, whatever address it is used from.
    Account(BareJid),
    /// An IPv4 address, or 64 bits of an IPv6 address.
    Address(Network),
    /// Somebody at an address who wants to be an account.
    Login(BareJid, Network),
    /// Anybody, once too many are told apart: all of a kind count as one.
    Anyone,
}

/// Counts the lines of each kind and client. Belongs to the core thread.
#[derive(Debug, Default)]
pub struct LogLimit {
    counts: RefCell<HashMap<(&'static str, Whom), Count>>,
    counting: Notify,
}

#[derive(Debug)]
struct Count {
    since: Instant,
    lines: u32,
}

// === impl Whom ===

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(jid) => f.pad(jid.as_str()),
            Self::Address(address) => address.fmt(f),
            Self::Login(jid, address) => write!(f, "{jid} at {address}"),
            Self::Anyone => f.pad("others"),
        }
    }
}

impl From<&BareJid> for Whom {
    fn from(jid: &BareJid) -> Self {
        Self::Account(jid.clone())
    }
}

impl From<IpAddr> for Whom {
    fn from(address: IpAddr) -> Self {
        Self::Address(address.into())
    }
}

// === impl LogLimit ===

impl LogLimit {
    /// Whether to write a line that begins with `what`. When some were not written, one line says
    /// how many, not long after the time is over.
    pub fn allows(&self, what: &'static str, whom: impl Into<Whom>) -> bool {
        let mut counts = self.counts.borrow_mut();
        let mut key = (what, whom.into());
        if counts.len() >= TOLD_APART && !counts.contains_key(&key) {
            key.1 = Whom::Anyone;
        }
        let count = counts.entry(key).or_insert_with(|| Count { since: Instant::now(), lines: 0 });
        count.lines = count.lines.saturating_add(1);
        self.counting.notify_one();
        count.lines <= LINES
    }

    /// Says what was not written, for ever. While nothing is counted it sleeps.
    pub async fn report(&self) {
        loop {
            self.counting.notified().await;
            tokio::time::sleep(WINDOW).await;
            for ((what, whom), more) in self.take_finished() {
                tracing::warn!(%whom, "{what}: {more} more like this");
            }
            if !self.counts.borrow().is_empty() {
                self.counting.notify_one();
            }
        }
    }

    /// Forgets those whose time is over; gives back what was not written of each.
    fn take_finished(&self) -> Vec<((&'static str, Whom), u32)> {
        let mut counts = self.counts.borrow_mut();
        let finished = counts.extract_if(|_, count| count.since.elapsed() >= WINDOW);
        let more = finished.map(|(key, count)| (key, count.lines.saturating_sub(LINES)));
        more.filter(|(_, more)| *more > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::time::advance;

    use super::*;

    const WHAT: &str = "login failed";

    fn address(number: u32) -> Whom {
        IpAddr::V4(Ipv4Addr::from_bits(number)).into()
    }

    fn allowed(limit: &LogLimit, whom: &Whom, lines: u32) -> u32 {
        (0..lines).map(|_| u32::from(limit.allows(WHAT, whom.clone()))).sum()
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_five_lines_and_a_number() {
        let limit = LogLimit::default();
        assert_eq!(allowed(&limit, &address(1), 1_000), 5);
        assert_eq!(allowed(&limit, &address(2), 3), 3, "others are not concerned");
        assert!(limit.allows("publish dropped", address(1)), "nor are other lines");
        assert_eq!(limit.take_finished(), []);
        advance(WINDOW).await;
        assert_eq!(limit.take_finished(), [((WHAT, address(1)), 995)]);
        assert_eq!(allowed(&limit, &address(1), 6), 5, "the time begins anew");
    }

    #[tokio::test(start_paused = true)]
    async fn many_that_flood_count_as_one() {
        let limit = LogLimit::default();
        let lines: u32 = (0..10_000).map(|number| allowed(&limit, &address(number), 1)).sum();
        assert_eq!(lines as usize, TOLD_APART + LINES as usize);
        assert_eq!(limit.counts.borrow().len(), TOLD_APART + 1);
        advance(WINDOW).await;
        let more = 10_000 - lines;
        assert_eq!(limit.take_finished(), [((WHAT, Whom::Anyone), more)]);
        assert!(limit.counts.borrow().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_counted_is_reported_and_forgotten() {
        let limit = LogLimit::default();
        let work = async {
            for _ in 0..2 {
                assert_eq!(allowed(&limit, &address(1), 9), 5);
                tokio::time::sleep(3 * WINDOW).await;
                assert!(limit.counts.borrow().is_empty());
            }
        };
        tokio::select! {
            () = limit.report() => unreachable!(),
            () = work => {}
        }
    }
}
