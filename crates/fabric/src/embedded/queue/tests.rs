//! The queue against a model: whatever happens, what waits over what is stored is the newest, and
//! what is stored is what was written up to one moment.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{Cursor, Revision, Row, embedded::reading};

type Rows = BTreeMap<String, Row>;

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

fn queue(group_rows: usize) -> Queue {
    Queue::new(StoreLimits { group_rows, ..StoreLimits::default() }, Ticket(0))
}

fn write(key: &str, value: Option<String>) -> Write {
    Write { bucket: Bucket::Facts, key: key.to_owned(), value }
}

fn change(rows: &mut Rows, key: String, pending: Pending) {
    match reading::row(key.clone(), pending) {
        Some(row) => rows.insert(key, row),
        None => rows.remove(&key),
    };
}

/// What `Database::scan` does.
fn stored(disk: &Rows, from: &str, limit: usize) -> Slice<Row> {
    let mut rows = disk.range(from.to_owned()..).map(|(_, row)| row.clone());
    (rows.by_ref().take(limit).collect(), rows.next().map(|row| row.key))
}

fn scan(queue: &Queue, disk: &Rows, limit: usize) -> Vec<Row> {
    let (mut all, mut from) = (Vec::new(), None::<Cursor>);
    loop {
        let start = reading::start("", from);
        let pending = queue.scan(Bucket::Facts, "", &start, limit);
        let page = reading::merge(stored(disk, &start, limit), pending, limit);
        assert!(page.rows.len() <= limit);
        all.extend(page.rows);
        from = page.next;
        if from.is_none() {
            return all;
        }
    }
}

proptest! {
    #[test]
    fn what_waits_over_what_is_stored_is_the_newest(steps in vec(step(), 1..80), limit in 1..9_usize) {
        let (queue, mut disk) = (queue(4), Rows::new());
        let mut newest = Rows::new();
        let mut at_ticket = vec![Rows::new()];
        for step in steps {
            match step {
                Step::Write(key, value) => {
                    let (key, value) = (format!("{key:02}"), value.map(|value| value.to_string()));
                    let ticket = queue.write(write(&key, value.clone())).unwrap();
                    change(&mut newest, key, Pending { value, ticket });
                    prop_assert_eq!(ticket.0 as usize, at_ticket.len());
                    at_ticket.push(newest.clone());
                }
                Step::Commit => {
                    if let Some(group) = queue.take() {
                        for (key, pending) in group.from(Bucket::Facts, "") {
                            change(&mut disk, key.to_owned(), pending.clone());
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
            let expected: Vec<Row> = newest.values().cloned().collect();
            prop_assert_eq!(scan(&queue, &disk, limit), expected);
            for key in (0..30).map(|key| format!("{key:02}")) {
                let waits = queue.get(Bucket::Facts, &key);
                let seen = waits.map_or_else(
                    || disk.get(&key).cloned(),
                    |pending| reading::row(key.clone(), pending),
                );
                prop_assert_eq!(seen, newest.get(&key).cloned());
            }
            let waiting = queue.lock();
            prop_assert_eq!(waiting.keys, waiting.groups().map(Group::len).sum::<usize>());
            prop_assert_eq!(waiting.bytes, waiting.groups().map(Group::bytes).sum::<usize>());
        }
    }
}

#[test]
fn a_claim_waits_for_writes_of_the_same_key() {
    let queue = queue(10);
    queue.write(write("lamp", None)).unwrap();
    assert_eq!(queue.claim(Bucket::Facts, "lamp"), None);
    assert_eq!(queue.claim(Bucket::Facts, "other"), Some(Ticket(2)));
    assert_eq!(queue.claim(Bucket::Accounts, "lamp"), Some(Ticket(3)));
    queue.take().unwrap();
    queue.settle();
    assert_eq!(queue.claim(Bucket::Facts, "lamp"), Some(Ticket(4)));
    assert_eq!(queue.write(write("lamp", None)), Ok(Ticket(5)));
}

#[test]
fn a_key_in_flight_is_not_a_new_key() {
    let limits = StoreLimits { pending_keys: 1, ..StoreLimits::default() };
    let queue = Queue::new(limits, Ticket(0));
    queue.write(write("lamp", Some("1".to_owned()))).unwrap();
    let in_flight = queue.take();
    queue.write(write("lamp", Some("2".to_owned()))).unwrap();
    assert!(queue.write(write("other", None)).is_err());
    drop(in_flight);
    queue.give_back();
    let row = reading::row("lamp".to_owned(), queue.get(Bucket::Facts, "lamp").unwrap()).unwrap();
    assert_eq!((row.value.as_str(), row.revision), ("2", Revision(2)));
    assert_eq!(queue.keys(), 1);
}
