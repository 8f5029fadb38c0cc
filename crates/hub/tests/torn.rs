//! The hub at work on a store that promises no more than a cluster can: rows of one group are
//! committed in any order that is allowed, and the process dies between two of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy's own exception for tests does not reach helper functions"
)]

#[path = "../../xmpp/src/services/telephony/profiles/asterisk.rs"]
mod asterisk;

use std::{collections::BTreeMap, time::Duration};

use lampfield_board::{
    AccountName, BoardName, Cachable, DeviceState, Eid, FactState, Kind, Protocol, Subject, Value,
};
use lampfield_fabric::{Health, Storage, Store, StoreLimits, Ticket, testing::TornDisk};
use lampfield_hub::{Boards, ConnId, Grace, HubShell, Publication, Settings};

use asterisk::ASTERISK;

const SEEDS: u64 = 200;
const DEVICES: usize = 6;
const STATES: [DeviceState; 3] = [DeviceState::InUse, DeviceState::Ringing, DeviceState::NotInUse];
const SOON: Duration = Duration::from_secs(20);

fn account(name: &str) -> AccountName {
    AccountName::parse(name).unwrap()
}

fn device(number: usize) -> Subject {
    Subject::device(&format!("PJSIP/{number}")).unwrap()
}

/// What was said of each device, with the ticket that makes it safe; `None` is its end.
type Publications = BTreeMap<usize, Vec<(Option<Ticket>, Option<Value>)>>;

/// One run of the server, from its start to its death.
struct Run {
    hub: HubShell,
    store: Store,
    conn: ConnId,
    said: Publications,
}

impl Run {
    async fn start(disk: &TornDisk, said: Publications) -> Self {
        let limits = StoreLimits { group_rows: 8, ..StoreLimits::default() };
        let store = disk.open(limits).unwrap();
        let grace = Duration::from_secs(600);
        let settings =
            Settings { grace: Grace::Fixed(grace), restart_grace: grace, ..Settings::default() };
        let name = BoardName::parse("d.example").unwrap();
        let boards = Boards::open(store.clone(), settings, [name.clone()], |_| None).await.unwrap();
        let hub = boards.get(&name).unwrap();
        let mut run = Self { hub, store, conn: ConnId(0), said };
        run.arrive();
        run
    }

    /// The PBX comes, and beside it another that keeps a cache and confirms nothing: all that
    /// ends must be remembered for it.
    fn arrive(&mut self) {
        self.conn = ConnId(self.conn.0 + 1);
        let conn = self.conn;
        self.hub.act(|hub, now| hub.arrive(conn, &account("pbx-a@d.example"), ASTERISK, now));
        let reader = account("pbx-b@d.example");
        let watching = self.hub.read(|hub, _| hub.awaited(&reader).count() > 0);
        if !watching {
            let watch = |kind| self.hub.act(|hub, _| hub.watch(&reader, kind, ASTERISK));
            Kind::ALL.map(watch).into_iter().for_each(|watch| {
                self.hub.act(|hub, _| hub.unwatch(watch));
            });
        }
    }

    fn say(&mut self, number: usize, state: DeviceState) {
        let said = Publication {
            identity: Eid::new([2, 0, 0, 0, 0, 1]).into(),
            subject: device(number),
            value: state.into(),
            cachable: Cachable::Yes,
            is_again: false,
            protocol: Protocol::Xmpp,
        };
        let (_, ticket) = self.hub.publish(self.conn, said).unwrap();
        self.said.entry(number).or_default().push((ticket, Some(state.into())));
        // What was done before is safe with this.
        for (known, _) in self.said.values_mut().flatten() {
            *known = known.or(ticket);
        }
    }

    /// All that the PBX said ends.
    fn leave(&mut self) {
        let conn = self.conn;
        self.hub.act(|hub, now| hub.goodbye(conn, now));
        for said in self.said.values_mut() {
            if said.last().is_some_and(|(_, state)| state.is_some()) {
                said.push((None, None));
            }
        }
        self.arrive();
    }

    /// The process dies in the middle of a group; what was safe is the first that remains of each
    /// device.
    async fn die(mut self) -> Publications {
        let mut health = self.store.health();
        let stalled = health.wait_for(|health| *health != Health::Ok);
        tokio::time::timeout(SOON, stalled).await.unwrap().unwrap();
        let safe = *self.store.committed().borrow();
        for said in self.said.values_mut() {
            let acknowledged =
                said.iter().rposition(|(ticket, _)| ticket.is_some_and(|ticket| ticket <= safe));
            said.drain(..acknowledged.unwrap_or_default());
            if acknowledged.is_none() {
                said.insert(0, (None, None));
            }
        }
        self.said
    }

    /// What a new start knows is what was acknowledged, or something newer; and where something
    /// was lit, either it is or its end is remembered.
    fn check(&mut self, seed: u64) {
        for (number, said) in &mut self.said {
            let found = self.hub.read(|hub, _| {
                let facts = hub.board().get(&device(*number));
                facts.and_then(|facts| facts.facts().last().map(|fact| fact.state.clone()))
            });
            let shown = found.as_ref().and_then(FactState::live).cloned();
            let place = said.iter().rposition(|(_, state)| *state == shown);
            assert!(place.is_some(), "seed {seed}: {number} shows {shown:?}, said was {said:?}");
            let was_lit = said[0].1.is_some();
            assert!(found.is_some() || !was_lit, "seed {seed}: {number} was lost: {said:?}");
            *said = vec![(Some(Ticket(0)), shown)];
        }
    }
}

#[tokio::test]
async fn a_death_in_the_middle_of_a_group_loses_nothing_and_lights_nothing() {
    for seed in 0..SEEDS {
        let mut random = numbers(seed);
        let disk = TornDisk::new(seed);
        let mut said = Publications::new();
        for _ in 0..4 {
            let mut run = Run::start(&disk, said).await;
            run.check(seed);
            for step in 0..60 {
                match random(12) {
                    0 => run.leave(),
                    1 => tokio::time::sleep(Duration::from_micros(300)).await,
                    n => run.say(random(DEVICES), STATES[n % STATES.len()]),
                }
                if step == 40 {
                    disk.crash_after(random(12));
                }
            }
            // Something must wait, or nothing would be seen to fail.
            run.leave();
            run.say(0, STATES[random(STATES.len())]);
            (1..20).for_each(|number| run.say(number % DEVICES, STATES[number % 2]));
            said = run.die().await;
        }
    }
}

/// A stream of numbers below a bound, the same for the same seed.
fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |bound| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    }
}
