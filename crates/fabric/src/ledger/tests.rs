//! A store whose disk takes nothing for a while.

use std::{rc::Rc, time::Duration};

use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::LocalSet;

use super::*;
use crate::{Embedded, StoreLimits};

/// A ledger over a queue for `keys` keys, and the lock that keeps the disk from taking any.
fn stuck(folder: &TempDir, keys: usize) -> (Ledger, Connection) {
    let limits = StoreLimits { pending_keys: keys, ..StoreLimits::default() };
    let store = Embedded::open(folder.path(), limits).unwrap().0;
    let disk = Connection::open(folder.path().join("lampfield.db")).unwrap();
    disk.execute_batch("BEGIN IMMEDIATE").unwrap();
    (Ledger::new(store), disk)
}

fn put(key: &str, value: &str) -> Write {
    let (key, value) = (key.to_owned(), Some(value.to_owned()));
    Write { bucket: Bucket::Facts, key, value }
}

async fn paid(ledger: &Rc<Ledger>) {
    let tasks = LocalSet::new();
    let paying = Rc::clone(ledger);
    tasks.spawn_local(async move { paying.pay().await });
    let paid = tasks.run_until(async {
        while !ledger.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    tokio::time::timeout(Duration::from_secs(20), paid).await.unwrap();
}

#[tokio::test]
async fn what_is_owed_reaches_the_store_by_itself_with_its_newest_value() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, disk) = stuck(&folder, 1);
    ledger.write(put("a", "1")).unwrap();
    for (key, value) in [("c", "1"), ("b", "1"), ("b", "2")] {
        assert!(ledger.write(put(key, value)).is_err(), "{key}");
        assert!(ledger.check(Bucket::Facts, key).is_err(), "{key}");
    }
    assert_eq!(ledger.len(), 2, "of each key the newest");
    assert!(ledger.write(put("a", "2")).is_ok(), "it waits in the store already");
    assert_eq!(ledger.check(Bucket::Accounts, "b"), Ok(()));

    disk.execute_batch("COMMIT").unwrap();
    let ledger = Rc::new(ledger);
    paid(&ledger).await;
    assert_eq!(ledger.check(Bucket::Facts, "b"), Ok(()));
    let page = ledger.store().scan(Bucket::Facts, "", None, 10).await.unwrap();
    let rows: Vec<_> = page.rows.iter().map(|row| (row.key.as_str(), &*row.value)).collect();
    assert_eq!(rows, [("a", "2"), ("b", "2"), ("c", "1")]);
    assert!(ledger.write(put("d", "1")).is_ok());
}

#[tokio::test]
async fn what_no_store_would_take_is_not_owed() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _disk) = stuck(&folder, 1);
    assert!(ledger.write(put("", "1")).is_err());
    assert!(ledger.is_empty());
    ledger.write(put("a", "1")).unwrap();
    assert!(ledger.write(put("b", "1")).is_err());
    let long = "c".repeat(StoreLimits::default().key_bytes + 1);
    assert!(ledger.write(put(&long, "1")).is_err());
    assert_eq!(ledger.len(), 2, "it is found out when its turn comes");
}

#[tokio::test]
async fn what_is_owed_comes_in_the_order_of_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _disk) = stuck(&folder, 1);
    ledger.write(put("a", "1")).unwrap();
    let remove = |bucket, key: &str| Write { bucket, key: key.to_owned(), value: None };
    let withdrawal = Write { bucket: Bucket::Tombstones, ..put("b", "1") };
    let writes = [put("b", "1"), withdrawal.clone(), remove(Bucket::Facts, "b")];
    let confirmation = Write { bucket: Bucket::Confirmations, ..put("c", "1") };
    let others = [remove(Bucket::Origins, "o"), remove(Bucket::Tombstones, "t"), confirmation];
    for write in writes.into_iter().chain(others.clone()) {
        ledger.write(write).unwrap_err();
    }
    let mut owed = ledger.owed.borrow_mut();
    let order: Vec<_> = std::iter::from_fn(|| owed.pop()).collect();
    let [origin, tombstone, confirmation] = others;
    let expected = [confirmation, withdrawal, remove(Bucket::Facts, "b"), tombstone, origin];
    assert_eq!(order, expected);
}
