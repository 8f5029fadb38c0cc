//! The door kit, by a door without a protocol: what its peers say and hear, under which names, and what becomes of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's own exception for tests does not reach helper functions"
)]

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use lampfield_board::mapping::MapRule;
use lampfield_board::{
    AccountName, BoardName, Cachable, Change, DeviceState, Eid, Kind, Mapping, Pattern, Protocol,
    SiteName, Subject, Value,
};
use lampfield_fabric::{Embedded, StoreLimits};
use lampfield_hub::kit::{
    DoorBoards, DoorKit, NewPeer, Outcome, Peer, PeerCache, Policy, Profile, Publication,
    PublishError, Results, Rights, Room, Rule, Shows, Wanted, Watcher, Watchers, Writer,
};
use lampfield_hub::{Boards, DoorState, Grace, Policies, Settings};
use tokio::sync::Notify;
use tokio::task::LocalSet;

use DeviceState::{Busy, InUse, Ringing};

/// A PBX that keeps what it heard while it is away.
const PBX: Profile = Profile { cache: PeerCache::Survives, ..Profile::PROGRAM };

/// A watcher that notes what it is sent.
#[derive(Clone)]
struct Ear {
    heard: Rc<RefCell<Vec<String>>>,
    room: Rc<Cell<Room>>,
}

impl Watcher for Ear {
    fn room(&self) -> Room {
        self.room.get()
    }

    fn send(&self, written: &[u8]) {
        self.heard.borrow_mut().push(String::from_utf8(written.to_vec()).unwrap());
    }

    fn is_drained(&self) -> bool {
        true
    }
}

/// A writer that counts the changes it has written.
struct Pen(Rc<Cell<usize>>);

impl Writer for Pen {
    fn write_fact(&self, change: &Change, out: &mut Vec<u8>) {
        self.0.set(self.0.get() + 1);
        let state = change.state.live().map_or("ended".to_owned(), ToString::to_string);
        out.extend_from_slice(format!("{} {state}", change.subject.name()).as_bytes());
    }

    fn write_lamp(&self, subject: &Subject, lamp: Option<&Value>, out: &mut Vec<u8>) {
        self.0.set(self.0.get() + 1);
        let lamp = lamp.map_or("dark".to_owned(), ToString::to_string);
        out.extend_from_slice(format!("{} {lamp}", subject.name()).as_bytes());
    }
}

/// A door at one board, with what its watchers have heard.
struct Scene {
    boards: Boards,
    kit: DoorKit,
    watchers: Rc<Watchers<Ear>>,
    written: Rc<Cell<usize>>,
    store: lampfield_fabric::Store,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn open(rules: &[MapRule]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Embedded::open(folder.path(), StoreLimits::default()).unwrap();
        let grace = Grace::Fixed(Duration::from_millis(50));
        let settings = Settings { grace, ..Settings::default() };
        let boards = Boards::open(store.clone(), settings, [], |_| None).await.unwrap();
        boards.set_mapping(Mapping::new(rules).unwrap());
        boards.run();
        let board = BoardName::parse("a.example").unwrap();
        let kit = DoorKit::open(&DoorBoards::of(&boards), &board, Protocol::Script).await.unwrap();
        let written = Rc::new(Cell::new(0));
        let pen = Pen(Rc::clone(&written));
        let watchers = Rc::new(Watchers::new(kit.clone(), pen, Rc::new(Notify::new())));
        kit.observe(Rc::clone(&watchers) as _);
        Self { boards, kit, watchers, written, store, _folder: folder }
    }

    fn peer(&self, name: &str, site: Option<&str>, rights: Rights) -> Rc<Peer> {
        let peer = Peer::new(
            &self.kit,
            NewPeer {
                account: AccountName::parse(&format!("{name}@a.example")).unwrap(),
                profile: PBX,
                rights,
                site: site.map(|site| SiteName::parse(site).unwrap()),
                relayed: None,
            },
        );
        peer.arrive();
        peer
    }

    /// Lets a peer watch the devices, and brings it up to date.
    async fn ear(&self, peer: &Rc<Peer>, shows: Shows) -> Ear {
        let ear = Ear { heard: Rc::default(), room: Rc::new(Cell::new(Room::Free)) };
        let (kind, instance, profile) = (Kind::Device, "", peer.profile());
        let wanted = Wanted { shows, kind, instance, profile };
        assert!(self.watchers.subscribe(peer, ear.clone(), wanted));
        assert!(!self.watchers.subscribe(peer, ear.clone(), wanted));
        self.settle().await;
        ear
    }

    async fn settle(&self) {
        while self.watchers.catch_up().await {}
    }
}

impl Ear {
    /// What came since the last time.
    fn hears(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.borrow_mut())
    }
}

fn said(device: &str, state: DeviceState) -> Publication {
    Publication {
        identity: Eid::new([2, 0, 0, 0, 0, 1]).into(),
        subject: Subject::device(device).unwrap(),
        value: state.into(),
        cachable: Cachable::Yes,
        is_again: false,
        protocol: Protocol::Script,
    }
}

fn rule(site: &str, here: &str, board: &str) -> MapRule {
    let site = Some(SiteName::parse(site).unwrap());
    MapRule::new(site, None, [Kind::Device], here.parse().unwrap(), board.parse().unwrap()).unwrap()
}

fn hears(patterns: &[&str]) -> Rights {
    let patterns: Vec<_> = patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect();
    Rights::of(&[Pattern::everything()], &patterns)
}

async fn run(test: impl AsyncFnOnce()) {
    LocalSet::new().run_until(test()).await;
}

#[tokio::test]
async fn a_change_is_written_once_for_all_who_see_it_alike() {
    run(async || {
        let rules = [rule("berlin", "PJSIP/*", "Custom:berlin-*"), rule("paris", "P/*", "PJSIP/*")];
        let scene = Scene::open(&rules).await;
        let mut ears = Vec::new();
        for number in 0..9 {
            let site = [None, Some("berlin"), Some("paris")][number % 3];
            let peer = scene.peer(&format!("p{number}"), site, Rights::ALL);
            ears.push((scene.ear(&peer, Shows::Facts).await, peer));
        }
        scene.written.set(0);
        ears[1].1.publish(said("PJSIP/100", InUse)).unwrap();
        assert_eq!(scene.written.get(), 3, "once for each view of nine watchers");
        let names: Vec<_> = ears.iter().map(|(ear, _)| ear.hears().concat()).collect();
        let (board, berlin) = ("Custom:berlin-100 INUSE", "PJSIP/100 INUSE");
        assert_eq!(names, [board, berlin, board, board, berlin, board, board, berlin, board]);

        // What another one calls so is not theirs, and their own name on the board is none of theirs.
        ears[0].1.publish(said("PJSIP/100", Busy)).unwrap();
        assert_eq!(ears[0].0.hears(), ["PJSIP/100 BUSY"]);
        assert_eq!(ears[1].0.hears(), [""; 0]);
        assert_eq!(ears[2].0.hears(), ["P/100 BUSY"]);
        let hidden = ears[1].1.publish(said("Custom:berlin-100", Busy)).unwrap_err();
        assert!(matches!(hidden, PublishError::Hidden(_)), "{hidden}");
        let read = |peer: &Rc<Peer>, name: &str| {
            let subject = Subject::device(name).unwrap();
            peer.read(|board| board.get(&subject)?.facts.lamp())
        };
        assert_eq!(read(&ears[1].1, "PJSIP/100"), Some(InUse.into()));
        assert_eq!(read(&ears[0].1, "PJSIP/100"), Some(Busy.into()));
        assert_eq!(read(&ears[1].1, "Custom:berlin-100"), None);
    })
    .await;
}

#[tokio::test]
async fn rights_that_change_bring_what_is_new_and_end_what_is_lost() {
    run(async || {
        let scene = Scene::open(&[]).await;
        let pbx = scene.peer("pbx", None, Rights::ALL);
        for (device, state) in [("PJSIP/1", InUse), ("PJSIP/2", Ringing), ("SIP/1", Busy)] {
            pbx.publish(said(device, state)).unwrap();
        }
        let branch = scene.peer("branch", None, hears(&["PJSIP/*"]));
        for shows in [Shows::Facts, Shows::Lamps] {
            branch.set_rights(hears(&["PJSIP/*"]));
            let ear = scene.ear(&branch, shows).await;
            assert_eq!(ear.hears(), ["PJSIP/1 INUSE", "PJSIP/2 RINGING"]);
            pbx.publish(said("SIP/1", Busy)).unwrap();
            assert_eq!(ear.hears(), [""; 0]);

            branch.set_rights(hears(&["*/1"]));
            scene.watchers.look_again(&branch);
            scene.settle().await;
            let end = if shows == Shows::Facts { "ended" } else { "dark" };
            let ended = format!("PJSIP/2 {end}");
            assert_eq!(ear.hears(), ["PJSIP/1 INUSE", ended.as_str(), "SIP/1 BUSY"]);
            // It is over: no further end follows, and nothing of what it may not hear.
            pbx.publish(said("PJSIP/2", InUse)).unwrap();
            pbx.publish(said("PJSIP/2", Ringing)).unwrap();
            assert_eq!(ear.hears(), [""; 0]);
            assert!(scene.watchers.unsubscribe(branch.id(), shows, Kind::Device));
        }
    })
    .await;
}

/// The catch-up has had no turn between the two.
#[tokio::test]
async fn rights_that_change_twice_end_all_that_was_heard_and_facts_may_end_as_a_whole() {
    run(async || {
        let scene = Scene::open(&[]).await;
        let pbx = scene.peer("pbx", None, Rights::ALL);
        for device in ["A/1", "B/1", "C/1"] {
            pbx.publish(said(device, InUse)).unwrap();
        }
        let branch = scene.peer("branch", None, hears(&["A/*", "B/*"]));
        let facts = scene.ear(&branch, Shows::Facts).await;
        let lamps = scene.ear(&branch, Shows::Lamps).await;
        assert_eq!(facts.hears(), ["A/1 INUSE", "B/1 INUSE"]);
        lamps.hears();
        for pattern in ["B/*", "C/*"] {
            branch.set_rights(hears(&[pattern]));
            scene.watchers.look_again(&branch);
        }
        scene.settle().await;
        assert_eq!(facts.hears(), ["A/1 ended", "B/1 ended", "C/1 INUSE"]);
        lamps.hears();
        scene.watchers.end_facts(&branch);
        scene.settle().await;
        assert_eq!(facts.hears(), ["C/1 ended"]);
        pbx.publish(said("C/1", Busy)).unwrap();
        assert_eq!((facts.hears(), lamps.hears()), (vec![], vec!["C/1 BUSY".to_owned()]));
        assert_eq!(scene.watchers.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn who_has_no_right_says_nothing_and_what_is_dropped_anyhow_needs_none() {
    run(async || {
        let scene = Scene::open(&[]).await;
        let ignore = Rule::parse("Buddy/*", Policy::Ignore).unwrap();
        let policies = Policies::default().before([ignore]);
        scene.boards.set_settings(&Settings { policies, ..Settings::default() });
        let nothing = Rights::of(&[], &[Pattern::everything()]);
        let peer = scene.peer("user", None, nothing);
        let refused = peer.publish(said("PJSIP/1", InUse)).unwrap_err();
        assert_eq!(refused.to_string(), "the account may not publish device/PJSIP/1");
        assert_eq!(peer.publish(said("Buddy/b", InUse)).unwrap().outcome, Outcome::Ignored);
        let hub = scene.boards.get(scene.kit.board()).unwrap();
        assert_eq!(hub.read(|hub, _| hub.status().said.refused), 1);
    })
    .await;
}

#[tokio::test]
async fn a_peer_that_is_dropped_is_lost_and_one_that_said_goodbye_may_come_back() {
    run(async || {
        let scene = Scene::open(&[]).await;
        let watcher = scene.peer("w", None, Rights::ALL);
        let ear = scene.ear(&watcher, Shows::Lamps).await;
        let (a, b) = (scene.peer("a", None, Rights::ALL), scene.peer("b", None, Rights::ALL));
        a.publish(said("PJSIP/1", InUse)).unwrap();
        b.publish(said("PJSIP/2", InUse)).unwrap();
        ear.hears();
        b.say_goodbye();
        assert_eq!(ear.hears(), ["PJSIP/2 dark"]);
        b.publish(said("PJSIP/2", Busy)).unwrap();
        assert_eq!(ear.hears(), ["PJSIP/2 BUSY"]);
        drop(a);
        assert_eq!(ear.hears(), [""; 0], "its grace runs");
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(ear.hears(), ["PJSIP/1 dark"]);
    })
    .await;
}

#[tokio::test]
async fn whoever_has_no_room_gets_the_newest_and_others_go_on() {
    run(async || {
        let scene = Scene::open(&[]).await;
        let pbx = scene.peer("pbx", None, Rights::ALL);
        let (slow, quick) =
            (scene.peer("slow", None, Rights::ALL), scene.peer("q", None, Rights::ALL));
        let slow = scene.ear(&slow, Shows::Lamps).await;
        let quick = scene.ear(&quick, Shows::Lamps).await;
        slow.room.set(Room::Full);
        for state in [InUse, Ringing, Busy] {
            pbx.publish(said("PJSIP/1", state)).unwrap();
        }
        assert_eq!(quick.hears(), ["PJSIP/1 INUSE", "PJSIP/1 RINGING", "PJSIP/1 BUSY"]);
        scene.settle().await;
        assert_eq!(slow.hears(), [""; 0]);
        slow.room.set(Room::Free);
        scene.settle().await;
        assert_eq!(slow.hears(), ["PJSIP/1 BUSY"]);
    })
    .await;
}

#[tokio::test]
async fn what_has_ended_waits_for_the_proof_of_those_who_keep_what_they_heard() {
    run(async || {
        let scene = Scene::open(&[]).await;
        let (pbx, keeper) =
            (scene.peer("p", None, Rights::ALL), scene.peer("k", None, Rights::ALL));
        let _ear = scene.ear(&keeper, Shows::Facts).await;
        pbx.publish(said("PJSIP/1", InUse)).unwrap();
        pbx.say_goodbye();
        let tombstones = || {
            let hub = scene.boards.get(scene.kit.board()).unwrap();
            hub.read(|hub, _| hub.status().tombstones.used)
        };
        scene.watchers.confirm_drained();
        assert_eq!(tombstones(), 1, "it keeps what it heard: that it was sent is no proof");
        let surveyed = scene.watchers.survey(|_| ());
        assert!(surveyed[0].must_confirm && surveyed[0].conn == keeper.id());
        scene.watchers.confirm(keeper.id(), &surveyed[0].reached);
        while tombstones() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(!scene.watchers.survey(|_| ())[0].must_confirm);
    })
    .await;
}

#[tokio::test]
async fn results_come_when_the_store_has_committed_and_in_order() {
    run(async || {
        let scene = Scene::open(&[]).await;
        let (results, given) = (Rc::new(Results::default()), Rc::<RefCell<Vec<u8>>>::default());
        let (running, to, committed) =
            (Rc::clone(&results), Rc::clone(&given), scene.kit.committed());
        tokio::task::spawn_local(async move {
            running.run(committed, |number| to.borrow_mut().push(number)).await;
        });
        let pbx = scene.peer("pbx", None, Rights::ALL);
        for number in 0..10 {
            let published = pbx.publish(said(&format!("PJSIP/{number}"), InUse)).unwrap();
            results.promise(published.ticket.unwrap(), number);
        }
        assert_eq!(given.borrow().len(), 0, "nothing is stored yet");
        while !results.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(*given.borrow(), (0..10).collect::<Vec<_>>());
        drop(scene.store);
    })
    .await;
}

#[tokio::test]
async fn a_door_tells_how_it_is_for_as_long_as_it_is_there() {
    run(async || {
        let scene = Scene::open(&[]).await;
        let health = scene.kit.health("192.0.2.1:8021");
        health.set_peers(2);
        let report = scene.boards.doors().remove(0);
        assert_eq!((report.peers, report.state), (2, DoorState::Serving));
        assert_eq!(report.board.as_ref(), Some(scene.kit.board()));
        let failed = DoorState::Failed { error: "wrong password".to_owned() };
        health.set(failed.clone());
        assert_eq!(scene.boards.doors()[0].state, failed);
        drop(health);
        assert!(scene.boards.doors().is_empty());
    })
    .await;
}

/// The accounts of all boards are in one book, so a door asks who is at its own.
#[tokio::test]
async fn a_door_admits_the_accounts_of_its_board_and_before_it_is_told_who_they_are_nobody() {
    run(async || {
        let scene = Scene::open(&[]).await;
        let admits = |name| scene.kit.admits(&AccountName::parse(name).unwrap());
        assert!(!admits("pbx@a.example"));
        scene.boards.set_homes(|account| match account.as_str().rsplit_once('@')?.1 {
            // Two domains share a board.
            "c.example" => BoardName::parse("a.example").ok(),
            other => BoardName::parse(other).ok(),
        });
        assert!(admits("pbx@a.example") && admits("pbx@c.example"));
        assert!(!admits("pbx@b.example") && !admits("lampfield cli"));
    })
    .await;
}
