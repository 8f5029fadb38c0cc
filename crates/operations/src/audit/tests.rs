use std::path::Path;
use std::time::Duration;

use lampfield_board::{BoardName, Pattern};
use lampfield_fabric::{Embedded, StoreLimits};
use serde_json::json;

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
        log.begin(entry(number, by)).done(None);
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
    log.begin(entry(251, &token)).done(None);
    assert_eq!(moments(&log.read(all(2)).await.expect("entries")), [251, 250]);
}

#[tokio::test]
async fn at_the_limit_the_oldest_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = AuditLog::open(store(folder.path()), Masks::default()).await.expect("a log");
    for number in 0..LIMIT + 205 {
        log.begin(entry(number, &ActorKind::Owner)).done(None);
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

/// A try of `set` with these words, which ended so, with the lamp that it has found.
fn of_a_lamp(said: serde_json::Value, outcome: &str, found: Option<&str>) -> AuditEntry {
    let mut said = said.as_object().cloned().expect("an object");
    said.insert("value".to_owned(), "INUSE".into());
    let (outcome, lamp) = (outcome.to_owned(), found.map(str::to_owned));
    let entry = AuditEntry::new(WallTime::default(), &ActorKind::Owner, "set", said, None);
    AuditEntry { outcome, lamp, ..entry }
}

fn masks(patterns: &[&str]) -> Masks {
    let parsed = patterns.iter().map(|text| Pattern::parse(text).expect("a pattern"));
    Masks::new(&parsed.collect::<Vec<_>>())
}

#[tokio::test]
async fn what_was_noted_before_a_name_was_masked_loses_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = AuditLog::open(store(folder.path()), Masks::default()).await.expect("a log");
    for (typed, found) in [
        ("100", Some("device/PJSIP/100")),
        ("PJSIP/200", Some("device/PJSIP/200")),
        ("registration/PJSIP/100", Some("registration/PJSIP/100")),
        // As a version noted it that did not say what it had found.
        ("PJSIP/100", None),
        ("PJSIP/200", None),
        ("200", None),
    ] {
        drop(log.begin(of_a_lamp(json!({ "subject": typed }), DONE, found)));
    }
    log.ledger.store().close(Duration::from_secs(5)).await.expect("closed");
    for _ in 0..2 {
        let log = AuditLog::open(store(folder.path()), masks(&["PJSIP/1*"])).await.expect("a log");
        let rows = log.ledger.store().scan(Bucket::Audit, "", None, 9).await.expect("rows").rows;
        let noted = rows.iter().filter_map(readable).map(|entry| {
            let text = |name: &str| entry.arguments[name].as_str().map(str::to_owned);
            (text("subject").expect("a name"), text("value").expect("a value"))
        });
        let expected = [
            ("device/PJSIP/***", "INUSE"),
            ("PJSIP/200", "INUSE"),
            ("registration/***", "***"),
            ("***", "***"),
            ("PJSIP/200", "INUSE"),
            ("***", "***"),
        ];
        assert_eq!(noted.collect::<Vec<_>>(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        log.ledger.store().close(Duration::from_secs(5)).await.expect("closed");
    }
}

#[test]
fn only_what_the_history_may_hold_stands_in_an_entry() {
    let masks = masks(&["PJSIP/1*", "agent/PJSIP/2*", "agent/7*", "10*@default"]);
    let (refused, agent) = ("wrong-value", Some("agent/PJSIP/250"));
    for (said, outcome, found, name, value) in [
        // What was found counts, whatever was typed.
        (json!({ "subject": "151" }), DONE, Some("device/PJSIP/151"), "device/PJSIP/***", "INUSE"),
        (json!({ "subject": "1051" }), DONE, Some("mailbox/1051@default"), "mailbox/***", "INUSE"),
        (json!({ "subject": "PJSIP/250", "kind": "agent" }), DONE, agent, "agent/***", "***"),
        (json!({ "subject": "PJSIP/250" }), DONE, agent, "agent/***", "***"),
        (json!({ "subject": "PJSIP/250" }), DONE, Some("device/PJSIP/250"), "PJSIP/250", "INUSE"),
        (json!({ "subject": "250" }), DONE, Some("queue/250"), "250", "INUSE"),
        // Where nothing was found, only what is written in full tells what was meant.
        (json!({ "subject": "device/PJSIP/200" }), refused, None, "device/PJSIP/200", "INUSE"),
        (json!({ "subject": "PJSIP/200", "kind": "device" }), refused, None, "PJSIP/200", "INUSE"),
        (json!({ "subject": "device/PJSIP/100" }), refused, None, "***", "***"),
        (json!({ "subject": "PJSIP/250", "kind": "agent" }), refused, None, "***", "***"),
        (json!({ "subject": "agent/701" }), refused, None, "***", "***"),
        (json!({ "subject": "device/151" }), refused, None, "***", "***"),
        (json!({ "subject": "Agent/701" }), refused, None, "***", "***"),
        (json!({ "subject": " agent/701" }), refused, None, "***", "***"),
        (json!({ "subject": ["agent/701"] }), refused, None, "***", "***"),
        (json!({ "subject": "PJSIP/200", "kind": "agnet" }), refused, None, "***", "***"),
        (json!({ "subject": "device/PJSIP/2..." }), refused, None, "***", "***"),
        (json!({ "subject": "\u{1b}[2JPJSIP/100" }), refused, None, "***", "***"),
    ] {
        let before = of_a_lamp(said, outcome, found);
        let mut entry = before.clone();
        let is_changed = entry.mask(&masks);
        assert_eq!(is_changed, entry != before);
        let noted = (&entry.arguments["subject"], &entry.arguments["value"]);
        assert_eq!(noted, (&name.into(), &value.into()), "{before:?}");
        assert!(!entry.mask(&masks), "once is enough: {entry:?}");
        assert!(!before.clone().mask(&Masks::default()), "without masks all of it stays");
    }
}
