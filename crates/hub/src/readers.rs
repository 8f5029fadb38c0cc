//! Up to which revision each peer has certainly received what it was sent. Peers keep caches that
//! nobody can look into, so this is all there is to decide when a withdrawal may be forgotten. A
//! mark is never higher than what the peer behind it knows.

use std::collections::{BTreeMap, HashMap};

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
    /// Peers whose caches survive, by account.
    seats: HashMap<AccountName, BTreeMap<(Box<str>, Kind), Seat>>,
    /// How many marks there are at each revision, those of ended watches included: the lowest is
    /// asked for at every withdrawal, whoever watches.
    marks: BTreeMap<(Kind, Revision), usize>,
}

/// The watches of one kind under one name whose marks outlive them.
#[derive(Debug, Default)]
struct Seat {
    live: usize,
    /// Sorted marks of ended watches.
    absent: Vec<Revision>,
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
                self.leave(reader, kind, Revision::ZERO);
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
            PeerCache::Survives => {
                let seat = self.seat(&reader, kind);
                seat.live += 1;
                // Of several under one name the highest: whoever really is back, no mark that
                // stays is then too high.
                seat.absent.pop()
            }
            PeerCache::Forgotten => None,
        };
        self.opened += 1;
        let id = WatchId(self.opened);
        let confirmed = left.unwrap_or(current);
        if left.is_none() {
            self.add_mark(kind, confirmed);
        }
        self.live.insert(id, Live { reader, kind, cache, confirmed });
        (id, cache == PeerCache::Survives && left.is_none())
    }

    /// A peer has received everything up to `received`.
    pub fn confirm(&mut self, id: WatchId, received: Revision) -> Option<Rose> {
        let live = self.live.get_mut(&id).filter(|live| live.confirmed < received)?;
        let before = std::mem::replace(&mut live.confirmed, received);
        let kind = live.kind;
        self.remove_mark(kind, before);
        self.add_mark(kind, received);
        Some(Rose { kind, before })
    }

    /// Up to where a peer has confirmed.
    #[must_use]
    pub fn confirmed(&self, id: WatchId) -> Option<Revision> {
        self.live.get(&id).map(|live| live.confirmed)
    }

    /// A watch ends; what a peer that keeps it knows stays as it was confirmed last.
    pub fn close(&mut self, id: WatchId) -> Option<PeerCache> {
        let live = self.live.remove(&id)?;
        self.remove_mark(live.kind, live.confirmed);
        if live.cache == PeerCache::Survives {
            self.seat(&live.reader, live.kind).live -= 1;
            self.leave(&live.reader, live.kind, live.confirmed);
        }
        Some(live.cache)
    }

    /// Nobody waits any longer for an account: not for ended watches, and not for those that run
    /// once they have ended.
    pub fn forget(&mut self, account: &AccountName) {
        for live in self.live.values_mut().filter(|live| live.reader.account == *account) {
            live.cache = PeerCache::Forgotten;
        }
        let seats = self.seats.remove(account).into_iter().flatten();
        for ((_, kind), seat) in seats {
            seat.absent.into_iter().for_each(|mark| self.remove_mark(kind, mark));
        }
    }

    /// Every account that is waited for.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountName> {
        self.seats.keys()
    }

    /// Up to here, everyone who must know a change of this kind does. `None`: there is nobody.
    #[must_use]
    pub fn floor(&self, kind: Kind) -> Option<Revision> {
        let ((of, lowest), _) = self.marks.range((kind, Revision::ZERO)..).next()?;
        (*of == kind).then_some(*lowest)
    }

    /// Who may not know a change of this kind, sorted, each account once.
    #[must_use]
    pub fn behind(&self, kind: Kind, revision: Revision) -> Vec<AccountName> {
        if self.floor(kind).is_none_or(|floor| floor >= revision) {
            return Vec::new();
        }
        let live = self.live.values().filter(|live| live.kind == kind);
        let live = live.filter(|live| live.confirmed < revision).map(|live| &live.reader.account);
        let absent = self.seats.iter().filter(|(_, seats)| {
            let seats = seats.iter().filter(|((_, of), _)| *of == kind);
            // Sorted: the first is the lowest.
            seats.filter_map(|(_, seat)| seat.absent.first()).any(|mark| *mark < revision)
        });
        let absent = absent.map(|(account, _)| account);
        let mut accounts: Vec<_> = live.chain(absent).cloned().collect();
        accounts.sort();
        accounts.dedup();
        accounts
    }

    /// What to store about an account.
    #[must_use]
    pub fn stored(&self, account: &AccountName) -> Seats {
        let mut stored = Seats::new();
        for ((seat, kind), of_seat) in self.seats.get(account).into_iter().flatten() {
            let marks = of_seat.live + of_seat.absent.len();
            if marks > 0 {
                *stored.entry(seat.clone()).or_default().of_mut(*kind) += marks;
            }
        }
        stored
    }

    /// Watches that run.
    #[must_use]
    pub fn watching(&self) -> usize {
        self.live.len()
    }

    fn seat(&mut self, reader: &Reader, kind: Kind) -> &mut Seat {
        let seats = self.seats.entry(reader.account.clone()).or_default();
        seats.entry((reader.seat.clone(), kind)).or_default()
    }

    fn leave(&mut self, reader: &Reader, kind: Kind, mark: Revision) {
        self.add_mark(kind, mark);
        let seat = self.seat(reader, kind);
        let place = seat.absent.partition_point(|other| *other <= mark);
        seat.absent.insert(place, mark);
        self.bound(&reader.account, kind);
    }

    /// Beyond the limit the mark goes that has been away for longest, and its name with it.
    fn bound(&mut self, account: &AccountName, kind: Kind) {
        let Some(seats) = self.seats.get_mut(account) else { return };
        let of_kind = || seats.iter().filter(|((_, of), _)| *of == kind);
        if of_kind().map(|(_, seat)| seat.absent.len()).sum::<usize>() <= ABSENT_KEPT {
            return;
        }
        let lowest = of_kind().filter_map(|(key, seat)| Some((*seat.absent.first()?, key)));
        let Some((mark, key)) = lowest.min().map(|(mark, key)| (mark, key.clone())) else { return };
        if let Some(seat) = seats.get_mut(&key) {
            seat.absent.remove(0);
            if seat.live == 0 && seat.absent.is_empty() {
                seats.remove(&key);
            }
        }
        self.remove_mark(kind, mark);
    }

    fn add_mark(&mut self, kind: Kind, mark: Revision) {
        *self.marks.entry((kind, mark)).or_default() += 1;
    }

    fn remove_mark(&mut self, kind: Kind, mark: Revision) {
        if let Some(count) = self.marks.get_mut(&(kind, mark)) {
            *count -= 1;
            if *count == 0 {
                self.marks.remove(&(kind, mark));
            }
        }
    }
}

#[cfg(test)]
mod tests;
