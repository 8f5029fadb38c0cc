//! What the end of a large origin costs the thread that serves everybody: the longest single call
//! and all of them together, for 100,000 facts.
//!
//! ```text
//! cargo run -p lampfield-hub --release --example tick_cost
//! ```

#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking")]

#[path = "../../xmpp/src/services/telephony/profiles/asterisk.rs"]
mod asterisk;

use std::time::{Duration, Instant};

use lampfield_board::{
    AccountName, BoardName, Cachable, DeviceState::InUse, Eid, Kind, Protocol, Subject, WallTime,
};
use lampfield_hub::{ConnId, Hub, Now, Policies, Policy, Publication, Rule, Settings};

use asterisk::ASTERISK;

const FACTS: usize = 100_000;
const CONN: ConnId = ConnId(1);
const EID: Eid = Eid::new([2, 0, 0, 0, 0, 1]);

fn account() -> AccountName {
    AccountName::parse("pbx-a@asterisk.example").unwrap()
}

fn at(seconds: u64) -> Now {
    Now { mono: Duration::from_secs(seconds), wall: WallTime::from_millis(seconds * 1_000) }
}

/// A hub with the facts of one origin, of which every tenth is kept whatever happens.
fn hub() -> Hub {
    let keep = Rule::parse("PJSIP/*0", Policy::Keep).unwrap();
    let settings = Settings { policies: Policies::new(vec![keep]), ..Settings::default() };
    let mut hub = Hub::new(BoardName::parse("asterisk.example").unwrap(), settings, at(0));
    let peer = AccountName::parse("pbx-b@asterisk.example").unwrap();
    // Confirms nothing, so that every withdrawal is remembered.
    let _watch = hub.watch(&peer, Kind::Device, ASTERISK);
    hub.arrive(CONN, &account(), ASTERISK, at(0));
    for device in 0..FACTS {
        let said = Publication {
            identity: EID.into(),
            subject: Subject::device(&format!("PJSIP/{device}")).unwrap(),
            value: InUse.into(),
            cachable: Cachable::Yes,
            is_again: false,
            protocol: Protocol::Xmpp,
        };
        hub.publish(CONN, said, at(0)).unwrap();
        carry_out(&mut hub);
    }
    hub
}

/// What the shell does, without a disk and doors.
fn carry_out(hub: &mut Hub) {
    while hub.next_effect().is_some() {}
}

/// Calls as the shell does until nothing is due.
fn measure(name: &str, now: Now, begin: impl FnOnce(&mut Hub)) {
    let mut hub = hub();
    let mut spent = Vec::new();
    let mut time = |hub: &mut Hub, call: &mut dyn FnMut(&mut Hub)| {
        let begun = Instant::now();
        call(hub);
        carry_out(hub);
        spent.push(begun.elapsed());
    };
    let mut begin = Some(begin);
    time(&mut hub, &mut |hub| begin.take().into_iter().for_each(|begin| begin(hub)));
    while hub.next_deadline().is_some_and(|due| due <= now.mono) {
        time(&mut hub, &mut |hub| {
            hub.tick(now);
        });
    }
    let (calls, total) = (spent.len(), spent.iter().sum::<Duration>());
    let worst = spent.iter().max().unwrap();
    println!("{name:12} {calls:5} calls, the longest {worst:9.2?}, all {total:9.2?}");
}

fn main() {
    for _ in 0..3 {
        measure("loss", at(100), |hub| hub.lost(CONN, at(1)));
        measure("goodbye", at(1), |hub| hub.goodbye(CONN, at(1)));
        measure("removal", at(1), |hub| hub.remove_account(&account(), at(1)));
    }
}
