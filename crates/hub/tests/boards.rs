//! Several boards on one store: nothing crosses, and what changes its board moves whole.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's own exception for tests does not reach helper functions"
)]

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use lampfield_board::{
    AccountName, BoardName, Cachable, Change, DeviceState, Eid, Ending, FactState, Kind,
    MessageCount, Protocol, Subject, Value,
};
use lampfield_fabric::{Embedded, Storage, Store, StoreLimits};
use lampfield_hub::{Boards, ConnId, Observer, PeerCache, Profile, Publication, Reader, Settings};

/// What the XMPP door declares of an Asterisk.
const ASTERISK: Profile = Profile {
    cache: PeerCache::Survives,
    files_by_identity: true,
    repeats: true,
    waits_longer: true,
    shares_identity: false,
};

const SHARED: &str = "shared";

fn store(folder: &Path) -> Store {
    Embedded::open(folder, StoreLimits::default()).unwrap().0
}

fn name(board: &str) -> BoardName {
    BoardName::parse(board).unwrap()
}

fn account(text: &str) -> AccountName {
    AccountName::parse(text).unwrap()
}

fn domain(account: &AccountName) -> BoardName {
    name(account.as_str().split('@').nth(1).unwrap())
}

/// Every domain has a board of its own.
async fn apart(store: &Store) -> Boards {
    let names = [name("a.example"), name("b.example")];
    Boards::open(store.clone(), Settings::default(), names, |account| Some(domain(account)))
        .await
        .unwrap()
}

/// Two domains that share one board, by one mapping for every account.
async fn together(store: &Store) -> Boards {
    Boards::open(store.clone(), Settings::default(), [name(SHARED)], |_| Some(name(SHARED)))
        .await
        .unwrap()
}

fn says(boards: &Boards, board: &str, who: &str, subject: Subject, value: impl Into<Value>) {
    let hub = boards.get(&name(board)).unwrap();
    let conn = ConnId(u64::from(who.as_bytes()[0]));
    hub.act(|hub, now| hub.arrive(conn, &account(who), ASTERISK, now));
    let publication = Publication {
        identity: Eid::new([2, 0, 0, 0, 0, who.as_bytes()[0]]).into(),
        subject,
        value: value.into(),
        cachable: Cachable::Yes,
        is_again: false,
        protocol: Protocol::Xmpp,
    };
    hub.publish(conn, publication).unwrap();
}

fn device() -> Subject {
    Subject::device("PJSIP/100").unwrap()
}

fn mailbox() -> Subject {
    Subject::mailbox("1000@default").unwrap()
}

fn shows(boards: &Boards, board: &str, subject: &Subject) -> Option<Value> {
    boards.get(&name(board)).unwrap().read(|hub, _| hub.board().aggregate(subject))
}

/// Whoever watches goes on showing what it has heard.
fn listens(boards: &Boards, board: &str, who: &str) {
    let reader = Reader::new(account(who), "desk");
    let hub = boards.get(&name(board)).unwrap();
    let watch = hub.act(|hub, _| hub.watch(reader, Kind::Device, ASTERISK));
    hub.act(|hub, _| hub.unwatch(watch));
}

/// What a reader that comes back is sent.
fn hears(boards: &Boards, board: &str, who: &str) -> Vec<(String, FactState)> {
    let hub = boards.get(&name(board)).unwrap();
    let reader = Reader::new(account(who), "desk");
    let mut watch = hub.act(|hub, _| hub.watch(reader, Kind::Device, ASTERISK));
    let changes = hub.read(|hub, _| watch.next(hub, 1_000));
    changes.iter().map(|change| (change.origin.account.to_string(), change.state.clone())).collect()
}

/// Runs on a thread of the hubs' kind, and waits for the disk at the end of each part.
fn with_store(test: impl AsyncFnOnce(&Path)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test(folder.path()));
}

async fn close(store: Store) {
    store.close(std::time::Duration::from_secs(10)).await.unwrap();
}

const BUSY: DeviceState = DeviceState::Busy;

#[test]
fn a_stranger_of_one_board_hears_and_sees_nothing_of_another() {
    #[derive(Default)]
    struct Heard(RefCell<Vec<String>>);

    impl Observer for Heard {
        fn changed(&self, board: &BoardName, change: &Change) {
            self.0.borrow_mut().push(format!("{board} {}", change.origin.account));
        }
    }

    with_store(async |folder| {
        let boards = apart(&store(folder)).await;
        let heard = Rc::new(Heard::default());
        boards.observe(&(Rc::clone(&heard) as Rc<dyn Observer>));
        says(&boards, "a.example", "a@a.example", device(), BUSY);
        assert_eq!(shows(&boards, "a.example", &device()), Some(BUSY.into()));
        assert_eq!(shows(&boards, "b.example", &device()), None);
        assert!(hears(&boards, "b.example", "b@b.example").is_empty());
        assert_eq!(*heard.0.borrow(), ["a.example a@a.example"]);
    });
}

#[test]
fn each_board_finds_its_own_again_after_a_restart() {
    with_store(async |folder| {
        let disk = store(folder);
        let boards = apart(&disk).await;
        says(&boards, "a.example", "a@a.example", device(), BUSY);
        says(&boards, "b.example", "b@b.example", device(), DeviceState::Ringing);
        close(disk).await;
        let boards = apart(&store(folder)).await;
        assert_eq!(shows(&boards, "a.example", &device()), Some(BUSY.into()));
        assert_eq!(shows(&boards, "b.example", &device()), Some(DeviceState::Ringing.into()));
    });
}

#[test]
fn a_board_that_is_added_later_has_what_is_stored_of_it() {
    with_store(async |folder| {
        let disk = store(folder);
        says(&apart(&disk).await, "b.example", "b@b.example", device(), BUSY);
        close(disk).await;
        let disk = store(folder);
        let home = |account: &AccountName| Some(domain(account));
        let boards =
            Boards::open(disk, Settings::default(), [name("a.example")], home).await.unwrap();
        assert!(boards.get(&name("b.example")).is_none());
        boards.add(&name("b.example")).await.unwrap();
        assert_eq!(shows(&boards, "b.example", &device()), Some(BUSY.into()));
    });
}

/// Message counts as well; and whoever had heard the others is told that they are gone.
#[test]
fn domains_that_part_take_their_own_along_and_forget_the_others() {
    with_store(async |folder| {
        let disk = store(folder);
        let boards = together(&disk).await;
        says(&boards, SHARED, "a@a.example", device(), BUSY);
        says(&boards, SHARED, "a@a.example", mailbox(), MessageCount::new(3, 1));
        says(&boards, SHARED, "b@b.example", device(), DeviceState::Ringing);
        listens(&boards, SHARED, "a@a.example");
        listens(&boards, SHARED, "b@b.example");
        close(disk).await;

        for round in 0..2 {
            let disk = store(folder);
            let boards = apart(&disk).await;
            assert_eq!(shows(&boards, "a.example", &device()), Some(BUSY.into()), "round {round}");
            assert_eq!(
                shows(&boards, "a.example", &mailbox()),
                Some(MessageCount::new(3, 1).into())
            );
            assert_eq!(shows(&boards, "b.example", &device()), Some(DeviceState::Ringing.into()));
            assert_eq!(shows(&boards, "b.example", &mailbox()), None);
            let gone = ("b@b.example".to_owned(), FactState::Withdrawn(Ending::Moved));
            assert!(hears(&boards, "a.example", "a@a.example").contains(&gone), "round {round}");
            let gone = ("a@a.example".to_owned(), FactState::Withdrawn(Ending::Moved));
            assert!(hears(&boards, "b.example", "b@b.example").contains(&gone), "round {round}");
            close(disk).await;
        }
    });
}

#[test]
fn domains_that_come_together_again_lose_nothing() {
    with_store(async |folder| {
        let disk = store(folder);
        says(&together(&disk).await, SHARED, "a@a.example", mailbox(), MessageCount::new(3, 1));
        close(disk).await;
        let disk = store(folder);
        let boards = apart(&disk).await;
        says(&boards, "b.example", "b@b.example", device(), BUSY);
        close(disk).await;
        for round in 0..2 {
            let disk = store(folder);
            let boards = together(&disk).await;
            assert_eq!(
                shows(&boards, SHARED, &mailbox()),
                Some(MessageCount::new(3, 1).into()),
                "round {round}"
            );
            assert_eq!(shows(&boards, SHARED, &device()), Some(BUSY.into()), "round {round}");
            close(disk).await;
        }
    });
}
