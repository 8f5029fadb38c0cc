//! The embedded store when its disk is away. Faults are brought about on the store's own
//! connection; `tests/disk.rs` does it with real file systems.

use std::time::Duration;

use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(20);
/// The file may not grow beyond what it has, as on a full disk.
const FULL: &str = "PRAGMA max_page_count = 1";
const SPACE_AGAIN: &str = "PRAGMA max_page_count = 1000000";
const READ_ONLY: &str = "PRAGMA query_only = ON";
const WRITABLE_AGAIN: &str = "PRAGMA query_only = OFF";

fn open(folder: &TempDir, limits: StoreLimits) -> Embedded {
    Embedded::open(folder.path(), limits).unwrap().0
}

/// Runs a statement on the store's own connection.
async fn run(store: &Embedded, sql: &'static str) {
    let run = move |writer: &mut Writer| {
        writer.database.run(sql);
        Ok(())
    };
    store.ask(run).await.unwrap();
}

fn put(key: &str, value: &str) -> Write {
    let (key, value) = (key.to_owned(), Some(value.to_owned()));
    Write { bucket: Bucket::Facts, key, value }
}

/// A value that needs pages of its own.
fn large(mark: char) -> String {
    mark.to_string().repeat(20_000)
}

async fn stalls(store: &Embedded) -> String {
    let mut health = store.health();
    let stalled = health.wait_for(|health| *health != Health::Ok);
    match &*timeout(SOON, stalled).await.expect("a stall").unwrap() {
        Health::Stalled { reason, .. } => reason.clone(),
        Health::Ok => unreachable!(),
    }
}

async fn recovers(store: &Embedded, ticket: Ticket) {
    let (mut health, mut tickets) = (store.health(), store.committed());
    let healthy = health.wait_for(|health| *health == Health::Ok);
    timeout(SOON, healthy).await.expect("it goes on by itself").unwrap();
    let safe = tickets.wait_for(|committed| *committed >= ticket);
    timeout(SOON, safe).await.expect("what waited is stored").unwrap();
}

#[tokio::test]
async fn a_full_disk_withholds_tickets_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, StoreLimits::default());
    let before = store.write(put("before", "1")).unwrap();
    recovers(&store, before).await;
    run(&store, FULL).await;

    let mut last = before;
    for round in ['a', 'b', 'c'] {
        for key in 0..50 {
            last = store.write(put(&format!("lamp-{key:02}"), &large(round))).unwrap();
        }
        let reason = stalls(&store).await;
        assert!(reason.contains("full") && reason.contains("lampfield.db"), "{reason}");
    }
    assert_eq!(*store.committed().borrow(), before);
    assert_eq!(store.waiting(), 50, "the newest value of each key");
    let seen = store.get(Bucket::Facts, "lamp-07").await.unwrap().unwrap();
    assert_eq!(seen.value, large('c'), "reads see what waits");
    let page = store.scan(Bucket::Facts, "", None, 1_000).await.unwrap();
    assert_eq!(page.rows.len(), 51);

    run(&store, SPACE_AGAIN).await;
    recovers(&store, last).await;
    assert_eq!(store.waiting(), 0);
    store.close(SOON).await.unwrap();
    let store = open(&folder, StoreLimits::default());
    let page = store.scan(Bucket::Facts, "lamp", None, 1_000).await.unwrap();
    assert_eq!(page.rows.len(), 50);
    assert!(page.rows.iter().all(|row| row.value == large('c')));
}

#[tokio::test]
async fn a_read_only_disk_is_named_and_goes_on_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, StoreLimits::default());
    run(&store, READ_ONLY).await;
    let ticket = store.write(put("lamp", "1")).unwrap();
    let reason = stalls(&store).await;
    assert!(reason.contains("cannot be opened for writing"), "{reason}");

    let refused = store.compare_and_set(Bucket::Accounts, "anna", None, Some("{}".into())).await;
    assert_eq!(refused, Err(StoreError::Stalled { reason }));
    run(&store, WRITABLE_AGAIN).await;
    recovers(&store, ticket).await;
    assert_eq!(store.get(Bucket::Accounts, "anna").await, Ok(None), "refused is not postponed");
}

#[tokio::test]
async fn another_program_that_locks_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, StoreLimits::default());
    let shell = rusqlite::Connection::open(folder.path().join("lampfield.db")).unwrap();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ticket = store.write(put("lamp", "1")).unwrap();
    let reason = stalls(&store).await;
    assert!(reason.contains("another program has locked"), "{reason}");
    shell.execute_batch("ROLLBACK").unwrap();
    recovers(&store, ticket).await;
}

#[tokio::test]
async fn the_queue_is_bounded_by_keys() {
    let folder = tempfile::tempdir().unwrap();
    let store =
        open(&folder, StoreLimits { pending_keys: 3, group_rows: 2, ..StoreLimits::default() });
    run(&store, READ_ONLY).await;
    for key in ["a", "b", "c"] {
        store.write(put(key, "old")).unwrap();
        stalls(&store).await;
    }
    let refused = store.write(put("d", "1"));
    assert_eq!(refused, Err(StoreError::QueueFull { keys: 3, bytes: 12 }));
    let last = store.write(put("b", "newer")).unwrap();
    run(&store, WRITABLE_AGAIN).await;
    recovers(&store, last).await;
    store.write(put("d", "1")).unwrap();
    let page = store.scan(Bucket::Facts, "", None, 10).await.unwrap();
    let values: Vec<_> = page.rows.iter().map(|row| row.value.as_str()).collect();
    assert_eq!(values, ["old", "newer", "old", "1"]);
}

#[tokio::test]
async fn the_queue_is_bounded_by_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, StoreLimits { pending_bytes: 100, ..StoreLimits::default() });
    run(&store, READ_ONLY).await;
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
async fn closing_while_the_disk_is_away_says_what_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, StoreLimits::default());
    run(&store, READ_ONLY).await;
    store.write(put("lamp", "1")).unwrap();
    let closed = store.close(Duration::from_millis(50)).await;
    assert!(matches!(closed, Err(StoreError::Stalled { .. })), "{closed:?}");
}

#[tokio::test]
async fn requests_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, StoreLimits { requests: 2, ..StoreLimits::default() });
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (started, start) = oneshot::channel();
    let holding = ask(&store.handle.queue, move |_| {
        started.send(()).unwrap();
        held.recv().ok();
        Ok(())
    });
    start.await.unwrap();
    let _waiting = [ask(&store.handle.queue, |_| Ok(())), ask(&store.handle.queue, |_| Ok(()))];
    let refused = store.get(Bucket::Facts, "lamp").await;
    assert_eq!(refused, Err(StoreError::TooManyRequests { limit: 2 }));
    drop(hold);
    holding.unwrap().await.unwrap().unwrap();
}

#[tokio::test]
async fn the_store_ends_with_its_last_clone_and_stores_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, StoreLimits::default());
    let mut tickets = store.committed();
    let last = store.write(put("lamp", "1")).unwrap();
    drop(store);
    while tickets.changed().await.is_ok() {}
    assert_eq!(*tickets.borrow(), last);
}

#[tokio::test]
async fn compare_and_set_comes_after_every_earlier_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, StoreLimits { group_rows: 1, ..StoreLimits::default() });
    let left = store.ask(|writer| {
        for key in ["a", "b", "c"] {
            writer.queue.write(put(key, "1")).map_err(|refused| refused.error)?;
        }
        writer.compare_and_set(Bucket::Meta, "key".into(), None, Some("1".into()))?;
        Ok(writer.queue.keys())
    });
    assert_eq!(left.await, Ok(0), "or a crash could keep the later and lose the earlier");
}

#[tokio::test]
async fn compare_and_set_keeps_its_place_among_writes_of_another_thread() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, StoreLimits::default());
    for _ in 0..30 {
        let writes = thread::spawn({
            let store = store.clone();
            move || (0..300).map(|n| store.write(put("lamp", &n.to_string())).unwrap()).max()
        });
        let mut newest = Revision(0);
        while !writes.is_finished() {
            let current = store.get(Bucket::Facts, "lamp").await.unwrap().map(|row| row.revision);
            let set = store.compare_and_set(Bucket::Facts, "lamp", current, Some("set".into()));
            newest = set.await.map_or(newest, |revision| newest.max(revision));
        }
        let last = writes.join().unwrap().unwrap();
        let stored = store.get(Bucket::Facts, "lamp").await.unwrap().unwrap();
        assert_eq!(stored.revision, newest.max(Revision(last.0)), "the highest ticket wins");
    }
}
