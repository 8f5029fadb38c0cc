//! The file when its disk is away: what the engine says, and that it keeps all of a group or
//! nothing. Faults are brought about on its own connection; `tests/disk.rs` does it with real file
//! systems, and the tests of the layer above with an engine that fails on demand.

use tempfile::TempDir;

use super::*;
use crate::Write;

/// The file may not grow beyond what it has, as on a full disk.
const FULL: &str = "PRAGMA max_page_count = 1";
const SPACE_AGAIN: &str = "PRAGMA max_page_count = 1000000";
const READ_ONLY: &str = "PRAGMA query_only = ON";
const WRITABLE_AGAIN: &str = "PRAGMA query_only = OFF";

fn open(folder: &TempDir) -> Embedded {
    Embedded::open_raw(folder.path()).unwrap().0
}

fn put(bucket: Bucket, key: &str, value: &str) -> Write {
    Write { bucket, key: key.to_owned(), value: Some(value.to_owned()) }
}

/// What the engine says of a group; nothing of it may then be there.
fn refuses(engine: &mut Embedded, group: &Group) -> String {
    let RawError(reason) = engine.commit(group, &mut Watchers::default()).unwrap_err();
    for bucket in Bucket::ALL {
        assert_eq!(engine.scan(bucket, "", "", 10).unwrap(), Page::default(), "{bucket}");
    }
    reason
}

fn takes(engine: &mut Embedded, group: &Group) {
    engine.commit(group, &mut Watchers::default()).unwrap();
    for bucket in Bucket::ALL {
        let stored = engine.scan(bucket, "", "", 1_000).unwrap().rows;
        let stored = stored.iter().map(|row| (row.key.as_str(), Some(row.value.as_str())));
        assert!(stored.eq(group.rows(bucket)), "{bucket}");
    }
}

#[test]
fn a_full_disk_is_named_and_takes_nothing_of_a_group() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(&folder);
    engine.database.run(FULL);
    // Values that need pages of their own.
    let lamp = |number| put(Bucket::Facts, &format!("lamp-{number}"), &"x".repeat(20_000));
    let group = (0..50).map(lamp).chain([put(Bucket::Accounts, "anna", "{}")]).collect();
    let reason = refuses(&mut engine, &group);
    assert!(reason.contains("full") && reason.contains("lampfield.db"), "{reason}");
    engine.database.run(SPACE_AGAIN);
    takes(&mut engine, &group);
}

#[test]
fn a_read_only_disk_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(&folder);
    engine.database.run(READ_ONLY);
    let group = [put(Bucket::Facts, "lamp", "1")].into_iter().collect();
    let reason = refuses(&mut engine, &group);
    assert!(reason.contains("cannot be opened for writing"), "{reason}");
    let watchers = &mut Watchers::default();
    let set = engine.compare_and_set(Bucket::Accounts, "anna", None, Some("{}"), watchers);
    assert!(matches!(set, Err(NotSet::Failed(RawError(same))) if same == reason));
    assert_eq!(engine.get(Bucket::Accounts, "anna"), Ok(None));
    engine.database.run(WRITABLE_AGAIN);
    takes(&mut engine, &group);
}

#[test]
fn another_program_that_locks_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(&folder);
    let shell = rusqlite::Connection::open(folder.path().join("lampfield.db")).unwrap();
    shell.execute_batch("BEGIN IMMEDIATE").unwrap();
    let group = [put(Bucket::Facts, "lamp", "1")].into_iter().collect();
    let reason = refuses(&mut engine, &group);
    assert!(reason.contains("another program has locked"), "{reason}");
    shell.execute_batch("ROLLBACK").unwrap();
    takes(&mut engine, &group);
}

#[test]
fn revisions_go_on_from_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut last = None;
    for round in 0..3 {
        let mut engine = open(&folder);
        for number in 0..3 {
            takes(
                &mut engine,
                &[put(Bucket::Meta, "key", &number.to_string())].into_iter().collect(),
            );
            let revision = engine.get(Bucket::Meta, "key").unwrap().unwrap().revision;
            assert!(revision > last, "round {round}: {revision:?} after {last:?}");
            last = revision;
        }
    }
}

/// Names that may no longer be remembered must not be found in the file either.
#[test]
fn what_is_removed_or_replaced_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(&folder);
    let page = |key: &str, name: &str| put(Bucket::History, key, &name.repeat(4_000));
    let removal = |key: &str| Write { bucket: Bucket::History, key: key.to_owned(), value: None };
    let groups: [Vec<Write>; 3] = [
        vec![page("a", "PJSIP/100"), page("b", "PJSIP/101"), page("c", "PJSIP/102")],
        vec![page("a", "PJSIP/***")],
        vec![removal("b")],
    ];
    for group in groups {
        let group: Group = group.into_iter().collect();
        engine.commit(&group, &mut Watchers::default()).unwrap();
    }
    engine.close();
    let file = std::fs::read(folder.path().join("lampfield.db")).unwrap();
    let has = |name: &str| file.windows(name.len()).any(|bytes| bytes == name.as_bytes());
    let log = std::fs::metadata(folder.path().join("lampfield.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0, "the log is cut at a stop");
    assert!(has("PJSIP/***") && has("PJSIP/102"));
    assert!(!has("PJSIP/100") && !has("PJSIP/101"));
}
