//! Several boards on one store: nothing crosses, and what changes its board moves whole.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's own exception for tests does not reach helper functions"
)]

#[path = "../../xmpp/src/services/telephony/profiles/asterisk.rs"]
mod asterisk;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use lampfield_board::{
    AccountName, BoardName, Cachable, Change, DeviceState, Eid, Ending, FactState, Identity, Kind,
    MessageCount, Origin, Protocol, Subject, Value,
};
use lampfield_fabric::{Bucket, Embedded, Storage, Store, StoreLimits};
use lampfield_hub::{
    Boards, ConnId, HistorySettings, Observer, Publication, Reader, Settings, Succession,
};

use asterisk::ASTERISK;

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

/// With a history. Of each domain: its name, the board that it had, and the one that it has now.
async fn moved(store: &Store, domains: &[(&str, &str, &str)]) -> Boards {
    let names: Vec<_> = domains.iter().map(|(.., now)| name(now)).collect();
    let keep = std::time::Duration::from_hours(1);
    let history = HistorySettings { keep, ..HistorySettings::default() };
    let settings = Settings { history, ..Settings::default() };
    let succession =
        |(_, before, now): &(&str, &str, &str)| Succession { before: name(before), now: name(now) };
    let successions: Vec<_> = domains.iter().map(succession).collect();
    let home = |account: &AccountName| {
        let (_, domain) = account.as_str().split_once('@')?;
        domains.iter().find(|(of, ..)| *of == domain).map(|(.., now)| name(now))
    };
    Boards::open_after(&successions, store.clone(), settings, names, home).await.unwrap()
}

/// What the owner of the data folder says, who is of no domain.
fn by_hand(boards: &Boards, board: &str, state: DeviceState) {
    let origin = Origin::new(account("lampfield cli"), Identity::parse("command line").unwrap());
    let said = Publication {
        identity: origin.identity.clone(),
        subject: Subject::device("Custom:night").unwrap(),
        value: state.into(),
        cachable: Cachable::Yes,
        is_again: false,
        protocol: Protocol::Cli,
    };
    boards.get(&name(board)).unwrap().set(&origin, said).unwrap();
}

fn night() -> Subject {
    Subject::device("Custom:night").unwrap()
}

#[test]
fn what_was_said_by_hand_goes_where_all_domains_of_its_board_go() {
    with_store(async |folder| {
        let disk = store(folder);
        let boards = moved(&disk, &[("a.example", "old", "old")]).await;
        by_hand(&boards, "old", BUSY);
        close(disk).await;
        for before in ["old", "new"] {
            let disk = store(folder);
            let boards = moved(&disk, &[("a.example", before, "new")]).await;
            assert_eq!(shows(&boards, "new", &night()), Some(BUSY.into()), "{before}");
            close(disk).await;
        }
    });
}

/// Also under names of which one is still used: there it stays.
#[test]
fn what_was_said_by_hand_stays_on_a_board_that_is_still_used() {
    with_store(async |folder| {
        let disk = store(folder);
        by_hand(&together(&disk).await, SHARED, BUSY);
        close(disk).await;
        let disk = store(folder);
        let parted = [("a.example", SHARED, SHARED), ("b.example", SHARED, "b.example")];
        let boards = moved(&disk, &parted).await;
        assert_eq!(shows(&boards, SHARED, &night()), Some(BUSY.into()));
        assert_eq!(shows(&boards, "b.example", &night()), None);
    });
}

#[test]
fn what_was_said_by_hand_ends_when_domains_part_and_whoever_heard_it_is_told() {
    with_store(async |folder| {
        let disk = store(folder);
        let boards = together(&disk).await;
        by_hand(&boards, SHARED, BUSY);
        listens(&boards, SHARED, "a@a.example");
        listens(&boards, SHARED, "b@b.example");
        close(disk).await;
        let parted = [("a.example", SHARED, "a.example"), ("b.example", SHARED, "b.example")];
        for round in 0..2 {
            let disk = store(folder);
            let boards = moved(&disk, &parted).await;
            let gone = ("lampfield cli".to_owned(), FactState::Withdrawn(Ending::Moved));
            for (board, who) in [("a.example", "a@a.example"), ("b.example", "b@b.example")] {
                assert_eq!(shows(&boards, board, &night()), None);
                assert!(hears(&boards, board, who).contains(&gone), "round {round}");
            }
            close(disk).await;
        }
        // Nothing is left that would come back with the old name.
        let disk = store(folder);
        assert_eq!(shows(&together(&disk).await, SHARED, &night()), None);
    });
}

#[test]
fn of_what_was_said_by_hand_on_two_boards_that_become_one_the_last_word_counts() {
    for first in ["a.example", "b.example"] {
        with_store(async |folder| {
            let disk = store(folder);
            let boards = apart(&disk).await;
            let second = if first == "a.example" { "b.example" } else { "a.example" };
            // Higher versions on the board where it was said first.
            for state in [DeviceState::InUse, DeviceState::OnHold, BUSY] {
                by_hand(&boards, first, state);
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            by_hand(&boards, second, DeviceState::Ringing);
            close(disk).await;
            let disk = store(folder);
            let joined = [("a.example", "a.example", "both"), ("b.example", "b.example", "both")];
            let boards = moved(&disk, &joined).await;
            assert_eq!(
                shows(&boards, "both", &night()),
                Some(DeviceState::Ringing.into()),
                "{first}"
            );
        });
    }
}

/// Two domains swap their names' boards: what stands under a name is not what its new domain may see.
#[test]
fn of_a_board_whose_name_has_passed_to_others_strangers_see_and_hear_nothing() {
    with_store(async |folder| {
        let disk = store(folder);
        let boards = apart(&disk).await;
        for (board, who, state) in
            [("a.example", "a@a.example", BUSY), ("b.example", "b@b.example", DeviceState::Ringing)]
        {
            by_hand(&boards, board, state);
            says(&boards, board, who, device(), state);
            listens(&boards, board, who);
        }
        close(disk).await;
        let ended = ("lampfield cli".to_owned(), FactState::Withdrawn(Ending::Moved));
        let swapped =
            [("a.example", "a.example", "b.example"), ("b.example", "b.example", "a.example")];
        let since = swapped.map(|(domain, _, now)| (domain, now, now));
        for (round, domains) in [swapped, since].iter().enumerate() {
            let disk = store(folder);
            let boards = moved(&disk, domains).await;
            for (board, who, own) in [
                ("b.example", "a@a.example", BUSY),
                ("a.example", "b@b.example", DeviceState::Ringing),
            ] {
                assert_eq!(shows(&boards, board, &night()), None, "{board}, round {round}");
                let mut heard = hears(&boards, board, who);
                heard.retain(|(of, _)| of != who);
                assert_eq!(heard, std::slice::from_ref(&ended), "{board}, round {round}");
                assert_eq!(shows(&boards, board, &device()), Some(own.into()), "{board}");
            }
            close(disk).await;
        }
    });
}

#[test]
fn what_was_said_by_hand_waits_for_a_domain_that_is_not_served() {
    with_store(async |folder| {
        let disk = store(folder);
        by_hand(&apart(&disk).await, "a.example", BUSY);
        close(disk).await;
        let disk = store(folder);
        moved(&disk, &[("b.example", "b.example", "b.example")]).await;
        close(disk).await;
        let disk = store(folder);
        let boards = moved(&disk, &[("a.example", "a.example", "a.example")]).await;
        assert_eq!(shows(&boards, "a.example", &night()), Some(BUSY.into()));
    });
}

/// The keys of the stored pages.
async fn pages(store: &Store) -> Vec<String> {
    let page = store.scan(Bucket::History, "", None, 100).await.unwrap();
    page.rows.into_iter().map(|row| row.key).collect()
}

/// Says something on each board, and waits until its history is in the store.
async fn with_history(folder: &Path, domains: &[(&str, &str, &str)]) {
    let disk = store(folder);
    let boards = moved(&disk, domains).await;
    boards.run();
    for (.., board) in domains {
        by_hand(&boards, board, BUSY);
    }
    boards.history().complete_since(&name(domains[0].2)).await.unwrap();
    boards.history().close().await;
    close(disk).await;
}

#[test]
fn the_history_of_a_board_goes_along_under_a_new_name() {
    with_store(async |folder| {
        with_history(folder, &[("a.example", "old", "old")]).await;
        let disk = store(folder);
        let boards = moved(&disk, &[("a.example", "old", "new")]).await;
        let found = pages(&disk).await;
        assert!(!found.is_empty() && found.iter().all(|key| key.starts_with("new|")), "{found:?}");
        boards.run();
        let new = name("new");
        let since = boards.history().complete_since(&new).await.unwrap();
        assert!(since < boards.get(&new).unwrap().read(|hub, _| hub.history().complete_since()));
    });
}

#[test]
fn the_history_of_domains_that_part_or_join_is_read_by_nobody() {
    let parted: [(&str, &str, &str); 2] =
        [("a.example", SHARED, "a.example"), ("b.example", SHARED, "b.example")];
    let joined: [(&str, &str, &str); 2] =
        [("a.example", "a.example", SHARED), ("b.example", "b.example", SHARED)];
    let joins_another: [(&str, &str, &str); 2] =
        [("a.example", "a.example", "a.example"), ("b.example", "b.example", "a.example")];
    let swapped: [(&str, &str, &str); 2] =
        [("a.example", "a.example", "b.example"), ("b.example", "b.example", "a.example")];
    for (domains, left) in
        [(parted, &[][..]), (joined, &[]), (joins_another, &["a.example"]), (swapped, &[])]
    {
        with_store(async |folder| {
            let before = domains.map(|(domain, before, _)| (domain, before, before));
            with_history(folder, &before).await;
            let disk = store(folder);
            moved(&disk, &domains).await;
            let found = pages(&disk).await;
            let boards: Vec<_> = found.iter().filter_map(|key| key.split('|').next()).collect();
            assert_eq!(boards, left, "{found:?}");
        });
    }
}

#[test]
fn of_a_board_that_is_gone_no_past_is_left_and_later_it_begins_anew() {
    with_store(async |folder| {
        with_history(folder, &[("a.example", "a.example", "a.example")]).await;
        let disk = store(folder);
        let boards = moved(&disk, &[("a.example", "a.example", "a.example")]).await;
        boards.run();
        by_hand(&boards, "a.example", DeviceState::Ringing);
        let board = boards.get(&name("a.example")).unwrap();
        board.forget_past().await.unwrap();
        by_hand(&boards, "a.example", DeviceState::InUse);
        boards.history().close().await;
        assert_eq!(pages(&disk).await, [""; 0]);
        assert_eq!(boards.history().complete_since(board.name()).await, None);
        assert!(board.read(|hub, _| hub.history().is_empty() || hub.history().len() == 1));

        let again = board.now().wall;
        boards.add(board.name()).await.unwrap();
        assert!(board.read(|hub, _| hub.history().is_empty()));
        by_hand(&boards, "a.example", BUSY);
        assert!(boards.history().complete_since(board.name()).await.unwrap() >= again);
        boards.history().close().await;
        assert_eq!(pages(&disk).await.len(), 1);
    });
}
