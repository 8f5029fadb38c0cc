//! Up to which revision each peer has certainly received what it was sent. Peers keep caches that
//! nobody can look into, so this is all there is to decide when a withdrawal may be forgotten. A
//! mark is never higher than what the peer behind it knows.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use lampfield_board::{AccountName, Kind, Revision};
use serde::{Deserialize, Serialize};

/// Marks of ended watches kept per account and kind; beyond it the one longest away goes. Only
/// clients that invent a new resource with each login come that far.
const ABSENT_KEPT: usize = 16;

/// One watch, as long as the process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatchId(u64);

/// Whose cache is behind a watch: an account, and which of its servers. Two servers that share an
/// account are two readers; the same server is the same reader when it comes back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader {
    account: AccountName,
    /// For XMPP the resource; empty where an account has only one server.
    seat: Box<str>,
}

/// What the peer behind a watch does with what it heard when its connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerCache {
    /// It goes on showing it, as Asterisk does: withdrawals wait for its return.
    Survives,
    /// It forgets it, as a person's client does: nobody waits for it.
    Forgotten,
}

/// How many peers of one reader watch each kind, as it is stored. Up to where each has confirmed
/// is not: a crash may take changes that peers were told already, so that after a start everybody
/// must confirm anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watching {
    #[serde(default)]
    device: usize,
    #[serde(default)]
    mailbox: usize,
}

/// The readers of an account by seat, as they are stored.
pub type Seats = BTreeMap<Box<str>, Watching>;

/// Everyone who watches or has watched.
#[derive(Debug, Default)]
pub struct Readers {
    opened: u64,
    live: HashMap<WatchId, Live>,
    /// Sorted marks of ended watches.
    absent: BTreeMap<(Reader, Kind), Vec<Revision>>,
}

#[derive(Debug)]
struct Live {
    reader: Reader,
    kind: Kind,
    cache: PeerCache,
    confirmed: Revision,
}

/// A mark that rose.
#[derive(Debug)]
pub struct Rose {
    pub kind: Kind,
    pub before: Revision,
}

// === impl Reader ===

impl Reader {
    /// The server of an account that names itself `seat`.
    #[must_use]
    pub fn new(account: AccountName, seat: &str) -> Self {
        Self { account, seat: seat.into() }
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> &AccountName {
        &self.account
    }
}

/// The only server of its account.
impl From<&AccountName> for Reader {
    fn from(account: &AccountName) -> Self {
        Self::new(account.clone(), "")
    }
}

// === impl Watching ===

impl Watching {
    fn of_mut(&mut self, kind: Kind) -> &mut usize {
        match kind {
            Kind::DeviceState => &mut self.device,
            Kind::Mailbox => &mut self.mailbox,
        }
    }
}

// === impl Readers ===

impl Readers {
    /// Takes back what was stored about a reader; all its watches are gone by now.
    pub fn restore(&mut self, reader: &Reader, mut watching: Watching) {
        for kind in Kind::ALL {
            for _ in 0..(*watching.of_mut(kind)).min(ABSENT_KEPT) {
                self.leave(reader.clone(), kind, Revision::ZERO);
            }
        }
    }

    /// A watch begins. A reader never seen before knows nothing that could need a withdrawal, so
    /// it begins at `current`. The second value tells whether there is a mark more than before.
    pub fn open(
        &mut self,
        reader: Reader,
        kind: Kind,
        cache: PeerCache,
        current: Revision,
    ) -> (WatchId, bool) {
        let left = match cache {
            PeerCache::Survives => self.take(&reader, kind),
            PeerCache::Forgotten => None,
        };
        self.opened += 1;
        let id = WatchId(self.opened);
        let confirmed = left.unwrap_or(current);
        self.live.insert(id, Live { reader, kind, cache, confirmed });
        (id, cache == PeerCache::Survives && left.is_none())
    }

    /// A peer has received everything up to `received`.
    pub fn confirm(&mut self, id: WatchId, received: Revision) -> Option<Rose> {
        let live = self.live.get_mut(&id).filter(|live| live.confirmed < received)?;
        let before = std::mem::replace(&mut live.confirmed, received);
        Some(Rose { kind: live.kind, before })
    }

    /// Up to where a peer has confirmed.
    #[must_use]
    pub fn confirmed(&self, id: WatchId) -> Option<Revision> {
        self.live.get(&id).map(|live| live.confirmed)
    }

    /// A watch ends; what a peer that keeps it knows stays as it was confirmed last.
    pub fn close(&mut self, id: WatchId) -> Option<PeerCache> {
        let live = self.live.remove(&id)?;
        if live.cache == PeerCache::Survives {
            self.leave(live.reader, live.kind, live.confirmed);
        }
        Some(live.cache)
    }

    /// Nobody waits any longer for ended watches of an account.
    pub fn forget(&mut self, account: &AccountName) {
        self.absent.retain(|(reader, _), _| reader.account != *account);
    }

    /// Up to here, everyone who must know a change of this kind does. `None`: there is nobody.
    #[must_use]
    pub fn floor(&self, kind: Kind) -> Option<Revision> {
        self.marks(kind).map(|(_, mark)| mark).min()
    }

    /// Who may not know a change of this kind, sorted, each account once.
    #[must_use]
    pub fn behind(&self, kind: Kind, revision: Revision) -> Vec<AccountName> {
        let behind = self.marks(kind).filter(|(_, mark)| *mark < revision);
        let mut accounts: Vec<_> = behind.map(|(reader, _)| reader.account.clone()).collect();
        accounts.sort();
        accounts.dedup();
        accounts
    }

    /// What to store about an account.
    #[must_use]
    pub fn stored(&self, account: &AccountName) -> Seats {
        let mut seats = Seats::new();
        for kind in Kind::ALL {
            let lasting = self.lasting(kind).filter(|(reader, _)| reader.account == *account);
            for (reader, _) in lasting {
                *seats.entry(reader.seat.clone()).or_default().of_mut(kind) += 1;
            }
        }
        seats
    }

    /// Watches that run.
    #[must_use]
    pub fn watching(&self) -> usize {
        self.live.len()
    }

    /// Marks of all who are, or were, told something.
    fn marks(&self, kind: Kind) -> impl Iterator<Item = (&Reader, Revision)> {
        let live = self.live.values().filter(move |live| live.kind == kind);
        live.map(|live| (&live.reader, live.confirmed)).chain(self.absent(kind))
    }

    /// Marks that outlive their watch.
    fn lasting(&self, kind: Kind) -> impl Iterator<Item = (&Reader, Revision)> {
        let live = self.live.values();
        let live = live.filter(move |live| live.kind == kind && live.cache == PeerCache::Survives);
        live.map(|live| (&live.reader, live.confirmed)).chain(self.absent(kind))
    }

    fn absent(&self, kind: Kind) -> impl Iterator<Item = (&Reader, Revision)> {
        let absent = self.absent.iter().filter(move |((_, of), _)| *of == kind);
        absent.flat_map(|((reader, _), marks)| marks.iter().map(move |mark| (reader, *mark)))
    }

    /// The mark that a returning reader finds. Of several under one name the highest: whoever
    /// really is back, no mark that stays is then too high.
    fn take(&mut self, reader: &Reader, kind: Kind) -> Option<Revision> {
        let key = (reader.clone(), kind);
        let marks = self.absent.get_mut(&key)?;
        let highest = marks.pop();
        if marks.is_empty() {
            self.absent.remove(&key);
        }
        highest
    }

    fn leave(&mut self, reader: Reader, kind: Kind, mark: Revision) {
        let account = reader.account.clone();
        let marks = self.absent.entry((reader, kind)).or_default();
        marks.push(mark);
        marks.sort_unstable();
        let of_account = || self.absent(kind).filter(|(reader, _)| reader.account == account);
        if of_account().count() > ABSENT_KEPT
            && let Some((longest_away, _)) = of_account().min_by_key(|(_, mark)| *mark)
        {
            let longest_away = longest_away.clone();
            self.drop_lowest(longest_away, kind);
        }
    }

    fn drop_lowest(&mut self, reader: Reader, kind: Kind) {
        if let Entry::Occupied(mut marks) = self.absent.entry((reader, kind)) {
            marks.get_mut().remove(0);
            if marks.get().is_empty() {
                marks.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind::DeviceState;

    fn reader(seat: &str) -> Reader {
        Reader::new(AccountName::parse("a@d").unwrap(), seat)
    }

    fn at(number: u64) -> Revision {
        Revision::new(number)
    }

    #[test]
    fn who_left_holds_the_floor_until_it_is_back_and_has_confirmed() {
        let mut readers = Readers::default();
        let (first, new) = readers.open(reader("x"), KIND, PeerCache::Survives, at(5));
        assert!(new);
        readers.confirm(first, at(10));
        readers.close(first);
        assert_eq!(readers.floor(KIND), Some(at(10)));
        let (second, new) = readers.open(reader("x"), KIND, PeerCache::Survives, at(20));
        assert!(!new);
        assert_eq!(readers.floor(KIND), Some(at(10)));
        readers.confirm(second, at(20));
        assert_eq!(readers.floor(KIND), Some(at(20)));
        assert_eq!(readers.floor(Kind::Mailbox), None);
    }

    #[test]
    fn a_server_is_not_taken_for_another_of_its_account() {
        let mut readers = Readers::default();
        let (x, _) = readers.open(reader("x"), KIND, PeerCache::Survives, at(10));
        readers.close(x);
        let (y, new) = readers.open(reader("y"), KIND, PeerCache::Survives, at(30));
        assert!(new);
        readers.confirm(y, at(40));
        assert_eq!(readers.floor(KIND), Some(at(10)));
        assert_eq!(readers.behind(KIND, at(11)), [reader("x").account]);
        let mut later = Readers::default();
        for (seat, watching) in readers.stored(&reader("x").account) {
            later.restore(&reader(&seat), watching);
        }
        let (y, new) = later.open(reader("y"), KIND, PeerCache::Survives, at(50));
        assert!(!new);
        later.confirm(y, at(50));
        assert_eq!(later.floor(KIND), Some(at(0)), "x has to confirm anew");
    }

    #[test]
    fn of_two_without_a_name_the_absent_one_is_not_forgotten() {
        let mut readers = Readers::default();
        let (x, _) = readers.open(reader(""), KIND, PeerCache::Survives, at(10));
        let (y, _) = readers.open(reader(""), KIND, PeerCache::Survives, at(30));
        readers.close(x);
        readers.close(y);
        let (back, _) = readers.open(reader(""), KIND, PeerCache::Survives, at(40));
        readers.confirm(back, at(40));
        assert_eq!(readers.floor(KIND), Some(at(10)));
    }

    #[test]
    fn ever_new_names_are_bounded() {
        let mut readers = Readers::default();
        for number in 0..100 {
            let name = number.to_string();
            let (id, _) = readers.open(reader(&name), KIND, PeerCache::Survives, at(number));
            readers.close(id);
        }
        assert_eq!(readers.floor(KIND), Some(at(100 - ABSENT_KEPT as u64)));
    }

    #[test]
    fn a_client_that_forgets_leaves_nothing_behind() {
        let mut readers = Readers::default();
        let (id, new) = readers.open(reader(""), KIND, PeerCache::Forgotten, at(1));
        assert!(!new);
        readers.close(id);
        assert_eq!(readers.floor(KIND), None);
    }
}
