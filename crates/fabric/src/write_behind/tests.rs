//! The layer over an engine that is slow, fails half-way through a group and commits its rows in
//! any order that it may.

use std::collections::BTreeMap;

use tokio::time::timeout;

use super::*;
use crate::{Event, Watch as _, testing::TornDisk};

const SOON: Duration = Duration::from_secs(20);

fn open(limits: StoreLimits) -> (TornDisk, Store) {
    let disk = TornDisk::new(1);
    let store = disk.open(limits).unwrap();
    (disk, store)
}

fn write(bucket: Bucket, key: &str, value: Option<&str>) -> Write {
    Write { bucket, key: key.to_owned(), value: value.map(str::to_owned) }
}

fn put(key: &str, value: &str) -> Write {
    write(Bucket::Facts, key, Some(value))
}

async fn stalls(store: &Store) {
    let mut health = store.health();
    let stalled = health.wait_for(|health| *health != Health::Ok);
    let stalled = timeout(SOON, stalled).await.expect("a stall").unwrap().clone();
    assert!(matches!(stalled, Health::Stalled { reason, .. } if reason.contains("a test asked")));
}

async fn recovers(store: &Store, ticket: Ticket) {
    let mut health = store.health();
    let healthy = health.wait_for(|health| *health == Health::Ok);
    timeout(SOON, healthy).await.expect("it goes on by itself").unwrap();
    commits(store, ticket).await;
}

async fn commits(store: &Store, ticket: Ticket) {
    let mut tickets = store.committed();
    let safe = tickets.wait_for(|committed| *committed >= ticket);
    timeout(SOON, safe).await.expect("what waited is committed").unwrap();
}

async fn value(store: &Store, key: &str) -> Option<String> {
    store.get(Bucket::Facts, key).await.unwrap().map(|row| row.value)
}

fn stored(disk: &TornDisk) -> Vec<String> {
    disk.rows().into_iter().map(|(_, key, value)| format!("{key}={value}")).collect()
}

/// Keeps commits waiting until the thread has a group in hand.
async fn held(disk: &TornDisk, store: &Store) -> Ticket {
    disk.hold();
    let ticket = store.write(write(Bucket::Meta, "in hand", Some("1"))).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    ticket
}

#[tokio::test]
async fn an_engine_that_stops_half_way_withholds_tickets_and_loses_nothing() {
    let (disk, store) = open(StoreLimits::default());
    let before = held(&disk, &store).await;
    let mut last = before;
    for round in ["a", "b", "c"] {
        for key in 0..50 {
            last = store.write(put(&format!("lamp-{key:02}"), round)).unwrap();
        }
        if round == "a" {
            disk.stall_after(21);
            disk.release();
        }
        stalls(&store).await;
    }
    assert_eq!(*store.committed().borrow(), before);
    assert_eq!(store.waiting(), 50, "the newest value of each key");
    assert_eq!(value(&store, "lamp-07").await.as_deref(), Some("c"), "reads see what waits");
    let row = store.get(Bucket::Facts, "lamp-07").await.unwrap().unwrap();
    assert_eq!(row.revision, None, "it may be committed, but nobody can know");
    let page = store.scan(Bucket::Facts, "", None, 1_000).await.unwrap();
    assert_eq!(page.rows.len(), 50);
    assert_eq!(disk.rows().len(), 21, "the engine has kept a part");
    let refused = store.compare_and_set(Bucket::Accounts, "anna", None, Some("{}".into())).await;
    assert!(matches!(refused, Err(StoreError::Stalled { .. })), "{refused:?}");

    disk.recover();
    recovers(&store, last).await;
    assert_eq!(store.waiting(), 0);
    assert_eq!(store.get(Bucket::Accounts, "anna").await, Ok(None), "refused is not postponed");
    let expected: Vec<_> = (0..50).map(|key| format!("lamp-{key:02}=c")).collect();
    assert_eq!(stored(&disk)[..50], expected);
}

#[tokio::test]
async fn a_slow_engine_keeps_no_writer_waiting_and_tickets_tell_the_truth() {
    let (disk, store) = open(StoreLimits { group_rows: 10, ..StoreLimits::default() });
    held(&disk, &store).await;
    let tickets: Vec<_> =
        (0..100).map(|key| store.write(put(&key.to_string(), "1")).unwrap()).collect();
    assert_eq!((store.waiting(), *store.committed().borrow()), (101, Ticket(0)));
    disk.release();
    let mut committed = store.committed();
    loop {
        let safe = *committed.borrow_and_update();
        let rows = stored(&disk);
        let kept = (0..100).filter(|key| rows.contains(&format!("{key}=1"))).count();
        let promised = tickets.iter().filter(|ticket| **ticket <= safe).count();
        assert!(kept >= promised, "{promised} are called safe and {kept} are there");
        if promised == 100 {
            break;
        }
        timeout(SOON, committed.changed()).await.expect("a commit").unwrap();
    }
}

#[tokio::test]
async fn a_group_that_failed_is_overtaken_by_nothing_older() {
    for seed in 0..30 {
        let disk = TornDisk::new(seed);
        let store = disk.open(StoreLimits { group_rows: 3, ..StoreLimits::default() }).unwrap();
        let (mut newest, mut last) = (BTreeMap::new(), Ticket(0));
        for number in 0..200 {
            if number % 25 == 0 {
                disk.stall_after(number % 7);
            } else if number % 25 == 20 {
                disk.recover();
            }
            let key = format!("{}", number * 7 % 11);
            let value = (number % 5 > 0).then(|| number.to_string());
            last = store.write(write(Bucket::Facts, &key, value.as_deref())).unwrap();
            newest.insert(key, value);
            if number % 10 == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        disk.recover();
        commits(&store, last).await;
        let newest = newest
            .iter()
            .filter_map(|(key, value)| value.as_ref().map(|value| format!("{key}={value}")));
        assert!(stored(&disk).into_iter().eq(newest), "seed {seed}");
    }
}

#[tokio::test]
async fn a_watch_tells_what_is_committed_and_nothing_else() {
    let (disk, store) = open(StoreLimits::default());
    let mut watch = store.watch(Bucket::Facts, "").await.unwrap();
    assert_eq!(watch.next().await, Ok(Event::Current));
    disk.stall_after(0);
    store.write(put("lamp", "1")).unwrap();
    stalls(&store).await;
    assert_eq!(value(&store, "lamp").await.as_deref(), Some("1"));
    let early = timeout(Duration::from_millis(50), watch.next()).await;
    assert!(early.is_err(), "{early:?}");
    store.write(put("lamp", "2")).unwrap();
    disk.recover();
    let Ok(Event::Put(row)) = timeout(SOON, watch.next()).await.unwrap() else { panic!("no row") };
    assert_eq!(row.value, "2");
    assert_eq!(Ok(Some(row)), store.get(Bucket::Facts, "lamp").await, "with its revision");
}

#[tokio::test]
async fn the_queue_is_bounded_by_keys() {
    let limits = StoreLimits { pending_keys: 3, group_rows: 2, ..StoreLimits::default() };
    let (disk, store) = open(limits);
    disk.stall_after(0);
    for key in ["a", "b", "c"] {
        store.write(put(key, "old")).unwrap();
        stalls(&store).await;
    }
    let refused = store.write(put("d", "1"));
    assert_eq!(refused, Err(StoreError::QueueFull { keys: 3, bytes: 12 }));
    let last = store.write(put("b", "newer")).unwrap();
    disk.recover();
    recovers(&store, last).await;
    store.write(put("d", "1")).unwrap();
    let page = store.scan(Bucket::Facts, "", None, 10).await.unwrap();
    let values: Vec<_> = page.rows.iter().map(|row| row.value.as_str()).collect();
    assert_eq!(values, ["old", "newer", "old", "1"]);
}

#[tokio::test]
async fn the_queue_is_bounded_by_bytes() {
    let (disk, store) = open(StoreLimits { pending_bytes: 100, ..StoreLimits::default() });
    disk.stall_after(0);
    store.write(put("a", &"x".repeat(98))).unwrap();
    stalls(&store).await;
    let refused = |write| matches!(store.write(write), Err(StoreError::QueueFull { .. }));
    assert!(refused(put("b", "1")));
    assert!(refused(put("a", &"x".repeat(100))), "it may not grow beyond the limit");
    store.write(put("a", &"y".repeat(98))).unwrap();
    store.write(put("a", "1")).unwrap();
    store.write(put("b", "1")).unwrap();
}

#[tokio::test]
async fn closing_while_nothing_can_be_committed_says_what_is_lost() {
    let (disk, store) = open(StoreLimits::default());
    disk.stall_after(0);
    store.write(put("lamp", "1")).unwrap();
    let closed = store.close(Duration::from_millis(50)).await;
    assert!(matches!(closed, Err(StoreError::Stalled { .. })), "{closed:?}");
}

#[tokio::test]
async fn requests_are_bounded() {
    let (disk, store) = open(StoreLimits { requests: 2, ..StoreLimits::default() });
    held(&disk, &store).await;
    let queue = &store.handle.queue;
    let _waiting = [ask(queue, |_| Ok(())), ask(queue, |_| Ok(()))];
    let refused = store.get(Bucket::Facts, "lamp").await;
    assert_eq!(refused, Err(StoreError::TooManyRequests { limit: 2 }));
    disk.release();
}

#[tokio::test]
async fn the_store_ends_with_its_last_clone_and_commits_what_waits() {
    let (disk, store) = open(StoreLimits::default());
    let mut tickets = store.committed();
    let last = store.write(put("lamp", "1")).unwrap();
    drop(store);
    while tickets.changed().await.is_ok() {}
    assert_eq!(*tickets.borrow(), last);
    assert_eq!(stored(&disk), ["lamp=1"]);
}

#[tokio::test]
async fn compare_and_set_comes_after_every_earlier_write() {
    let (disk, store) = open(StoreLimits { group_rows: 1, ..StoreLimits::default() });
    held(&disk, &store).await;
    for key in ["a", "b", "c"] {
        store.write(put(key, "1")).unwrap();
    }
    let set = store.compare_and_set(Bucket::Facts, "key", None, Some("1".into()));
    let (set, ()) = tokio::join!(set, async {
        tokio::task::yield_now().await;
        disk.release();
    });
    let keys = ["a", "b", "c"].map(|key| store.get(Bucket::Facts, key));
    for key in keys {
        assert!(key.await.unwrap().unwrap().revision.unwrap() < set.clone().unwrap());
    }
}

#[tokio::test]
async fn compare_and_set_keeps_its_place_among_writes_of_another_thread() {
    let (_disk, store) = open(StoreLimits::default());
    for _ in 0..30 {
        let writes = thread::spawn({
            let store = store.clone();
            move || (0..300).map(|n| store.write(put("lamp", &n.to_string())).unwrap()).max()
        });
        let mut newest = Revision(0);
        while !writes.is_finished() {
            let current = store.get(Bucket::Facts, "lamp").await.unwrap();
            let Some(current) = current.map(|row| row.revision) else { continue };
            let set = store.compare_and_set(Bucket::Facts, "lamp", current, Some("set".into()));
            newest = set.await.map_or(newest, |revision| newest.max(revision));
        }
        commits(&store, writes.join().unwrap().unwrap()).await;
        let stored = store.get(Bucket::Facts, "lamp").await.unwrap().unwrap();
        let expected = if stored.revision == Some(newest) { "set" } else { "299" };
        assert_eq!(stored.value, expected, "the last of both is there");
        assert!(stored.revision >= Some(newest));
    }
}
