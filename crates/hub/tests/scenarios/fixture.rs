//! A hub with a clock that stands still until it is told to go on.

use std::{collections::BTreeMap, time::Duration};

use lampfield_board::{
    AccountName, BoardName, Cachable, Change, DeviceState, Eid, MessageCount, Protocol, Subject,
    Value, WallTime,
};
use lampfield_fabric::Bucket;
use lampfield_hub::{
    ConnId, Effect, Hub, Lease, Notice, Now, Outcome, PeerCache, Profile, Publication, Refusal,
    Settings, Trouble,
};

pub use crate::asterisk::ASTERISK;

/// What it declares of a person's client.
pub const PERSON: Profile =
    Profile { cache: PeerCache::Forgotten, files_by_identity: true, ..ASTERISK };

pub const A: &str = "pbx-a@asterisk.example";
pub const B: &str = "pbx-b@asterisk.example";

pub struct Story {
    pub hub: Hub,
    pub now: Now,
    pub changes: Vec<Change>,
    pub notices: Vec<Notice>,
    pub store: BTreeMap<(Bucket, String), String>,
    settings: Settings,
}

impl Story {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let policies = settings.policies.clone().before(crate::own_names::policies());
        let settings = Settings { policies, ..settings };
        let now = Now { mono: Duration::ZERO, wall: WallTime::from_millis(1_700_000_000_000) };
        Self {
            hub: Hub::new(BoardName::parse("asterisk.example").unwrap(), settings.clone(), now),
            now,
            changes: Vec::new(),
            notices: Vec::new(),
            store: BTreeMap::new(),
            settings,
        }
    }

    /// The same, after Lampfield was killed and started again.
    pub fn restart(&mut self) {
        self.now.mono = Duration::ZERO;
        self.hub = Hub::new(self.hub.name().clone(), self.settings.clone(), self.now);
        for ((bucket, key), value) in &self.store {
            self.hub.load(*bucket, key, value);
        }
        self.hub.loaded(self.now);
        self.carry_out();
    }

    pub fn login(&mut self, conn: u64, account: &str) {
        self.hub.arrive(ConnId(conn), &name(account), ASTERISK, self.now);
        self.carry_out();
    }

    pub fn lost(&mut self, conn: u64) {
        self.hub.lost(ConnId(conn), self.now);
        self.carry_out();
    }

    pub fn act<T>(&mut self, act: impl FnOnce(&mut Hub, Now) -> T) -> T {
        let answer = act(&mut self.hub, self.now);
        self.carry_out();
        answer
    }

    pub fn device(&mut self, conn: u64, eid: u8, device: &str, state: DeviceState) -> Outcome {
        self.say(conn, eid, Subject::device(device).unwrap(), state.into()).unwrap()
    }

    pub fn mailbox(&mut self, conn: u64, eid: u8, mailbox: &str, new: i32) -> Outcome {
        let count = MessageCount::new(new, 0).into();
        self.say(conn, eid, Subject::mailbox(mailbox).unwrap(), count).unwrap()
    }

    pub fn say(
        &mut self,
        conn: u64,
        eid: u8,
        subject: Subject,
        value: Value,
    ) -> Result<Outcome, Refusal> {
        let (eid, protocol, cachable) = (number(eid), Protocol::Xmpp, Cachable::Yes);
        self.publish(
            conn,
            Publication {
                identity: eid.into(),
                subject,
                value,
                cachable,
                protocol,
                is_again: false,
            },
        )
    }

    pub fn publish(&mut self, conn: u64, said: Publication) -> Result<Outcome, Refusal> {
        let outcome = self.hub.publish(ConnId(conn), said, self.now);
        self.carry_out();
        outcome
    }

    /// Lets time pass, with the ticks that fall due.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now.mono + time;
        while let Some(deadline) = self.hub.next_deadline().filter(|deadline| *deadline <= end) {
            self.now.mono = self.now.mono.max(deadline);
            self.hub.tick(self.now);
            self.carry_out();
        }
        self.now.mono = end;
    }

    /// Removes an account; what follows from that is done as far as one tick goes.
    pub fn remove(&mut self, account: &str) {
        self.act(|hub, now| hub.remove_account(&name(account), now));
        self.act(|hub, now| hub.tick(now));
    }

    pub fn shows(&self, device: &str) -> Option<DeviceState> {
        self.hub.board().aggregate(&Subject::device(device).unwrap())?.get().copied()
    }

    pub fn counts(&self, mailbox: &str) -> Option<i32> {
        let value = self.hub.board().aggregate(&Subject::mailbox(mailbox).unwrap())?;
        value.get::<MessageCount>().map(|count| count.new)
    }

    pub fn troubles(&self) -> Vec<Trouble> {
        self.hub.status().troubles
    }

    pub fn raised(&self) -> usize {
        self.notices.iter().filter(|notice| matches!(notice, Notice::Raised(_))).count()
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.hub.next_effect() {
            match effect {
                Effect::Changed(change) | Effect::Told(change) => self.changes.push(change),
                Effect::Notice(notice) => self.notices.push(notice),
                Effect::Persist(write) => {
                    let place = (write.bucket, write.key);
                    match write.value {
                        Some(value) => self.store.insert(place, value),
                        None => self.store.remove(&place),
                    };
                }
            }
        }
    }
}

/// How long each fact about a device still has.
pub fn leases(story: &Story, device: &str) -> Vec<Lease> {
    story.hub.why(&Subject::device(device).unwrap(), story.now).unwrap().leases
}

pub fn name(account: &str) -> AccountName {
    AccountName::parse(account).unwrap()
}

pub fn number(eid: u8) -> Eid {
    Eid::new([2, 0, 0, 0, 0, eid])
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
