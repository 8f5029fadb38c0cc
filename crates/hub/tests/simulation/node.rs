//! One Lampfield: the hub, its store and its connections, run as the shell and the door run them.

use std::collections::BTreeMap;
use std::time::Duration;

use lampfield_board::{AccountName, BoardName, Cachable, FactState, WallTime};
use lampfield_hub::{ConnId, Effect, Hub, Now, Settings};

use super::{disk::Disk, ledger::Key, link::Link};

pub struct Node {
    pub hub: Hub,
    pub links: BTreeMap<ConnId, Link>,
    started: u64,
    /// The values that were told in the present call.
    pub told: Vec<(Key, FactState)>,
    versions: BTreeMap<Key, lampfield_board::Version>,
}

impl Node {
    pub fn start(settings: Settings, disk: &mut Disk, at: u64) -> Self {
        let mut hub =
            Hub::new(BoardName::parse("asterisk.example").unwrap(), settings, now(at, at));
        for (bucket, key, value) in disk.rows() {
            hub.load(bucket, key, value);
        }
        hub.loaded(now(at, at));
        let (links, told, versions) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        let mut node = Self { hub, links, started: at, told, versions };
        node.carry_out(disk);
        node
    }

    pub fn now(&self, at: u64) -> Now {
        now(self.started, at)
    }

    /// When the hub wants to be woken, in the world's time.
    pub fn deadline(&self) -> Option<u64> {
        let deadline = self.hub.next_deadline()?;
        Some(self.started + u64::try_from(deadline.as_millis()).unwrap())
    }

    /// Carries out what the last call wants done.
    pub fn carry_out(&mut self, disk: &mut Disk) {
        self.told.clear();
        while let Some(effect) = self.hub.next_effect() {
            match effect {
                Effect::Persist(write) => disk.write(write),
                Effect::Changed(change) | Effect::Told(change) => {
                    let key = (change.subject.clone(), (*change.origin).clone());
                    if change.cachable == Cachable::Yes {
                        let before = self.versions.insert(key.clone(), change.version);
                        assert!(before <= Some(change.version), "version went back: {change:?}");
                        self.told.push((key, change.state.clone()));
                    }
                    for link in self.links.values_mut() {
                        link.offer(&change);
                    }
                }
                Effect::Notice(_) => {}
            }
        }
    }

    /// The connection of a PBX that has not been given up here.
    pub fn link_of(&self, server: usize, account: &AccountName) -> Option<ConnId> {
        let links = self.links.values();
        let mut own = links.filter(|link| link.server == server && link.account == *account);
        own.next().map(|link| link.conn)
    }
}

fn now(started: u64, at: u64) -> Now {
    Now {
        mono: Duration::from_millis(at - started),
        wall: WallTime::from_millis(1_700_000_000_000 + at),
    }
}
