//! The hub at work, on a real store in a folder.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy's own exception for tests does not reach helper functions"
)]

#[path = "../../xmpp/src/services/telephony/profiles/asterisk.rs"]
mod asterisk;

use std::{cell::RefCell, path::Path, rc::Rc, time::Duration};

use lampfield_board::{
    AccountName, BoardName, Cachable, Change, DeviceState, DeviceState::InUse, Eid, Protocol,
    Subject,
};
use lampfield_fabric::{Embedded, Ledger, Storage, Store, StoreLimits, Ticket};
use lampfield_hub::{
    Boards, ConnId, Grace, HubShell, Observer, Outcome, Publication, Refusal, Settings,
};
use tokio::task::LocalSet;

use asterisk::ASTERISK;

const CONN: ConnId = ConnId(1);

fn account() -> AccountName {
    AccountName::parse("pbx-a@asterisk.example").unwrap()
}

fn said(device: &str, state: DeviceState) -> Publication {
    Publication {
        identity: Eid::new([2, 0, 0, 0, 0, 1]).into(),
        subject: Subject::device(device).unwrap(),
        value: state.into(),
        cachable: Cachable::Yes,
        is_again: false,
        protocol: Protocol::Xmpp,
    }
}

fn store(folder: &Path) -> Store {
    Embedded::open(folder, StoreLimits::default()).unwrap().0
}

async fn open(store: &Store, grace: Duration) -> HubShell {
    let settings =
        Settings { grace: Grace::Fixed(grace), restart_grace: grace, ..Settings::default() };
    board(store, settings).await
}

async fn board(store: &Store, settings: Settings) -> HubShell {
    let name = BoardName::parse("asterisk.example").unwrap();
    let boards = Boards::open(store.clone(), settings, [name.clone()], |_| None).await.unwrap();
    boards.get(&name).unwrap()
}

async fn committed(store: &Store, ticket: Ticket) {
    let mut committed = store.committed();
    let reached = committed.wait_for(|reached| *reached >= ticket);
    tokio::time::timeout(Duration::from_secs(20), reached).await.unwrap().unwrap();
}

/// An observer that notes what it is told.
#[derive(Default)]
struct Recorder(RefCell<Vec<String>>);

impl Observer for Recorder {
    fn changed(&self, _board: &BoardName, change: &Change) {
        let word = format!("{} {}", change.subject.name(), change.state);
        self.0.borrow_mut().push(word);
    }
}

#[tokio::test]
async fn delivered_first_then_committed_then_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let hub = open(&store, Duration::from_secs(10)).await;
    let listener = Rc::new(Recorder::default());
    hub.add_observer(listener.clone());
    hub.act(|hub, now| hub.arrive(CONN, &account(), ASTERISK, now));

    let (outcome, ticket) = hub.publish(CONN, said("PJSIP/1", InUse)).unwrap();
    assert_eq!((outcome, &*listener.0.borrow()), (Outcome::Changed, &vec!["PJSIP/1 INUSE".into()]));
    committed(&store, ticket.unwrap()).await;

    let (outcome, ticket) = hub.publish(CONN, said("PJSIP/1", InUse)).unwrap();
    assert_eq!((outcome, ticket), (Outcome::Repeat, None), "all that it rests on is committed");
    assert_eq!(listener.0.borrow().len(), 1);
}

#[tokio::test]
async fn a_repeat_is_not_acknowledged_before_what_it_repeats() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let hub = open(&store, Duration::from_secs(10)).await;
    hub.act(|hub, now| hub.arrive(CONN, &account(), ASTERISK, now));
    for device in 0..2_000 {
        let (_, first) = hub.publish(CONN, said(&format!("PJSIP/{device}"), InUse)).unwrap();
        let (outcome, repeat) = hub.publish(CONN, said(&format!("PJSIP/{device}"), InUse)).unwrap();
        assert_eq!(outcome, Outcome::Repeat);
        // None only where the group was committed between the two.
        let safe =
            repeat.is_some() || first.is_none_or(|first| first <= *store.committed().borrow());
        assert!(safe, "{first:?} {repeat:?}");
    }
}

#[tokio::test]
async fn what_was_committed_is_known_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(folder.path());
    let hub = open(&first, Duration::from_secs(10)).await;
    hub.act(|hub, now| hub.arrive(CONN, &account(), ASTERISK, now));
    let mut last = None;
    for device in 0..3_000 {
        last = hub.publish(CONN, said(&format!("PJSIP/{device}"), InUse)).unwrap().1;
    }
    committed(&first, last.unwrap()).await;
    first.close(Duration::from_secs(20)).await.unwrap();
    drop(hub);

    let hub = open(&store(folder.path()), Duration::from_secs(10)).await;
    assert_eq!(hub.read(|hub, _| hub.status().kinds["device"]), 3_000);
}

#[tokio::test]
async fn what_is_due_is_done_without_being_asked() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let hub = open(&store, Duration::from_millis(50)).await;
    let listener = Rc::new(Recorder::default());
    hub.add_observer(listener.clone());
    let local = LocalSet::new();
    local.spawn_local(hub.clone().run());
    let ended = local.run_until(async {
        hub.act(|hub, now| hub.arrive(CONN, &account(), ASTERISK, now));
        hub.publish(CONN, said("PJSIP/1", InUse)).unwrap();
        tokio::task::yield_now().await;
        hub.act(|hub, now| hub.lost(CONN, now));
        while listener.0.borrow().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
    assert_eq!(*listener.0.borrow(), ["PJSIP/1 INUSE", "PJSIP/1 withdrawn"]);
}

/// Answers one change with another, which every door must hear after the first.
struct Echo(HubShell);

impl Observer for Echo {
    fn changed(&self, _board: &BoardName, change: &Change) {
        if change.subject.name().as_str() == "PJSIP/1" {
            self.0.publish(CONN, said("PJSIP/2", InUse)).unwrap();
        }
    }
}

#[tokio::test]
async fn a_change_made_by_a_door_is_told_after_the_present_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let hub = open(&store, Duration::from_secs(10)).await;
    let listener = Rc::new(Recorder::default());
    hub.add_observer(Rc::new(Echo(hub.clone())));
    hub.add_observer(listener.clone());
    hub.act(|hub, now| hub.arrive(CONN, &account(), ASTERISK, now));
    hub.publish(CONN, said("PJSIP/1", InUse)).unwrap();
    assert_eq!(*listener.0.borrow(), ["PJSIP/1 INUSE", "PJSIP/2 INUSE"]);
}

/// A disk that takes nothing until it is let go, under a queue with room for `keys` keys.
fn stuck(folder: &Path, keys: usize) -> (Store, rusqlite::Connection) {
    let limits = StoreLimits { pending_keys: keys, ..StoreLimits::default() };
    let store = Embedded::open(folder, limits).unwrap().0;
    let disk = rusqlite::Connection::open(folder.join("lampfield.db")).unwrap();
    disk.execute_batch("BEGIN IMMEDIATE").unwrap();
    (store, disk)
}

#[tokio::test]
async fn what_found_no_room_is_stored_later_and_acknowledged_only_then() {
    let folder = tempfile::tempdir().unwrap();
    // The origin and the first fact.
    let (first, disk) = stuck(folder.path(), 2);
    let hub = open(&first, Duration::from_secs(10)).await;
    hub.act(|hub, now| hub.arrive(CONN, &account(), ASTERISK, now));
    hub.publish(CONN, said("PJSIP/1", InUse)).unwrap();
    for round in 0..3 {
        let refused = hub.publish(CONN, said("PJSIP/2", InUse));
        assert!(matches!(refused, Err(Refusal::NotStored(_))), "round {round}: {refused:?}");
    }
    hub.publish(CONN, said("PJSIP/1", InUse)).unwrap();
    assert_eq!(hub.owed(), 1);
    disk.execute_batch("COMMIT").unwrap();

    let local = LocalSet::new();
    local.spawn_local(hub.clone().run());
    let acknowledged = local.run_until(async {
        loop {
            match hub.publish(CONN, said("PJSIP/2", InUse)) {
                Ok((Outcome::Repeat, None)) => break,
                Ok(_) | Err(Refusal::NotStored(_)) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(other) => panic!("{other}"),
            }
        }
    });
    tokio::time::timeout(Duration::from_secs(20), acknowledged).await.unwrap();
    assert_eq!(hub.owed(), 0);
    first.close(Duration::from_secs(20)).await.unwrap();
    drop((hub, local));

    let hub = open(&store(folder.path()), Duration::from_secs(10)).await;
    assert_eq!(hub.read(|hub, _| hub.status().kinds["device"]), 2);
}

/// Lamps go on where nothing more is owed for them; beyond that nothing new is begun.
#[tokio::test]
async fn a_long_debt_refuses_what_is_new_and_lets_what_is_known_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _disk) = stuck(folder.path(), 2);
    let limits = lampfield_hub::HubLimits { facts_per_origin: 1_000_000, ..Default::default() };
    let settings = Settings { limits, ..Settings::default() };
    let hub = board(&store, settings).await;
    let listener = Rc::new(Recorder::default());
    hub.add_observer(listener.clone());
    hub.act(|hub, now| hub.arrive(CONN, &account(), ASTERISK, now));
    for device in 0..Ledger::FULL + 2 {
        let _refused = hub.publish(CONN, said(&format!("PJSIP/{device}"), InUse));
    }
    assert_eq!((hub.owed(), listener.0.borrow().len()), (Ledger::FULL, Ledger::FULL + 1));
    assert!(hub.publish(CONN, said("PJSIP/7", DeviceState::Busy)).is_err());
    assert_eq!(listener.0.borrow().last().unwrap(), "PJSIP/7 BUSY");
    assert_eq!(hub.owed(), Ledger::FULL);
}
