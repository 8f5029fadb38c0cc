//! The store as a crash leaves it: groups of writes are committed one after another, those at the
//! end may be lost, and of the one that was being committed any part may be there that the contract
//! of the store allows. Reads rows with eyes of its own, so that keys and forms are checked too.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lampfield_board::{AccountName, DeviceState, Eid, MessageCount, Origin, Subject, Value};
use lampfield_fabric::{Bucket, Write, testing::commit_steps};

use super::{ledger::Key, random::Random};

/// What a crash took that cannot be known again.
#[derive(Default)]
pub struct Lost {
    /// Facts that everybody was told and of which nothing is left.
    pub facts: BTreeSet<Key>,
    /// Accounts that began a watch of which nothing is left.
    pub readers: BTreeSet<String>,
}

#[derive(Clone, Default)]
pub struct Disk {
    rows: BTreeMap<(Bucket, String), String>,
    waiting: VecDeque<Write>,
}

impl Disk {
    pub fn write(&mut self, write: Write) {
        self.waiting.push_back(write);
    }

    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub fn waiting_in(&self, buckets: impl Fn(Bucket) -> bool) -> usize {
        self.waiting.iter().filter(|write| buckets(write.bucket)).count()
    }

    /// Commits so many of the writes that wait, the oldest first.
    pub fn commit(&mut self, writes: usize) {
        for write in self.waiting.drain(..writes).collect::<Vec<_>>() {
            self.keep(write);
        }
    }

    fn keep(&mut self, write: Write) {
        let place = (write.bucket, write.key);
        match write.value {
            Some(value) => self.rows.insert(place, value),
            None => self.rows.remove(&place),
        };
    }

    /// What had not been committed is gone; of the oldest of it a part was.
    pub fn crash(&mut self, random: &mut Random) -> Lost {
        let in_hand = random.below(self.waiting.len() + 1);
        let group: Vec<_> = self.waiting.drain(..in_hand).collect();
        let (before, mut whole) = (self.newest_versions(), self.clone());
        group.iter().cloned().for_each(|write| whole.keep(write));
        let whole = whole.newest_versions();
        self.tear(group.clone(), random);
        let after = self.newest_versions();
        for (key, version) in before {
            let kept = after.get(&key).map_or(!whole.contains_key(&key), |kept| *kept >= version);
            assert!(kept, "what was committed of {key} is gone, or back after its end");
        }
        self.lose(group)
    }

    /// Commits some rows of a group, in an order that a store may choose.
    fn tear(&mut self, group: Vec<Write>, random: &mut Random) {
        let steps = commit_steps(group);
        let mut left = random.below(steps.iter().map(Vec::len).sum::<usize>() + 1);
        for mut step in steps {
            while left > 0 && !step.is_empty() {
                left -= 1;
                let at = random.below(step.len());
                self.keep(step.swap_remove(at));
            }
        }
    }

    /// The version of each fact or withdrawal that would be found at a start.
    fn newest_versions(&self) -> BTreeMap<String, (u64, u64)> {
        let mut newest = BTreeMap::new();
        for ((bucket, key), row) in &self.rows {
            if matches!(bucket, Bucket::Facts | Bucket::Tombstones) {
                let known = newest.entry(key.clone()).or_default();
                *known = version(row).max(*known);
            }
        }
        newest
    }

    /// What of a group and of all that waits behind it is not there any more.
    fn lose(&mut self, group: Vec<Write>) -> Lost {
        let waiting = group.into_iter().chain(std::mem::take(&mut self.waiting));
        let mut lost = Lost::default();
        for write in waiting {
            let nothing_left = || {
                [Bucket::Facts, Bucket::Tombstones]
                    .iter()
                    .all(|bucket| !self.rows.contains_key(&(*bucket, write.key.clone())))
            };
            match write.bucket {
                Bucket::Facts if nothing_left() => {
                    lost.facts.insert(parse(&write.key));
                }
                Bucket::Confirmations => {
                    let before = self.rows.get(&(Bucket::Confirmations, write.key.clone()));
                    if watches(write.value.as_deref()) > watches(before.map(String::as_str)) {
                        let account = write.key.split_once('|').unwrap().1;
                        lost.readers.insert(account.to_owned());
                    }
                }
                _ => {}
            }
        }
        lost
    }

    pub fn rows(&self) -> impl Iterator<Item = (Bucket, &str, &str)> {
        self.rows.iter().map(|((bucket, key), value)| (*bucket, key.as_str(), value.as_str()))
    }

    pub fn count(&self, bucket: Bucket) -> usize {
        self.rows.keys().filter(|(of, _)| *of == bucket).count()
    }

    /// The facts that will be found at the next start: where a fact and its withdrawal are both
    /// there, the newer one.
    pub fn facts(&self) -> BTreeMap<Key, Value> {
        let facts = self.rows().filter(|(bucket, ..)| *bucket == Bucket::Facts);
        let newer = facts.filter(|(_, key, fact)| {
            let withdrawal = self.rows.get(&(Bucket::Tombstones, (*key).to_owned()));
            withdrawal.is_none_or(|withdrawal| version(withdrawal) < version(fact))
        });
        newer.map(|(_, key, fact)| (parse(key), value(fact))).collect()
    }
}

/// `asterisk.example|server1@d|02:00:00:00:00:01|device/PJSIP/100`; no name in this world needs an escape.
fn parse(key: &str) -> Key {
    let parts: Vec<_> = key.split('|').collect();
    let origin =
        Origin::new(AccountName::parse(parts[1]).unwrap(), parts[2].parse::<Eid>().unwrap());
    (parts[3].parse::<Subject>().unwrap(), origin)
}

/// How many watches a row of confirmations speaks of.
fn watches(row: Option<&str>) -> u64 {
    type StoredReaders = BTreeMap<String, BTreeMap<String, u64>>;
    let instances: StoredReaders =
        row.map(|row| serde_json::from_str(row).unwrap()).unwrap_or_default();
    instances.values().flat_map(BTreeMap::values).sum()
}

fn version(row: &str) -> (u64, u64) {
    let row: serde_json::Value = serde_json::from_str(row).unwrap();
    (row["epoch"].as_u64().unwrap(), row["counter"].as_u64().unwrap())
}

fn value(row: &str) -> Value {
    let row: serde_json::Value = serde_json::from_str(row).unwrap();
    match row["value"].as_str() {
        Some(word) => word.parse::<DeviceState>().unwrap().into(),
        None => {
            let count = |name: &str| i32::try_from(row["value"][name].as_i64().unwrap()).unwrap();
            MessageCount::new(count("new"), count("old")).into()
        }
    }
}
