//! The past over restarts, on a store that promises no more than a cluster can: it comes back, it goes when it must, and
//! it says from when on it is complete.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's own exception for tests does not reach helper functions"
)]

#[path = "../../xmpp/src/services/telephony/profiles/asterisk.rs"]
mod asterisk;

use std::time::Duration;

use lampfield_board::history::{Masks, PastChange};
use lampfield_board::{
    AccountName, BoardName, Cachable, DeviceState, Eid, Pattern, Protocol, Subject, Value, WallTime,
};
use lampfield_fabric::{Bucket, Health, Storage, Store, StoreLimits, Write, testing::TornDisk};
use lampfield_hub::{
    Boards, ConnId, HistorySettings, LinkEvent, LinkTurn, Publication, Settings, Sought,
};
use tokio::task::LocalSet;
use tokio::time::{sleep, timeout};

use DeviceState::{InUse, NotInUse, Ringing};

use asterisk::ASTERISK;

const CONN: ConnId = ConnId(1);
const SOON: Duration = Duration::from_secs(20);
const LONG: Duration = Duration::from_hours(1);

fn board() -> BoardName {
    BoardName::parse("a.example").unwrap()
}

fn device(name: &str) -> Subject {
    Subject::device(name).unwrap()
}

/// One run of a Lampfield, from its start to its end.
struct Run {
    boards: Boards,
    store: Store,
}

impl Run {
    async fn start(disk: &TornDisk, history: HistorySettings) -> Self {
        let store = disk.open(StoreLimits::default()).unwrap();
        let settings = Settings { history, ..Settings::default() };
        let boards = Boards::open(store.clone(), settings, [board()], |_| None).await.unwrap();
        boards.run();
        let run = Self { boards, store };
        let account = AccountName::parse("pbx@a.example").unwrap();
        run.hub().act(|hub, now| hub.arrive(CONN, &account, ASTERISK, now));
        run
    }

    fn hub(&self) -> lampfield_hub::HubShell {
        self.boards.get(&board()).unwrap()
    }

    fn say(&self, name: &str, state: DeviceState) {
        let said = Publication {
            identity: Eid::new([2, 0, 0, 0, 0, 1]).into(),
            subject: device(name),
            value: state.into(),
            cachable: Cachable::Yes,
            is_again: false,
            protocol: Protocol::Xmpp,
        };
        self.hub().publish(CONN, said).unwrap();
    }

    /// What the store has of a lamp, the oldest first, and of connections.
    async fn past(&self, name: &str) -> (Vec<PastChange>, Vec<LinkEvent>) {
        let (board, subjects) = (board(), [device(name)]);
        let (since, until) = (WallTime::default(), WallTime::from_millis(u64::MAX));
        let sought = Sought { board: &board, subjects: &subjects, since, until, links: true };
        let mut search = self.boards.history().search(sought).await.unwrap();
        let (mut changes, mut links) = (Vec::new(), Vec::new());
        while let Some(leaf) = search.next().await.unwrap() {
            changes.extend(leaf.changes.into_iter().map(|(_, change)| change));
            links.extend(leaf.links);
        }
        changes.reverse();
        links.reverse();
        (changes, links)
    }

    async fn said(&self, name: &str) -> Vec<DeviceState> {
        let state = |change: PastChange| change.state.live().and_then(Value::get).copied();
        self.past(name).await.0.into_iter().filter_map(state).collect()
    }

    async fn complete_since(&self) -> Option<WallTime> {
        self.boards.history().complete_since(&board()).await
    }

    /// Ends as a program does that is told to.
    async fn stop(self) {
        self.boards.history().close().await;
        self.store.close(SOON).await.unwrap();
    }

    async fn is_stored(&self) {
        let last = self.store.write(Write {
            bucket: Bucket::Meta,
            key: "x".into(),
            value: Some("1".into()),
        });
        let last = last.unwrap();
        let mut committed = self.store.committed();
        let safe = committed.wait_for(|committed| *committed >= last);
        timeout(SOON, safe).await.unwrap().unwrap();
    }
}

fn rows(disk: &TornDisk) -> Vec<String> {
    let rows = disk.rows().into_iter().filter(|(bucket, ..)| *bucket == Bucket::History);
    rows.map(|(_, key, value)| format!("{key} {value}")).collect()
}

fn kept() -> HistorySettings {
    HistorySettings { keep: LONG, ..HistorySettings::default() }
}

fn masked() -> HistorySettings {
    HistorySettings { masks: Masks::new(&[Pattern::parse("PJSIP/1*").unwrap()]), ..kept() }
}

async fn alone(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn the_past_is_there_after_a_stop() {
    alone(async {
        let disk = TornDisk::new(1);
        let run = Run::start(&disk, kept()).await;
        let begun = run.complete_since().await.unwrap();
        for state in [InUse, Ringing, NotInUse] {
            run.say("PJSIP/100", state);
            run.say("PJSIP/101", state);
        }
        run.hub().act(|hub, now| hub.lost(CONN, now));
        let before = run.past("PJSIP/100").await;
        run.stop().await;

        let run = Run::start(&disk, kept()).await;
        assert_eq!(run.past("PJSIP/100").await.0, before.0);
        assert_eq!(run.said("PJSIP/100").await, [InUse, Ringing, NotInUse]);
        let (_, links) = run.past("PJSIP/100").await;
        assert!(matches!(links[0].turn, LinkTurn::Lost(_)), "{links:?}");
        assert_eq!(links[0], before.1[0]);
        assert_eq!(run.complete_since().await, Some(begun), "from the first start on");
        assert_eq!(run.said("PJSIP/102").await, []);
    })
    .await;
}

#[tokio::test]
async fn what_a_crash_takes_is_the_last_batch_at_most() {
    alone(async {
        for seed in 0..20 {
            let disk = TornDisk::new(seed);
            let run = Run::start(&disk, kept()).await;
            run.say("PJSIP/100", InUse);
            // A search writes what waits.
            assert_eq!(run.said("PJSIP/100").await, [InUse]);
            run.is_stored().await;
            run.say("PJSIP/100", Ringing);
            disk.crash_after(0);
            drop(run);

            let run = Run::start(&disk, kept()).await;
            assert_eq!(run.said("PJSIP/100").await, [InUse], "seed {seed}");
            run.say("PJSIP/100", NotInUse);
            assert_eq!(run.said("PJSIP/100").await, [InUse, NotInUse]);
            run.stop().await;
        }
    })
    .await;
}

#[tokio::test]
async fn it_is_written_behind_without_being_asked() {
    alone(async {
        let disk = TornDisk::new(1);
        let run = Run::start(&disk, kept()).await;
        run.say("PJSIP/100", InUse);
        assert!(!rows(&disk).concat().contains("PJSIP/100"), "the publish waits for nothing");
        timeout(SOON, async {
            while !rows(&disk).concat().contains("PJSIP/100") {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap();
        for _ in 0..3_000 {
            run.say("PJSIP/100", Ringing);
            run.say("PJSIP/100", InUse);
        }
        assert_eq!(run.said("PJSIP/100").await.len(), 6_001, "over several pages, in order");
        assert!(rows(&disk).len() > 3);
    })
    .await;
}

#[tokio::test]
async fn the_oldest_goes_when_there_is_too_much() {
    alone(async {
        let disk = TornDisk::new(1);
        let size = 100_000;
        let run = Run::start(&disk, HistorySettings { size, ..kept() }).await;
        let begun = run.complete_since().await.unwrap();
        run.say("PJSIP/1", InUse);
        for _ in 0..6_000 {
            run.say("PJSIP/100", Ringing);
            run.say("PJSIP/100", InUse);
        }
        let stored = || rows(&disk).iter().map(String::len).sum::<usize>();
        timeout(SOON, async {
            while !(20_000..=100_000).contains(&stored())
                || run.boards.history().report().bytes > size
            {
                run.say("PJSIP/100", Ringing);
                run.say("PJSIP/100", InUse);
                sleep(Duration::from_millis(50)).await;
            }
        })
        .await
        .unwrap();
        assert_eq!(run.said("PJSIP/1").await, [], "the oldest page is gone");
        let since = run.complete_since().await.unwrap();
        assert!(since > begun, "and it is told");
        let (changes, _) = run.past("PJSIP/100").await;
        assert!(changes.len() > 500 && changes.iter().any(|change| change.at >= since));
        run.stop().await;
        let run = Run::start(&disk, HistorySettings { size, ..kept() }).await;
        assert!(run.complete_since().await.unwrap() > begun);
    })
    .await;
}

#[tokio::test]
async fn what_is_too_old_goes_and_is_told_to_nobody() {
    alone(async {
        let keep = Duration::from_millis(1_500);
        let disk = TornDisk::new(1);
        let run = Run::start(&disk, HistorySettings { keep, ..kept() }).await;
        run.say("PJSIP/1", InUse);
        assert_eq!(run.said("PJSIP/1").await, [InUse]);
        run.is_stored().await;
        sleep(keep).await;
        assert_eq!(run.said("PJSIP/1").await, [], "before it is removed");
        timeout(SOON, async {
            while rows(&disk).concat().contains("PJSIP/1\"") {
                run.say("PJSIP/100", Ringing);
                run.say("PJSIP/100", InUse);
                sleep(Duration::from_millis(200)).await;
            }
        })
        .await
        .unwrap();
        assert!(!run.said("PJSIP/100").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn nothing_is_kept_where_it_is_off_and_what_was_is_removed() {
    alone(async {
        let disk = TornDisk::new(1);
        let off = || HistorySettings { keep: Duration::ZERO, ..kept() };
        let run = Run::start(&disk, kept()).await;
        run.say("PJSIP/100", InUse);
        run.stop().await;
        assert!(!rows(&disk).is_empty());

        let run = Run::start(&disk, off()).await;
        run.say("PJSIP/100", Ringing);
        assert_eq!((run.said("PJSIP/100").await, run.complete_since().await), (vec![], None));
        timeout(SOON, async {
            while !rows(&disk).is_empty() {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap();

        // Switched on while it runs, it begins there; switched off again it goes.
        let settings = |history| Settings { history, ..Settings::default() };
        run.boards.set_settings(&settings(kept()));
        run.say("PJSIP/100", InUse);
        assert_eq!(run.said("PJSIP/100").await, [InUse]);
        assert!(run.complete_since().await.is_some());
        run.boards.set_settings(&settings(off()));
        timeout(SOON, async {
            while !rows(&disk).is_empty() {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_masked_name_is_never_stored_and_an_older_one_is_taken_out() {
    alone(async {
        let disk = TornDisk::new(1);
        let run = Run::start(&disk, kept()).await;
        run.say("PJSIP/100", InUse);
        run.say("PJSIP/200", InUse);
        run.stop().await;
        assert!(rows(&disk).concat().contains("PJSIP/100"));

        let run = Run::start(&disk, masked()).await;
        run.say("PJSIP/100", Ringing);
        run.say("PJSIP/101", InUse);
        assert_eq!(run.said("PJSIP/100").await, []);
        assert_eq!(run.said("PJSIP/***").await, [InUse, Ringing, InUse]);
        assert_eq!(run.said("PJSIP/200").await, [InUse]);
        run.hub().read(|hub, _| {
            let of = |name| hub.history().of(&device(name), WallTime::default(), 10).len();
            assert_eq!((of("PJSIP/100"), of("PJSIP/***")), (0, 2), "nor in memory");
            let lamp = hub.board().aggregate(&device("PJSIP/100"));
            assert_eq!(lamp, Some(Ringing.into()), "the lamp itself is not touched");
        });
        run.stop().await;
        let stored = rows(&disk).concat();
        assert!(!stored.contains("PJSIP/10"), "{stored}");
    })
    .await;
}

#[tokio::test]
async fn damaged_rows_are_left_out_and_the_others_are_read() {
    alone(async {
        let disk = TornDisk::new(1);
        let run = Run::start(&disk, kept()).await;
        run.say("PJSIP/100", InUse);
        assert_eq!(run.said("PJSIP/100").await, [InUse]);
        let begun = run.complete_since().await.unwrap();
        run.stop().await;
        let store = disk.open(StoreLimits::default()).unwrap();
        for (key, value) in [("a.example|5", "{\"form\":1"), ("nonsense", "{}")] {
            let (key, value) = (key.to_owned(), Some(value.to_owned()));
            store.write(Write { bucket: Bucket::History, key, value }).unwrap();
        }
        store.close(SOON).await.unwrap();

        let run = Run::start(&disk, kept()).await;
        run.say("PJSIP/100", Ringing);
        assert_eq!(run.said("PJSIP/100").await, [InUse, Ringing]);
        let since = run.complete_since().await.unwrap();
        assert!(since >= begun, "nobody knows what stood in the damaged row");
        run.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_gap_is_told_when_nothing_could_be_written_for_long() {
    alone(async {
        let disk = TornDisk::new(1);
        let run = Run::start(&disk, kept()).await;
        run.say("PJSIP/1", InUse);
        assert_eq!(run.said("PJSIP/1").await, [InUse]);
        let begun = run.complete_since().await.unwrap();
        disk.stall_after(0);
        run.say("PJSIP/1", Ringing);
        let mut health = run.store.health();
        health.wait_for(|health| *health != Health::Ok).await.unwrap();
        for _ in 0..26_000 {
            run.say("PJSIP/100", Ringing);
            run.say("PJSIP/100", InUse);
        }
        disk.recover();
        health.wait_for(|health| *health == Health::Ok).await.unwrap();
        assert_eq!(run.said("PJSIP/1").await, [InUse, Ringing], "what waited is written");
        let since = run.complete_since().await.unwrap();
        assert!(since > begun, "but not all of what came");
        run.stop().await;
        let run = Run::start(&disk, kept()).await;
        assert_eq!(run.complete_since().await, Some(since), "also after a restart");
    })
    .await;
}

#[tokio::test]
async fn a_keep_of_nothing_that_is_taken_back_at_once_has_removed_everything() {
    alone(async {
        let disk = TornDisk::new(7);
        let run = Run::start(&disk, kept()).await;
        run.say("PJSIP/100", InUse);
        assert_eq!(run.said("PJSIP/100").await, [InUse]);
        let nothing = HistorySettings { keep: Duration::ZERO, ..HistorySettings::default() };
        let set = |history| {
            run.boards.set_settings(&Settings { history, ..Settings::default() });
        };
        sleep(Duration::from_millis(5)).await;
        set(nothing);
        run.say("PJSIP/100", Ringing);
        let again = run.hub().now().wall;
        set(kept());
        run.say("PJSIP/100", NotInUse);
        assert_eq!(run.said("PJSIP/100").await, [NotInUse]);
        assert!(run.complete_since().await.unwrap() >= again, "it lacks what was said before");
        run.say("PJSIP/200", InUse);
        run.stop().await;
        let rows = rows(&disk);
        assert!(rows.iter().any(|row| row.contains("PJSIP/200")), "{rows:?}");
        assert_eq!(rows.len(), 1, "{rows:?}");
    })
    .await;
}

/// Each of many boards has a page that still takes changes.
#[tokio::test]
async fn open_pages_count_as_all_do() {
    alone(async {
        let disk = TornDisk::new(8);
        let store = disk.open(StoreLimits::default()).unwrap();
        let size = 20_000;
        let settings =
            Settings { history: HistorySettings { size, ..kept() }, ..Settings::default() };
        let names: Vec<_> =
            (0..40).map(|at| BoardName::parse(&format!("{at}.example")).unwrap()).collect();
        let boards = Boards::open(store, settings, names.clone(), |_| None).await.unwrap();
        boards.run();
        let account = AccountName::parse("pbx@a.example").unwrap();
        for (conn, board) in (1..).map(ConnId).zip(&names) {
            let hub = boards.get(board).unwrap();
            hub.act(|hub, now| hub.arrive(conn, &account, ASTERISK, now));
            for device in 0..30 {
                let said = Publication {
                    identity: Eid::new([2, 0, 0, 0, 0, 1]).into(),
                    subject: self::device(&format!("PJSIP/{device}")),
                    value: InUse.into(),
                    cachable: Cachable::Yes,
                    is_again: false,
                    protocol: Protocol::Xmpp,
                };
                hub.publish(conn, said).unwrap();
            }
            boards.history().complete_since(board).await.unwrap();
            boards.history().close().await;
            let report = boards.history().report();
            assert!(report.bytes <= size, "{report:?} after {board}");
        }
        let stored: usize = rows(&disk).iter().map(String::len).sum();
        assert!(stored > 5_000, "{stored}");
    })
    .await;
}
