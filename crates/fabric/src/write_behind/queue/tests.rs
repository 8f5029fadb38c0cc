//! The queue against a model: whatever happens, what waits over what is committed is the newest, and
//! after a whole group that is what was written up to one moment.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{Cursor, Page, Row, write_behind::overlay};

type Rows = BTreeMap<String, String>;

#[derive(Clone, Debug)]
enum Step {
    Write(u8, Option<u8>),
    Commit,
    Fail,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..30_u8, prop::option::weighted(0.7, any::<u8>()))
            .prop_map(|(key, value)| Step::Write(key, value)),
        2 => Just(Step::Commit),
        1 => Just(Step::Fail),
    ]
}

fn queue(group_rows: usize) -> Queue<()> {
    Queue::new(StoreLimits { group_rows, ..StoreLimits::default() })
}

fn write(key: &str, value: Option<String>) -> Write {
    Write { bucket: Bucket::Facts, key: key.to_owned(), value }
}

fn change(rows: &mut Rows, key: &str, value: Option<&str>) {
    match value {
        Some(value) => rows.insert(key.to_owned(), value.to_owned()),
        None => rows.remove(key),
    };
}

/// What an engine's scan does.
fn committed(disk: &Rows, from: &str, limit: usize) -> Page {
    let row = |(key, value): (&String, &String)| Row {
        key: key.clone(),
        value: value.clone(),
        revision: None,
    };
    let mut rows = disk.range(from.to_owned()..).map(row);
    let first = rows.by_ref().take(limit).collect();
    Page { rows: first, next: rows.next().map(|row| Cursor(row.key)) }
}

fn scan(queue: &Queue<()>, disk: &Rows, limit: usize) -> Rows {
    let (mut all, mut from) = (Rows::new(), None::<Cursor>);
    loop {
        let start = overlay::start("", from);
        let pending = queue.scan(Bucket::Facts, "", &start, limit);
        let page = overlay::merge(committed(disk, &start, limit), pending, limit);
        assert!(page.rows.len() <= limit);
        all.extend(page.rows.into_iter().map(|row| (row.key, row.value)));
        from = page.next;
        if from.is_none() {
            return all;
        }
    }
}

proptest! {
    #[test]
    fn what_waits_over_what_is_committed_is_the_newest(steps in vec(step(), 1..80), limit in 1..9_usize) {
        let (queue, mut disk) = (queue(4), Rows::new());
        let mut newest = Rows::new();
        let mut at_ticket = vec![Rows::new()];
        for step in steps {
            match step {
                Step::Write(key, value) => {
                    let (key, value) = (format!("{key:02}"), value.map(|value| value.to_string()));
                    let ticket = queue.write(write(&key, value.clone())).unwrap();
                    change(&mut newest, &key, value.as_deref());
                    prop_assert_eq!(ticket.0 as usize, at_ticket.len());
                    at_ticket.push(newest.clone());
                }
                Step::Commit => {
                    if let Some(group) = queue.take() {
                        for (key, value) in group.rows(Bucket::Facts) {
                            change(&mut disk, key, value);
                        }
                        queue.settle();
                        prop_assert_eq!(&disk, &at_ticket[group.last().0 as usize]);
                    }
                }
                Step::Fail => {
                    if queue.take().is_some() {
                        queue.give_back();
                    }
                }
            }
            prop_assert_eq!(scan(&queue, &disk, limit), newest.clone());
            for key in (0..30).map(|key| format!("{key:02}")) {
                let waits = queue.get(Bucket::Facts, &key);
                let seen = waits.map_or_else(|| disk.get(&key).cloned(), |pending| pending.value);
                prop_assert_eq!(seen, newest.get(&key).cloned());
            }
            let waiting = queue.lock();
            prop_assert_eq!(waiting.keys, waiting.groups().map(Group::len).sum::<usize>());
            prop_assert_eq!(waiting.bytes, waiting.groups().map(Group::bytes).sum::<usize>());
        }
    }
}

#[test]
fn what_others_rely_on_is_put_first_and_removed_last() {
    let change = |bucket, key: &str, value: Option<&str>| Write {
        bucket,
        key: key.to_owned(),
        value: value.map(str::to_owned),
    };
    let group: Group = [
        change(Bucket::Facts, "new", Some("1")),
        change(Bucket::Facts, "old", None),
        change(Bucket::Tombstones, "new", None),
        change(Bucket::Tombstones, "old", Some("1")),
        change(Bucket::Facts, "both", Some("1")),
        change(Bucket::Facts, "both", None),
        change(Bucket::Confirmations, "who", Some("1")),
    ]
    .into_iter()
    .collect();
    let steps: Vec<_> = group.steps().collect();
    let expected = [
        (Bucket::Confirmations, vec![("who", Some("1"))]),
        (Bucket::Tombstones, vec![("old", Some("1"))]),
        (Bucket::Facts, vec![("new", Some("1"))]),
        (Bucket::Facts, vec![("both", None), ("old", None)]),
        (Bucket::Tombstones, vec![("new", None)]),
    ];
    assert_eq!(steps, expected);
}

#[test]
fn a_key_in_flight_is_not_a_new_key() {
    let limits = StoreLimits { pending_keys: 1, ..StoreLimits::default() };
    let queue = Queue::<()>::new(limits);
    queue.write(write("lamp", Some("1".to_owned()))).unwrap();
    let in_flight = queue.take();
    queue.write(write("lamp", Some("2".to_owned()))).unwrap();
    assert!(queue.write(write("other", None)).is_err());
    drop(in_flight);
    queue.give_back();
    let waits = queue.get(Bucket::Facts, "lamp").unwrap();
    assert_eq!(waits, Pending { value: Some("2".to_owned()), ticket: Ticket(2) });
    assert_eq!(queue.keys(), 1);
}
