//! One PBX: a machine with a network path, perhaps a running Asterisk, perhaps a connection.

use std::collections::{BTreeSet, VecDeque};

use lampfield_board::{AccountName, Cachable, Eid, Subject, Value};
use lampfield_hub::{ConnId, PeerCache, Profile};

use super::{asterisk::Asterisk, random::Random};

pub use crate::declared::ASTERISK;

/// What it declares of a person's client.
pub const PERSON: Profile =
    Profile { cache: PeerCache::Forgotten, files_by_identity: true, ..ASTERISK };

pub struct Server {
    pub account: AccountName,
    /// Accounts that it used before, and does not use any more.
    pub left: BTreeSet<AccountName>,
    /// A PBX keeps what it heard; a person's client begins anew with each login.
    pub profile: Profile,
    pub process: Option<Asterisk>,
    pub last_eid: Eid,
    pub path_up: bool,
    pub reading: bool,
    pub session: Option<Session>,
    /// When it tries to connect, while it has no session.
    pub retry_at: u64,
    attempts: u32,
}

/// A connection as the client sees it.
pub struct Session {
    pub conn: ConnId,
    /// What it has written and Lampfield has not read.
    pub upstream: VecDeque<Up>,
    /// When it gives up a connection that is dead.
    pub gives_up_at: Option<u64>,
}

/// What a client sends to Lampfield.
pub enum Up {
    Say { eid: Eid, subject: Subject, value: Value, cachable: Cachable },
    Subscribe,
}

impl Server {
    pub fn new(account: AccountName, profile: Profile) -> Self {
        Self {
            account,
            left: BTreeSet::new(),
            profile,
            process: None,
            last_eid: Eid::new([0; 6]),
            path_up: true,
            reading: true,
            session: None,
            retry_at: 0,
            attempts: 0,
        }
    }

    pub fn boot(&mut self, process: Asterisk, now: u64) {
        self.process = Some(process);
        self.session = None;
        self.attempts = 0;
        self.retry_at = now;
    }

    /// The connection is gone, or an attempt has failed: the wait doubles and never shrinks.
    pub fn wait(&mut self, now: u64) {
        self.session = None;
        self.retry_at = now + (1_000 << self.attempts.min(6)).min(60_000);
        self.attempts += 1;
    }

    /// Logged in: it repeats every device of its own, then subscribes.
    pub fn logged_in(&mut self, conn: ConnId, random: &mut Random) {
        let Some(process) = &mut self.process else { return };
        if self.profile == PERSON {
            *process = Asterisk::new(process.eid);
        }
        let eid = process.eid;
        let say = |(subject, state): (&Subject, &lampfield_board::DeviceState)| Up::Say {
            eid,
            subject: subject.clone(),
            value: (*state).into(),
            cachable: Cachable::Yes,
        };
        let mut upstream: VecDeque<_> = process.own.iter().map(say).collect();
        // The old res_jabber subscribes first.
        if random.chance(20) {
            upstream.push_front(Up::Subscribe);
        } else {
            upstream.push_back(Up::Subscribe);
        }
        self.session = Some(Session { conn, upstream, gives_up_at: None });
    }

    pub fn uses(&self, account: &str) -> bool {
        self.left.iter().chain([&self.account]).any(|used| used.as_str() == account)
    }

    pub fn say(&mut self, subject: Subject, value: Value, cachable: Cachable) {
        if let (Some(process), Some(session)) = (&self.process, &mut self.session) {
            session.upstream.push_back(Up::Say { eid: process.eid, subject, value, cachable });
        }
    }

    /// The process that can take in what it is sent.
    pub fn listening(&mut self) -> Option<&mut Asterisk> {
        self.process.as_mut().filter(|_| self.path_up && self.reading)
    }
}
