//! One connection as its door sees it: watches, a bounded buffer, and a socket whose contents are
//! lost when the connection dies.

use std::collections::{BTreeMap, VecDeque};

use lampfield_board::{AccountName, Cachable, Change, Kind, Origin, Subject, Version};
use lampfield_hub::{ConnId, Hub, Profile, Reader, Room, Verdict, Watch};

use super::asterisk::Asterisk;

/// What a kernel takes before the peer reads anything.
const SOCKET: usize = 3;

pub struct Link {
    pub conn: ConnId,
    pub server: usize,
    pub account: AccountName,
    /// When its end will be noticed here, once the peer cannot be reached.
    pub noticed_at: Option<u64>,
    pub watches: Vec<Watch>,
    buffer: VecDeque<Change>,
    buffer_limit: usize,
    socket: VecDeque<Change>,
    told: BTreeMap<(Subject, Origin), Version>,
}

impl Link {
    pub fn new(conn: ConnId, server: usize, account: AccountName, buffer_limit: usize) -> Self {
        Self {
            conn,
            server,
            account,
            noticed_at: None,
            watches: Vec::new(),
            buffer: VecDeque::new(),
            buffer_limit,
            socket: VecDeque::new(),
            told: BTreeMap::new(),
        }
    }

    pub fn subscribe(&mut self, hub: &mut Hub, profile: Profile) {
        for kind in Kind::ALL {
            let reader = Reader::new(self.account.clone(), &format!("resource-{}", self.server));
            self.watches.push(hub.watch(reader, kind, profile));
        }
    }

    /// Gives the watches back; what was not received never will be.
    pub fn close(self, hub: &mut Hub) {
        for watch in self.watches {
            hub.unwatch(watch);
        }
    }

    pub fn offer(&mut self, change: &Change) {
        let full = self.buffer.len() >= self.buffer_limit;
        for watch in &mut self.watches {
            let room = if full { Room::Full } else { Room::Free };
            if watch.offer(change, room) == Verdict::Send {
                self.buffer.push_back(change.clone());
            }
        }
    }

    /// Moves up to `most` messages on; `peer` is there if it reads.
    pub fn pump(&mut self, hub: &Hub, mut peer: Option<&mut Asterisk>, most: usize) {
        for _ in 0..most {
            self.refill(hub);
            while self.socket.len() < SOCKET
                && let Some(message) = self.buffer.pop_front()
            {
                self.socket.push_back(message);
            }
            let Some(peer) = peer.as_deref_mut() else { return };
            let Some(message) = self.socket.pop_front() else { return };
            self.check_order(&message);
            peer.hear(&message);
        }
    }

    fn refill(&mut self, hub: &Hub) {
        for watch in &mut self.watches {
            let room = self.buffer_limit.saturating_sub(self.buffer.len());
            if room > 0 && !watch.is_live() {
                self.buffer.extend(watch.next(hub, room));
            }
        }
    }

    fn check_order(&mut self, message: &Change) {
        if message.cachable == Cachable::No {
            return;
        }
        let key = (message.subject.clone(), (*message.origin).clone());
        let before = self.told.insert(key, message.version);
        assert!(before <= Some(message.version), "told {before:?} before {message:?}");
    }

    /// Everything that was handed out has been received.
    pub fn all_received(&self) -> bool {
        self.buffer.is_empty() && self.socket.is_empty()
    }

    /// Nothing is left to be told.
    pub fn settled(&self) -> bool {
        !self.watches.is_empty() && self.all_received() && self.watches.iter().all(Watch::is_live)
    }

    /// The peer's TCP has acknowledged everything.
    pub fn confirm(&self, hub: &mut Hub) {
        if self.all_received() {
            for watch in &self.watches {
                hub.confirm(watch, watch.reached());
            }
        }
    }
}
