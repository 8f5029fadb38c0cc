//! Up to which revision each peer has certainly received what it was sent. Peers keep caches that
//! nobody can look into, so this is all there is to decide when a withdrawal may be forgotten. A
//! mark is never higher than what the peer behind it knows.
//!
//! Peers are told apart by account only. Where several share one account, a new watch takes over
//! the *highest* mark that was left behind: whoever it really is, no mark that stays is too high.

use std::collections::{BTreeMap, HashMap};

use lampfield_board::{AccountName, Kind, Revision};
use serde::{Deserialize, Serialize};

/// Marks of ended watches kept per account and kind; beyond it the highest goes, which leaves at
/// least as many withdrawals remembered as before.
const ABSENT_KEPT: usize = 16;

/// One watch, as long as the process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatchId(u64);

/// What the peer behind a watch does with what it heard when its connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerCache {
    /// It goes on showing it, as Asterisk does: withdrawals wait for its return.
    Survives,
    /// It forgets it, as a person's client does: nobody waits for it.
    Forgotten,
}

/// The marks of one account, as they are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    device: Vec<u64>,
    mailbox: Vec<u64>,
}

#[derive(Debug)]
struct Live {
    account: AccountName,
    kind: Kind,
    cache: PeerCache,
    confirmed: Revision,
}

/// Everyone who watches or has watched.
#[derive(Debug, Default)]
pub struct Readers {
    opened: u64,
    live: HashMap<WatchId, Live>,
    /// Sorted, per account and kind.
    absent: BTreeMap<(AccountName, Kind), Vec<Revision>>,
}

impl Marks {
    fn of(&self, kind: Kind) -> &[u64] {
        match kind {
            Kind::DeviceState => &self.device,
            Kind::Mailbox => &self.mailbox,
        }
    }

    fn of_mut(&mut self, kind: Kind) -> &mut Vec<u64> {
        match kind {
            Kind::DeviceState => &mut self.device,
            Kind::Mailbox => &mut self.mailbox,
        }
    }

    /// The highest mark.
    pub fn highest(&self) -> Revision {
        let highest = self.device.iter().chain(&self.mailbox).max();
        Revision::new(highest.copied().unwrap_or_default())
    }
}

impl Readers {
    /// Takes back what was stored about an account; all its watches are gone by now.
    pub fn restore(&mut self, account: &AccountName, marks: &Marks) {
        for kind in Kind::ALL {
            for mark in marks.of(kind) {
                self.leave(account.clone(), kind, Revision::new(*mark));
            }
        }
    }

    /// A watch begins. Someone never seen before knows nothing that could need a withdrawal, so it
    /// begins at `current`. The second value tells whether the account has a mark more than before.
    pub fn open(
        &mut self,
        account: &AccountName,
        kind: Kind,
        cache: PeerCache,
        current: Revision,
    ) -> (WatchId, bool) {
        let left = match cache {
            PeerCache::Survives => self.take(account, kind),
            PeerCache::Forgotten => None,
        };
        self.opened += 1;
        let id = WatchId(self.opened);
        let confirmed = left.unwrap_or(current);
        self.live.insert(id, Live { account: account.clone(), kind, cache, confirmed });
        (id, cache == PeerCache::Survives && left.is_none())
    }

    /// A peer has received everything up to `received`. Answers its account and kind with the mark
    /// it had before, if that is news.
    pub fn confirm(&mut self, id: WatchId, received: Revision) -> Option<Confirmed> {
        let live = self.live.get_mut(&id).filter(|live| live.confirmed < received)?;
        let before = std::mem::replace(&mut live.confirmed, received);
        Some(Confirmed { account: live.account.clone(), kind: live.kind, before })
    }

    /// Up to where the peer behind a watch has certainly received.
    #[must_use]
    pub fn confirmed(&self, id: WatchId) -> Option<Revision> {
        self.live.get(&id).map(|live| live.confirmed)
    }

    /// A watch ends; what a peer that keeps it knows stays as it was confirmed last.
    pub fn close(&mut self, id: WatchId) -> Option<PeerCache> {
        let live = self.live.remove(&id)?;
        if live.cache == PeerCache::Survives {
            self.leave(live.account, live.kind, live.confirmed);
        }
        Some(live.cache)
    }

    /// Nobody waits any longer for ended watches of an account.
    pub fn forget(&mut self, account: &AccountName) {
        self.absent.retain(|(of, _), _| of != account);
    }

    /// Up to here, everyone who must know a change of this kind does. `None`: there is nobody.
    #[must_use]
    pub fn floor(&self, kind: Kind) -> Option<Revision> {
        self.marks(kind).map(|(_, mark)| mark).min()
    }

    /// Who may not know a change of this kind, sorted, each once.
    #[must_use]
    pub fn behind(&self, kind: Kind, revision: Revision) -> Vec<AccountName> {
        let behind = self.marks(kind).filter(|(_, mark)| *mark < revision);
        let mut accounts: Vec<_> = behind.map(|(account, _)| account.clone()).collect();
        accounts.sort();
        accounts.dedup();
        accounts
    }

    /// What to store about an account.
    #[must_use]
    pub fn stored(&self, account: &AccountName) -> Marks {
        let mut marks = Marks::default();
        for kind in Kind::ALL {
            let live = self.live.values().filter(|live| {
                live.kind == kind && live.account == *account && live.cache == PeerCache::Survives
            });
            let absent = self.absent.get(&(account.clone(), kind)).into_iter().flatten();
            let all = live.map(|live| live.confirmed).chain(absent.copied());
            *marks.of_mut(kind) = all.map(Revision::number).collect();
            marks.of_mut(kind).sort_unstable();
        }
        marks
    }

    /// Watches that run.
    #[must_use]
    pub fn watching(&self) -> usize {
        self.live.len()
    }

    fn marks(&self, kind: Kind) -> impl Iterator<Item = (&AccountName, Revision)> {
        let live = self.live.values().filter(move |live| live.kind == kind);
        let absent = self.absent.iter().filter(move |((_, of), _)| *of == kind);
        live.map(|live| (&live.account, live.confirmed)).chain(
            absent.flat_map(|((account, _), marks)| marks.iter().map(move |mark| (account, *mark))),
        )
    }

    fn take(&mut self, account: &AccountName, kind: Kind) -> Option<Revision> {
        let key = (account.clone(), kind);
        let marks = self.absent.get_mut(&key)?;
        let highest = marks.pop();
        if marks.is_empty() {
            self.absent.remove(&key);
        }
        highest
    }

    fn leave(&mut self, account: AccountName, kind: Kind, mark: Revision) {
        let marks = self.absent.entry((account, kind)).or_default();
        marks.push(mark);
        marks.sort_unstable();
        marks.truncate(ABSENT_KEPT);
    }
}

/// A mark that rose.
#[derive(Debug)]
pub struct Confirmed {
    pub account: AccountName,
    pub kind: Kind,
    pub before: Revision,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> AccountName {
        AccountName::parse(name).unwrap()
    }

    fn at(number: u64) -> Revision {
        Revision::new(number)
    }

    const KIND: Kind = Kind::DeviceState;

    #[test]
    fn who_left_holds_the_floor_until_it_is_back_and_has_confirmed() {
        let (mut readers, pbx) = (Readers::default(), account("a@d"));
        let (first, new) = readers.open(&pbx, KIND, PeerCache::Survives, at(5));
        assert!(new);
        readers.confirm(first, at(10));
        readers.close(first);
        assert_eq!(readers.floor(KIND), Some(at(10)));
        let (second, new) = readers.open(&pbx, KIND, PeerCache::Survives, at(20));
        assert!(!new);
        assert_eq!(readers.floor(KIND), Some(at(10)));
        readers.confirm(second, at(20));
        assert_eq!(readers.floor(KIND), Some(at(20)));
        assert_eq!(readers.floor(Kind::Mailbox), None);
    }

    #[test]
    fn of_two_servers_on_one_account_the_absent_one_is_not_forgotten() {
        let (mut readers, pbx) = (Readers::default(), account("a@d"));
        let (x, _) = readers.open(&pbx, KIND, PeerCache::Survives, at(10));
        let (y, _) = readers.open(&pbx, KIND, PeerCache::Survives, at(30));
        let mut later = Readers::default();
        later.restore(&pbx, &readers.stored(&pbx));
        readers.close(x);
        readers.close(y);
        for mut readers in [readers, later] {
            let (back, _) = readers.open(&pbx, KIND, PeerCache::Survives, at(40));
            readers.confirm(back, at(40));
            assert_eq!(readers.floor(KIND), Some(at(10)));
            assert_eq!(readers.behind(KIND, at(11)), std::slice::from_ref(&pbx));
        }
    }

    #[test]
    fn a_client_that_forgets_leaves_nothing_behind() {
        let mut readers = Readers::default();
        let (id, new) = readers.open(&account("u@d"), KIND, PeerCache::Forgotten, at(1));
        assert!(!new);
        readers.close(id);
        assert_eq!(readers.floor(KIND), None);
    }
}
