//! One origin with several connections, in all orders: whoever comes, speaks and goes, the board agrees with the ledger.

use std::time::Duration;

use lampfield_board::{
    AccountName, BoardName, Cachable, DeviceState, Eid, Origin, Protocol, Subject,
};
use lampfield_hub::{ConnId, Grace, Profile, Publication, Settings};

use super::{checks, disk::Disk, ledger::Ledger, node::Node, random::Random};
use crate::declared::ASTERISK;

const STEPS: usize = 200;
const MOST: usize = 4;
const GRACE: u64 = 10_000;

struct Origins {
    random: Random,
    node: Node,
    disk: Disk,
    ledger: Ledger,
    profile: Profile,
    origin: Origin,
    conns: Vec<ConnId>,
    now: u64,
    next: u64,
}

/// Runs the origin of one seed.
pub fn run(seed: u64) {
    let mut random = Random::new(seed);
    let profile = Profile { one_connection: random.chance(50), ..ASTERISK };
    let grace = Grace::Fixed(Duration::from_millis(GRACE));
    let settings = Settings { grace, ..Settings::default() };
    let mut disk = Disk::default();
    let board = BoardName::parse("asterisk.example").unwrap();
    let account = AccountName::parse(&format!("pbx@{board}")).unwrap();
    let mut story = Origins {
        random,
        ledger: Ledger::new(GRACE, settings.policies.clone(), profile.one_connection),
        node: Node::start(settings, &mut disk, 0),
        disk,
        profile,
        origin: Origin::new(account, Eid::new([2, 0, 0, 0, 0, 1])),
        conns: Vec::new(),
        now: 0,
        next: 1,
    };
    for _ in 0..STEPS {
        story.step();
        checks::board(&story.node.hub, &story.ledger);
        checks::leases_of(&story.node, &story.ledger, &Settings::default().policies, story.now);
    }
}

impl Origins {
    fn step(&mut self) {
        match self.random.below(10) {
            0 | 1 if self.conns.len() < MOST => self.arrives(),
            2..6 if !self.conns.is_empty() => self.speaks(),
            6 | 7 if !self.conns.is_empty() => self.goes(),
            _ => {
                // So long that no more than a few graces run at a time.
                let millis = self.random.between(2_000, 9_000);
                self.passes(millis);
            }
        }
    }

    fn arrives(&mut self) {
        let conn = ConnId(self.next);
        self.next += 1;
        let now = self.node.now(self.now);
        self.node.hub.arrive(conn, &self.origin.account, self.profile, now);
        self.ledger.arrive(&self.origin.account, self.now);
        self.conns.push(conn);
        self.node.carry_out(&mut self.disk);
    }

    fn speaks(&mut self) {
        let conn = *self.random.pick(&self.conns);
        let subject = Subject::device(&format!("PJSIP/{}", self.random.below(4))).unwrap();
        let state = *self.random.pick(&DeviceState::ALL);
        let said = Publication {
            identity: self.origin.identity.clone(),
            subject: subject.clone(),
            value: state.into(),
            cachable: Cachable::Yes,
            protocol: Protocol::Xmpp,
            is_again: false,
        };
        let now = self.node.now(self.now);
        self.node.hub.publish(conn, said, now).unwrap();
        self.ledger.speak(conn, &self.origin, self.now);
        self.ledger.say((subject, self.origin.clone()), state.into());
        self.node.carry_out(&mut self.disk);
    }

    fn goes(&mut self) {
        let index = self.random.below(self.conns.len());
        let conn = self.conns.remove(index);
        let now = self.node.now(self.now);
        if self.random.chance(30) {
            self.node.hub.goodbye(conn, now);
            self.ledger.goodbye(conn, self.now);
            self.ledger.expire(self.now);
        } else {
            self.node.hub.lost(conn, now);
            self.ledger.lost(conn, self.now);
        }
        self.node.carry_out(&mut self.disk);
    }

    fn passes(&mut self, millis: u64) {
        let end = self.now + millis;
        while let Some(at) = self.node.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            let now = self.node.now(self.now);
            self.node.hub.tick(now);
            self.node.carry_out(&mut self.disk);
        }
        self.now = end;
        self.ledger.expire(self.now);
    }
}
