use std::path::Path;
use std::time::Duration;

use lampfield_board::{BoardName, Pattern};
use lampfield_fabric::{Embedded, StoreLimits};

use super::entry::BROKEN_OFF;
use super::*;
use crate::actor::ActorKind;

fn store(folder: &Path) -> Store {
    Embedded::open(folder, StoreLimits::default()).expect("a store").0
}

fn entry(number: u64, actor: &ActorKind) -> AuditEntry {
    let board = BoardName::parse("a.example").expect("a board");
    let said = serde_json::json!({ "name": format!("pbx-{number}") });
    let said = said.as_object().cloned().expect("an object");
    AuditEntry::new(WallTime::from_millis(number), actor, "user add", said, Some(&board))
}

fn all(limit: usize) -> WantedEntries<impl Fn(&AuditEntry) -> bool> {
    WantedEntries { since: WallTime::from_millis(0), limit, is_wanted: |_: &AuditEntry| true }
}

fn moments(found: &[AuditEntry]) -> Vec<u64> {
    found.iter().map(|entry| entry.at.millis()).collect()
}

#[tokio::test]
async fn the_newest_come_first_and_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = AuditLog::open(store(folder.path()), Masks::default()).await.expect("a log");
    assert!(log.is_empty());
    let token = ActorKind::Token("wall".to_owned());
    for number in 0..250 {
        let by = if number % 2 == 0 { &ActorKind::Owner } else { &token };
        log.begin(entry(number, by)).ended(DONE);
    }
    drop(log.begin(entry(250, &token)));
    let newest = log.read(all(3)).await.expect("entries");
    assert_eq!(moments(&newest), [250, 249, 248], "what waits for the disk is read as well");
    assert_eq!((newest[0].outcome.as_str(), newest[1].outcome.as_str()), (BROKEN_OFF, DONE));
    log.ledger.store().close(Duration::from_secs(5)).await.expect("closed");

    let log = AuditLog::open(store(folder.path()), Masks::default()).await.expect("a log");
    assert_eq!(log.len(), 251);
    assert_eq!(moments(&log.read(all(1_000)).await.expect("entries")).len(), 251);
    for (called, found) in [("owner", 2), ("token", 3), ("wall", 3), ("token wall", 3), ("wal", 0)]
    {
        let since = WallTime::from_millis(246);
        let is_wanted = |entry: &AuditEntry| entry.is_by(called);
        let by = log.read(WantedEntries { since, limit: 9, is_wanted }).await.expect("entries");
        assert_eq!(by.len(), found, "{called}");
    }
    log.begin(entry(251, &token)).ended(DONE);
    assert_eq!(moments(&log.read(all(2)).await.expect("entries")), [251, 250]);
}

#[tokio::test]
async fn at_the_limit_the_oldest_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = AuditLog::open(store(folder.path()), Masks::default()).await.expect("a log");
    for number in 0..LIMIT + 205 {
        log.begin(entry(number, &ActorKind::Owner)).ended(DONE);
    }
    assert_eq!(log.len(), LIMIT);
    let found = log.read(all(usize::MAX)).await.expect("entries");
    let of = |found: &[AuditEntry]| (found.len() as u64, found.last().map(|one| one.at.millis()));
    assert_eq!(of(&found), (LIMIT, Some(205)));
    log.ledger.store().close(Duration::from_secs(5)).await.expect("closed");
    // As if a crash had come before two removals.
    let again = store(folder.path());
    for (number, value) in [(204, "{}"), (205, "nonsense")] {
        let (bucket, key, value) = (Bucket::Audit, key(number), Some(value.to_owned()));
        again.write(Write { bucket, key, value }).expect("room");
    }
    let log = AuditLog::open(again, Masks::default()).await.expect("a log");
    assert_eq!(log.len(), LIMIT);
    assert_eq!(of(&log.read(all(usize::MAX)).await.expect("entries")).0, LIMIT);
    let gone = log.ledger.store().get(Bucket::Audit, &key(204)).await.expect("an answer");
    assert_eq!(gone, None);
}

fn said_of_a_lamp(subject: &str) -> Arguments {
    let said = serde_json::json!({ "subject": subject, "value": "INUSE", "all": false });
    said.as_object().cloned().expect("an object")
}

#[tokio::test]
async fn what_was_noted_before_a_name_was_masked_loses_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = AuditLog::open(store(folder.path()), Masks::default()).await.expect("a log");
    for (at, subject) in (1..).zip(["PJSIP/100", "PJSIP/200", "registration/PJSIP/100"]) {
        let (at, said) = (WallTime::from_millis(at), said_of_a_lamp(subject));
        let entry = AuditEntry::new(at, &ActorKind::Owner, "set", said, None);
        log.begin(entry).ended(DONE);
    }
    log.ledger.store().close(Duration::from_secs(5)).await.expect("closed");
    for _ in 0..2 {
        let masks = Masks::new(&[Pattern::parse("PJSIP/1*").expect("a pattern")]);
        let log = AuditLog::open(store(folder.path()), masks).await.expect("a log");
        let rows = log.ledger.store().scan(Bucket::Audit, "", None, 9).await.expect("rows").rows;
        let noted = rows.iter().filter_map(readable).map(|entry| {
            let text = |name: &str| entry.arguments[name].as_str().map(str::to_owned);
            (text("subject").expect("a name"), text("value").expect("a value"))
        });
        let expected =
            [("device/PJSIP/***", "INUSE"), ("PJSIP/200", "INUSE"), ("registration/***", "***")];
        assert_eq!(noted.collect::<Vec<_>>(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        log.ledger.store().close(Duration::from_secs(5)).await.expect("closed");
    }
}

#[test]
fn only_what_the_history_may_hold_stands_in_an_entry() {
    let masks = Masks::new(&[Pattern::parse("PJSIP/1*").expect("a pattern")]);
    for (typed, name, value) in [
        ("PJSIP/100", "device/PJSIP/***", "INUSE"),
        ("device/PJSIP/100", "device/PJSIP/***", "INUSE"),
        ("device/PJSIP/***", "device/PJSIP/***", "INUSE"),
        ("PJSIP/200", "PJSIP/200", "INUSE"),
        ("registration/PJSIP/1", "registration/***", "***"),
        ("\u{1b}[2JPJSIP/100", "***", "***"),
    ] {
        let mut said = said_of_a_lamp(typed);
        entry::mask(&mut said, &masks);
        assert_eq!((&said["subject"], &said["value"]), (&name.into(), &value.into()), "{typed}");
        let mut said = said_of_a_lamp(typed);
        assert!(!entry::mask(&mut said, &Masks::default()), "{typed}");
    }
}
