//! Up to which revision each peer has certainly received what it was sent. Peers keep caches that
//! nobody can look into, so this is all there is to decide when a withdrawal may be forgotten. A
//! mark is never higher than what the peer behind it knows.

use std::collections::{BTreeMap, HashMap};

use lampfield_board::{AccountName, Kind, PerKind, Revision};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Marks of ended watches kept per account and kind; beyond it the one longest away goes. Only
/// clients that invent a new resource with each login come that far.
const ABSENT_KEPT: usize = 16;

/// One watch, as long as the process runs, also after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatchId(u64);

/// Up to where the peer of one watch has confirmed changes of a kind.
type Mark = (Kind, Revision, WatchId);

/// Whose cache is behind a watch: an account, and which of its PBXs. Two PBXs that share an account are two readers;
/// the same PBX is the same reader when it comes back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader {
    account: AccountName,
    /// For XMPP the resource; empty where an account has only one PBX.
    instance: Box<str>,
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watching(PerKind<usize>);

/// The readers of an account by instance, as they are stored.
pub type StoredReaders = BTreeMap<Box<str>, Watching>;

/// Everyone who watches or has watched.
#[derive(Debug, Default)]
pub struct Readers {
    opened: u64,
    live: HashMap<WatchId, Live>,
    /// Peers whose caches survive, by account.
    instances: HashMap<AccountName, BTreeMap<(Box<str>, Kind), InstanceMarks>>,
    /// Every mark with its account, those of ended watches included: the lowest is asked for at
    /// every withdrawal, whoever watches.
    marks: BTreeMap<Mark, AccountName>,
}

/// The watches of one kind under one name whose marks outlive them.
#[derive(Debug, Default)]
struct InstanceMarks {
    live: usize,
    /// Sorted marks of ended watches.
    absent: Vec<(Revision, WatchId)>,
}

#[derive(Debug)]
struct Live {
    reader: Reader,
    kind: Kind,
    cache: PeerCache,
    confirmed: Revision,
}

/// A mark that rose, because its reader has confirmed more.
#[derive(Debug)]
pub struct Rose {
    pub kind: Kind,
    pub before: Revision,
}

// === impl Reader ===

impl Reader {
    /// The PBX of an account that names itself `instance`.
    #[must_use]
    pub fn new(account: AccountName, instance: &str) -> Self {
        Self { account, instance: instance.into() }
    }

    /// The account by which the reader logs in.
    #[must_use]
    pub fn account(&self) -> &AccountName {
        &self.account
    }
}

/// The only PBX of its account.
impl From<&AccountName> for Reader {
    fn from(account: &AccountName) -> Self {
        Self::new(account.clone(), "")
    }
}

// === impl Watching ===

/// By the words of the kinds; those that nobody watches are left out.
impl Serialize for Watching {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let watched = self.0.iter().filter(|(_, watches)| **watches > 0);
        to.collect_map(watched.map(|(kind, watches)| (kind.as_str(), watches)))
    }
}

/// A kind that is not known here is of another version, in which nobody waits for this one.
impl<'de> Deserialize<'de> for Watching {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let stored = BTreeMap::<String, usize>::deserialize(from)?;
        let mut watching = Self::default();
        for (kind, watches) in stored {
            if let Ok(kind) = kind.parse() {
                *watching.0.of_mut(kind) = watches;
            }
        }
        Ok(watching)
    }
}

// === impl Readers ===

impl Readers {
    /// Takes back what was stored about a reader; all its watches are gone by now.
    pub fn restore(&mut self, reader: &Reader, watching: Watching) {
        for kind in Kind::ALL {
            for _ in 0..(*watching.0.of(kind)).min(ABSENT_KEPT) {
                let id = self.next_id();
                self.leave(id, reader, kind, Revision::ZERO);
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
                let instance = self.instance(&reader, kind);
                instance.live += 1;
                // Of several under one name the highest: whoever really is back, no mark that
                // stays is then too high.
                instance.absent.pop()
            }
            PeerCache::Forgotten => None,
        };
        let id = self.next_id();
        let confirmed = match left {
            Some((mark, of)) => {
                self.marks.remove(&(kind, mark, of));
                mark
            }
            None => current,
        };
        self.marks.insert((kind, confirmed, id), reader.account.clone());
        self.live.insert(id, Live { reader, kind, cache, confirmed });
        (id, cache == PeerCache::Survives && left.is_none())
    }

    /// A peer has received everything up to `received`.
    pub fn confirm(&mut self, id: WatchId, received: Revision) -> Option<Rose> {
        let live = self.live.get_mut(&id).filter(|live| live.confirmed < received)?;
        let before = std::mem::replace(&mut live.confirmed, received);
        let kind = live.kind;
        let account = self.marks.remove(&(kind, before, id))?;
        self.marks.insert((kind, received, id), account);
        Some(Rose { kind, before })
    }

    /// Up to which revision the peer behind a watch has confirmed.
    #[must_use]
    pub fn confirmed(&self, id: WatchId) -> Option<Revision> {
        self.live.get(&id).map(|live| live.confirmed)
    }

    /// A watch ends; what a peer that keeps it knows stays as it was confirmed last.
    pub fn close(&mut self, id: WatchId) -> Option<PeerCache> {
        let live = self.live.remove(&id)?;
        self.marks.remove(&(live.kind, live.confirmed, id));
        if live.cache == PeerCache::Survives {
            self.instance(&live.reader, live.kind).live -= 1;
            self.leave(id, &live.reader, live.kind, live.confirmed);
        }
        Some(live.cache)
    }

    /// Nobody waits any longer for an account: not for ended watches, and not for those that run
    /// once they have ended.
    pub fn forget(&mut self, account: &AccountName) {
        for live in self.live.values_mut().filter(|live| live.reader.account == *account) {
            live.cache = PeerCache::Forgotten;
        }
        for ((_, kind), instance) in self.instances.remove(account).into_iter().flatten() {
            for (mark, id) in instance.absent {
                self.marks.remove(&(kind, mark, id));
            }
        }
    }

    /// Nobody waits any longer for ended watches of one reader. Says how many there were.
    pub fn forget_absent(&mut self, reader: &Reader) -> usize {
        let mut marks = Vec::new();
        if let Some(instances) = self.instances.get_mut(&reader.account) {
            for ((instance, kind), marks_of) in instances.iter_mut() {
                if *instance == reader.instance {
                    marks.extend(marks_of.absent.drain(..).map(|(mark, id)| (*kind, mark, id)));
                }
            }
            self.drop_empty(&reader.account);
        }
        for mark in &marks {
            self.marks.remove(mark);
        }
        marks.len()
    }

    /// The readers of an account that are away and waited for, by instance.
    pub fn absent(&self, account: &AccountName) -> impl Iterator<Item = &str> {
        let instances = self.instances.get(account).into_iter().flatten();
        let absent = instances.filter(|(_, marks_of)| !marks_of.absent.is_empty());
        let mut names: Vec<_> = absent.map(|((instance, _), _)| &**instance).collect();
        names.dedup();
        names.into_iter()
    }

    /// Every account that is waited for.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountName> {
        self.instances.keys()
    }

    /// Up to here, everyone who must know a change of this kind does. `None`: there is nobody.
    #[must_use]
    pub fn floor(&self, kind: Kind) -> Option<Revision> {
        let ((of, lowest, _), _) = self.marks.range((kind, Revision::ZERO, WatchId(0))..).next()?;
        (*of == kind).then_some(*lowest)
    }

    /// Who may not know a change of this kind, sorted, each account once.
    #[must_use]
    pub fn behind(&self, kind: Kind, revision: Revision) -> Vec<AccountName> {
        let lowest = (kind, Revision::ZERO, WatchId(0));
        let below = self.marks.range(lowest..(kind, revision, WatchId(0)));
        let mut accounts: Vec<_> = below.map(|(_, account)| account.clone()).collect();
        accounts.sort();
        accounts.dedup();
        accounts
    }

    /// What to store about an account.
    #[must_use]
    pub fn stored(&self, account: &AccountName) -> StoredReaders {
        let mut stored = StoredReaders::new();
        for ((instance, kind), marks_of) in self.instances.get(account).into_iter().flatten() {
            let marks = marks_of.live + marks_of.absent.len();
            if marks > 0 {
                *stored.entry(instance.clone()).or_default().0.of_mut(*kind) += marks;
            }
        }
        stored
    }

    /// How many watches run now, of all readers.
    #[must_use]
    pub fn watching(&self) -> usize {
        self.live.len()
    }

    fn instance(&mut self, reader: &Reader, kind: Kind) -> &mut InstanceMarks {
        let instances = self.instances.entry(reader.account.clone()).or_default();
        instances.entry((reader.instance.clone(), kind)).or_default()
    }

    fn next_id(&mut self) -> WatchId {
        self.opened += 1;
        WatchId(self.opened)
    }

    fn leave(&mut self, id: WatchId, reader: &Reader, kind: Kind, mark: Revision) {
        self.marks.insert((kind, mark, id), reader.account.clone());
        let instance = self.instance(reader, kind);
        let place = instance.absent.partition_point(|other| *other <= (mark, id));
        instance.absent.insert(place, (mark, id));
        self.bound(&reader.account, kind);
    }

    /// Beyond the limit the mark goes that has been away for longest, and its name with it.
    fn bound(&mut self, account: &AccountName, kind: Kind) {
        let Some(instances) = self.instances.get_mut(account) else { return };
        let of_kind = || instances.iter().filter(|((_, of), _)| *of == kind);
        if of_kind().map(|(_, instance)| instance.absent.len()).sum::<usize>() <= ABSENT_KEPT {
            return;
        }
        let lowest = of_kind().filter_map(|(key, instance)| Some((*instance.absent.first()?, key)));
        let Some(((mark, id), key)) = lowest.min().map(|(mark, key)| (mark, key.clone())) else {
            return;
        };
        if let Some(instance) = instances.get_mut(&key) {
            instance.absent.remove(0);
            if instance.live == 0 && instance.absent.is_empty() {
                instances.remove(&key);
            }
        }
        self.marks.remove(&(kind, mark, id));
    }

    fn drop_empty(&mut self, account: &AccountName) {
        if let Some(instances) = self.instances.get_mut(account) {
            instances.retain(|_, instance| instance.live > 0 || !instance.absent.is_empty());
            if instances.is_empty() {
                self.instances.remove(account);
            }
        }
    }
}

#[cfg(test)]
mod tests;
