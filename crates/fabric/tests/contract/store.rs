//! The contract of a store. Each test gets a way to open the same store again and again.

use std::{collections::BTreeMap, time::Duration};

use lampfield_fabric::{Bucket, Cursor, Event, Row, Storage, StoreError, Ticket, Watch, Write};
use tokio::time::timeout;

/// Far longer than any answer takes.
const SOON: Duration = Duration::from_secs(20);
/// How many changes wait for a watch in the stores under test.
pub const WATCH_QUEUE: usize = 8;

fn put(bucket: Bucket, key: &str, value: &str) -> Write {
    Write { bucket, key: key.to_owned(), value: Some(value.to_owned()) }
}

fn remove(bucket: Bucket, key: &str) -> Write {
    Write { bucket, key: key.to_owned(), value: None }
}

async fn committed(store: &impl Storage, ticket: Ticket) {
    let mut tickets = store.committed();
    let wait = tickets.wait_for(|committed| *committed >= ticket);
    timeout(SOON, wait).await.expect("a commit").expect("the store is open");
}

async fn close(store: impl Storage) {
    store.close(SOON).await.expect("everything is stored");
}

async fn value(store: &impl Storage, bucket: Bucket, key: &str) -> Option<String> {
    store.get(bucket, key).await.unwrap().map(|row| row.value)
}

async fn scan_all(store: &impl Storage, prefix: &str, limit: usize) -> Vec<Row> {
    let (mut rows, mut from) = (Vec::new(), None::<Cursor>);
    loop {
        let page = store.scan(Bucket::Facts, prefix, from, limit).await.unwrap();
        assert!(page.rows.len() <= limit);
        rows.extend(page.rows);
        from = page.next;
        if from.is_none() {
            return rows;
        }
    }
}

fn keys(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.key.as_str()).collect()
}

async fn next(watch: &mut impl Watch) -> Event {
    timeout(SOON, watch.next()).await.expect("an event").expect("the store is open")
}

/// What a reader knows after following a watch until nothing is left to tell.
async fn follow_to(
    watch: &mut impl Watch,
    known: &mut BTreeMap<String, String>,
    last: &str,
) -> usize {
    let mut resyncs = 0;
    loop {
        match next(watch).await {
            Event::Put(row) => {
                let done = row.key == last;
                known.insert(row.key, row.value);
                if done {
                    return resyncs;
                }
            }
            Event::Deleted { key, .. } => {
                known.remove(&key);
            }
            Event::Current => {}
            Event::Resync => {
                known.clear();
                resyncs += 1;
            }
        }
    }
}

pub async fn a_read_sees_every_earlier_write<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    for number in 0..500 {
        let text = number.to_string();
        store.write(put(Bucket::Facts, "same", &text)).unwrap();
        store.write(put(Bucket::Accounts, &text, "{}")).unwrap();
        assert_eq!(value(&store, Bucket::Facts, "same").await, Some(text.clone()));
        assert_eq!(value(&store, Bucket::Accounts, &text).await.as_deref(), Some("{}"));
        store.write(remove(Bucket::Accounts, &text)).unwrap();
        assert_eq!(value(&store, Bucket::Accounts, &text).await, None);
    }
    close(store).await;
}

pub async fn tickets_rise_and_are_committed_in_order<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    let mut tickets = store.committed();
    let mut last = *tickets.borrow();
    for number in 0..25_000 {
        let key = format!("key-{number}");
        let ticket = store.write(put(Bucket::Facts, &key, "1")).unwrap();
        assert!(ticket > last);
        last = ticket;
    }
    let mut seen = *tickets.borrow_and_update();
    while seen < last {
        timeout(SOON, tickets.changed()).await.expect("a commit").unwrap();
        let now = *tickets.borrow_and_update();
        assert!(now >= seen && now <= last);
        seen = now;
    }
    assert_eq!(store.waiting(), 0);
    close(store).await;
}

pub async fn the_newest_value_of_a_key_wins<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    let mut last = Ticket::default();
    for number in 0..10_000 {
        last = store.write(put(Bucket::Facts, "lamp", &number.to_string())).unwrap();
        store.write(put(Bucket::Facts, "gone", "1")).unwrap();
        last = last.max(store.write(remove(Bucket::Facts, "gone")).unwrap());
    }
    committed(&store, last).await;
    close(store).await;
    let store = open();
    assert_eq!(value(&store, Bucket::Facts, "lamp").await.as_deref(), Some("9999"));
    assert_eq!(value(&store, Bucket::Facts, "gone").await, None);
    close(store).await;
}

pub async fn what_is_committed_is_there_after_a_restart<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    for bucket in Bucket::ALL {
        store.write(put(bucket, "key", bucket.name())).unwrap();
    }
    close(store).await;
    let store = open();
    for bucket in Bucket::ALL {
        assert_eq!(value(&store, bucket, "key").await.as_deref(), Some(bucket.name()));
    }
    close(store).await;
}

pub async fn close_stores_what_waits_and_ends_every_clone<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    for number in 0..30_000 {
        store.write(put(Bucket::Facts, &format!("{number:05}"), "1")).unwrap();
    }
    let clone = store.clone();
    close(store).await;
    assert_eq!(clone.write(put(Bucket::Facts, "late", "1")), Err(StoreError::Closed));
    assert_eq!(clone.get(Bucket::Facts, "00001").await, Err(StoreError::Closed));
    assert_eq!(clone.close(SOON).await, Err(StoreError::Closed));
    let store = open();
    assert_eq!(scan_all(&store, "", 1_000).await.len(), 30_000);
    close(store).await;
}

pub async fn a_scan_walks_a_prefix_in_the_order_of_bytes<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    let all = ["a", "a/", "a/1", "a/10", "a/2", "a/Z", "a/z", "a/ä", "a/\u{10ffff}", "a0", "b/1"];
    for key in all.iter().rev() {
        store.write(put(Bucket::Facts, key, "1")).unwrap();
    }
    let under_a = ["a/", "a/1", "a/10", "a/2", "a/Z", "a/z", "a/ä", "a/\u{10ffff}"];
    for limit in [1, 2, 3, 8, 9, 1_000] {
        assert_eq!(keys(&scan_all(&store, "a/", limit).await), under_a, "pages of {limit}");
        assert_eq!(keys(&scan_all(&store, "", limit).await), all, "pages of {limit}");
    }
    assert!(scan_all(&store, "c", 10).await.is_empty());
    close(store).await;
}

pub async fn a_scan_survives_changes_between_its_pages<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    for key in ["a", "b", "c", "d"] {
        store.write(put(Bucket::Facts, key, "1")).unwrap();
    }
    let first = store.scan(Bucket::Facts, "", None, 2).await.unwrap();
    assert_eq!(keys(&first.rows), ["a", "b"]);
    for key in ["b", "c"] {
        store.write(remove(Bucket::Facts, key)).unwrap();
    }
    store.write(put(Bucket::Facts, "aa", "1")).unwrap();
    store.write(put(Bucket::Facts, "e", "1")).unwrap();
    let second = store.scan(Bucket::Facts, "", first.next, 9).await.unwrap();
    assert_eq!(keys(&second.rows), ["d", "e"]);
    assert_eq!(second.next, None);
    close(store).await;
}

pub async fn compare_and_set_takes_turns<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    let set = |expected, value: Option<&str>| {
        let (store, value) = (store.clone(), value.map(str::to_owned));
        async move { store.compare_and_set(Bucket::Origins, "pbx", expected, value).await }
    };
    let conflict = |current| {
        let key = "pbx".to_owned();
        Err(StoreError::Conflict { bucket: Bucket::Origins, key, current })
    };
    let first = set(None, Some("1")).await.unwrap();
    assert_eq!(set(None, Some("2")).await, conflict(Some(first)));
    let second = set(Some(first), Some("2")).await.unwrap();
    assert!(second > first);
    assert_eq!(set(Some(first), Some("3")).await, conflict(Some(second)));
    assert_eq!(set(Some(first), None).await, conflict(Some(second)));
    let row = store.get(Bucket::Origins, "pbx").await.unwrap().unwrap();
    assert_eq!((row.value.as_str(), row.revision), ("2", Some(second)));
    set(Some(second), None).await.unwrap();
    assert_eq!(set(Some(second), Some("4")).await, conflict(None));
    assert!(set(None, Some("5")).await.unwrap() > second);
    close(store).await;
    assert_eq!(value(&open(), Bucket::Origins, "pbx").await.as_deref(), Some("5"));
}

pub async fn compare_and_set_sees_writes_that_wait<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    for round in 0..200 {
        store.write(put(Bucket::Origins, "pbx", "written")).unwrap();
        let stale = store.compare_and_set(Bucket::Origins, "pbx", None, None).await;
        assert!(matches!(stale, Err(StoreError::Conflict { current: Some(_), .. })), "{round}");
        let current = store.get(Bucket::Origins, "pbx").await.unwrap().unwrap().revision;
        assert!(current.is_some(), "it is committed by now");
        let set = Some("set".to_owned());
        store.compare_and_set(Bucket::Origins, "pbx", current, set.clone()).await.unwrap();
        assert_eq!(value(&store, Bucket::Origins, "pbx").await, set);
        store.write(remove(Bucket::Origins, "pbx")).unwrap();
        store.compare_and_set(Bucket::Origins, "pbx", None, set.clone()).await.unwrap();
        assert_eq!(value(&store, Bucket::Origins, "pbx").await, set, "the removal came first");
    }
    close(store).await;
}

pub async fn only_one_of_many_compare_and_sets_wins<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    let mut takers = tokio::task::JoinSet::new();
    for taker in 0..50 {
        let store = store.clone();
        takers.spawn(async move {
            let value = Some(taker.to_string());
            store.compare_and_set(Bucket::Origins, "pbx", None, value).await.is_ok()
        });
    }
    let won = takers.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
    close(store).await;
}

pub async fn revisions_rise_with_every_change_of_a_key<S: Storage>(open: impl Fn() -> S) {
    let mut last = None;
    for round in 0..3 {
        let store = open();
        for number in 0..20 {
            let text = format!("{round}-{number}");
            committed(&store, store.write(put(Bucket::Facts, "lamp", &text)).unwrap()).await;
            let row = store.get(Bucket::Facts, "lamp").await.unwrap().unwrap();
            assert!(row.revision > last, "{:?} after {last:?}", row.revision);
            last = row.revision;
        }
        close(store).await;
    }
    let store = open();
    assert_eq!(store.get(Bucket::Facts, "lamp").await.unwrap().unwrap().revision, last);
    close(store).await;
}

pub async fn keys_and_values_are_kept_as_they_are<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    let odd = [" ", "%_'\"\\;--", "PJSIP/100 \u{1F4A1}", "1000@default", "a\nb\tc", "\u{1}", "é"];
    for text in odd {
        store.write(put(Bucket::Facts, text, text)).unwrap();
    }
    store.write(put(Bucket::Facts, "empty", "")).unwrap();
    close(store).await;
    let store = open();
    for text in odd {
        assert_eq!(value(&store, Bucket::Facts, text).await.as_deref(), Some(text));
    }
    assert_eq!(value(&store, Bucket::Facts, "empty").await.as_deref(), Some(""));
    close(store).await;
}

pub async fn bad_keys_and_values_are_refused<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    let (long, big) = ("k".repeat(8_193), "v".repeat(1024 * 1024 + 1));
    for key in ["", "a\0b", &long] {
        let refused = store.write(put(Bucket::Facts, key, "1"));
        assert!(matches!(refused, Err(StoreError::BadKey { .. })), "{refused:?}");
        let refused = store.compare_and_set(Bucket::Facts, key, None, None).await;
        assert!(matches!(refused, Err(StoreError::BadKey { .. })), "{refused:?}");
    }
    let refused = store.write(put(Bucket::Facts, "key", &big));
    assert!(matches!(refused, Err(StoreError::BadValue { .. })), "{refused:?}");
    assert_eq!(store.waiting(), 0);
    store.write(put(Bucket::Facts, &long[1..], &big[1..])).unwrap();
    assert!(value(&store, Bucket::Facts, &long[1..]).await.is_some());
    close(store).await;
}

pub async fn buckets_are_separate<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    store.write(put(Bucket::Facts, "key", "fact")).unwrap();
    store.write(put(Bucket::Tombstones, "key", "tombstone")).unwrap();
    store.write(remove(Bucket::Facts, "key")).unwrap();
    assert_eq!(value(&store, Bucket::Facts, "key").await, None);
    assert_eq!(value(&store, Bucket::Tombstones, "key").await.as_deref(), Some("tombstone"));
    assert!(scan_all(&store, "", 10).await.is_empty());
    close(store).await;
}

pub async fn a_watch_shows_what_is_there_then_each_change<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    for key in ["a", "b"] {
        committed(&store, store.write(put(Bucket::Accounts, key, "old")).unwrap()).await;
    }
    let mut watch = store.watch(Bucket::Accounts, "").await.unwrap();
    let mut rows = Vec::new();
    while let Event::Put(row) = next(&mut watch).await {
        rows.push(row);
    }
    assert_eq!(keys(&rows), ["a", "b"], "then it was told that this is all");

    let ticket = store.write(put(Bucket::Accounts, "c", "new")).unwrap();
    committed(&store, ticket).await;
    let Event::Put(row) = next(&mut watch).await else { panic!("not the new row") };
    assert_eq!((row.key.as_str(), row.value.as_str()), ("c", "new"));
    assert_eq!(store.get(Bucket::Accounts, "c").await.unwrap(), Some(row));

    store.write(remove(Bucket::Accounts, "a")).unwrap();
    assert!(matches!(next(&mut watch).await, Event::Deleted { key, .. } if key == "a"));

    let set = store.compare_and_set(Bucket::Accounts, "d", None, Some("set".to_owned()));
    let revision = set.await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::Put(row) if row.revision == Some(revision)));
    close(store).await;
}

pub async fn a_watch_sees_its_own_prefix_only<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    let mut watch = store.watch(Bucket::Rosters, "anna/").await.unwrap();
    assert_eq!(next(&mut watch).await, Event::Current);
    for key in ["anna", "anna0", "bert/x", "ann/"] {
        store.write(put(Bucket::Rosters, key, "other")).unwrap();
    }
    store.write(put(Bucket::Facts, "anna/x", "other")).unwrap();
    store.write(put(Bucket::Rosters, "anna/x", "mine")).unwrap();
    assert!(matches!(next(&mut watch).await, Event::Put(row) if row.value == "mine"));
    close(store).await;
}

pub async fn a_watch_that_falls_behind_is_told_and_starts_again<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    // More than one page of a snapshot, so that changes also fall between pages.
    let mut expected = BTreeMap::new();
    for number in 0..1_000 {
        let key = format!("{number:04}");
        store.write(put(Bucket::Facts, &key, "old")).unwrap();
        expected.insert(key, "old".to_owned());
    }
    let mut watch = store.watch(Bucket::Facts, "").await.unwrap();
    let mut known = BTreeMap::new();
    let (mut resyncs, mut latest) = (0, Ticket::default());
    for round in 0..20 {
        let last = format!("{:04}", 999 - round);
        resyncs += follow_to(&mut watch, &mut known, &last).await;
        for number in 0..WATCH_QUEUE * 3 {
            let key = format!("{:04}", (number * 37 + round) % 900);
            if number % 5 == 0 {
                store.write(remove(Bucket::Facts, &key)).unwrap();
                expected.remove(&key);
            } else {
                let value = format!("{round}/{number}");
                store.write(put(Bucket::Facts, &key, &value)).unwrap();
                expected.insert(key, value);
            }
        }
        let next = format!("{:04}", 999 - round - 1);
        latest = store.write(put(Bucket::Facts, &next, &round.to_string())).unwrap();
        expected.insert(next, round.to_string());
    }
    // Within a group no order is promised, so what is waited for must not be in the group of the rest.
    committed(&store, latest).await;
    committed(&store, store.write(put(Bucket::Facts, "end", "1")).unwrap()).await;
    expected.insert("end".to_owned(), "1".to_owned());
    resyncs += follow_to(&mut watch, &mut known, "end").await;
    assert_eq!(known, expected);
    assert!(resyncs > 0, "{WATCH_QUEUE} changes wait at most");
    close(store).await;
}

pub async fn a_watch_can_be_interrupted_without_loss<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    let mut last = Ticket::default();
    for number in 0..2_000 {
        last = store.write(put(Bucket::Facts, &format!("{number:04}"), "1")).unwrap();
    }
    committed(&store, last).await;
    let mut watch = store.watch(Bucket::Facts, "").await.unwrap();
    let mut seen = 0;
    loop {
        // Polled once and dropped: most of these end before the answer is there.
        let event = tokio::select! {
            biased;
            event = watch.next() => event.unwrap(),
            () = std::future::ready(()) => {
                tokio::task::yield_now().await;
                continue;
            }
        };
        match event {
            Event::Put(row) => assert_eq!(row.key, format!("{seen:04}")),
            other => break assert_eq!(other, Event::Current),
        }
        seen += 1;
    }
    assert_eq!(seen, 2_000);
    close(store).await;
}

pub async fn watches_end_with_the_store<S: Storage>(open: impl Fn() -> S) {
    let store = open();
    let mut watch = store.watch(Bucket::Facts, "").await.unwrap();
    assert_eq!(next(&mut watch).await, Event::Current);
    close(store).await;
    assert_eq!(timeout(SOON, watch.next()).await.unwrap(), Err(StoreError::Closed));
}
