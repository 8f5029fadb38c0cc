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
    for (key, value) in [("b", "1"), ("c", "1"), ("a", "2"), ("b", "2")] {
        assert!(ledger.write(put(key, value)).is_err(), "{key}");
        assert!(ledger.check(Bucket::Facts, key).is_err(), "{key}");
    }
    let owed: Vec<_> = ledger.owed.borrow().writes.values().cloned().collect();
    assert_eq!(owed, [put("c", "1"), put("a", "2"), put("b", "2")], "none overtakes another");
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
    assert!(ledger.write(put("", "1")).is_err());
    assert_eq!(ledger.len(), 2, "it is found out when its turn comes");
}
