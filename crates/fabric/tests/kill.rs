//! `kill -9` on the embedded store: whatever was acknowledged is there afterwards, and what is there
//! is what had been written up to some moment, nothing skipped. The latter is more than any store
//! promises, and here to see that a group of SQLite's is whole.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use lampfield_fabric::{Bucket, Cursor, Embedded, Storage, StoreLimits, Write};

const FOLDER: &str = "LAMPFIELD_TEST_KILL_FOLDER";
const FIRST: &str = "LAMPFIELD_TEST_KILL_FIRST";
/// Few enough that most are overwritten many times.
const KEYS: u64 = 3_000;
/// Small, so that the kill often falls between the groups of one burst.
const GROUP_ROWS: usize = 50;

fn limits() -> StoreLimits {
    StoreLimits { group_rows: GROUP_ROWS, ..StoreLimits::default() }
}

/// The victim: number n goes to key n mod KEYS; every number that is safe is printed. Does nothing
/// unless the test below starts it.
#[tokio::test]
async fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let (store, _) = Embedded::open(Path::new(&folder), limits()).unwrap();
    let mut committed = store.committed();
    let before = committed.borrow_and_update().0;
    let mut number = first;
    loop {
        for _ in 0..400 {
            let (key, value) = ((number % KEYS).to_string(), Some(number.to_string()));
            // The last number of a round goes to a bucket that is synced as well.
            let bucket = if number.is_multiple_of(5_000) { Bucket::Meta } else { Bucket::Facts };
            store.write(Write { bucket, key, value }).unwrap();
            number += 1;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        if committed.has_changed().unwrap() {
            let safe = first + (committed.borrow_and_update().0 - before) - 1;
            writeln!(io::stdout(), "\nsafe {safe}").unwrap();
        }
    }
}

/// Starts the victim, kills it after a while, and returns the last number it called safe.
fn run_and_kill(folder: &Path, first: u64, life: Duration) -> u64 {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut safe = first - 1;
    let mut born = None;
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        let Some(number) = line.unwrap().strip_prefix("safe ").map(str::to_owned) else { continue };
        safe = number.parse().unwrap();
        if born.get_or_insert_with(Instant::now).elapsed() > life {
            // SIGKILL. What it printed before is still read.
            victim.kill().unwrap();
        }
    }
    assert!(!victim.wait().unwrap().success());
    safe
}

async fn stored(folder: &Path) -> HashMap<u64, u64> {
    let (store, opened) = Embedded::open(folder, limits()).unwrap();
    assert_eq!(opened.set_aside, None);
    let (mut all, mut from) = (HashMap::new(), None::<Cursor>);
    loop {
        let page = store.scan(Bucket::Facts, "", from, 1_000).await.unwrap();
        for row in page.rows {
            all.insert(row.key.parse().unwrap(), row.value.parse().unwrap());
        }
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    store.close(Duration::from_secs(10)).await.unwrap();
    all
}

#[tokio::test]
async fn acknowledged_writes_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = 1;
    for round in 0..6 {
        let safe = run_and_kill(folder.path(), first, Duration::from_millis(100 + 70 * round));
        assert!(safe >= first, "it came to commit something");
        let stored = stored(folder.path()).await;
        let newest = *stored.values().max().unwrap();
        assert!(newest + 1 >= safe, "{safe} was acknowledged, {newest} is the newest there is");
        for key in 0..KEYS {
            let wrote = |number: u64| number % KEYS == key && !number.is_multiple_of(5_000);
            let expected = (1..=newest).rev().find(|number| wrote(*number));
            assert_eq!(stored.get(&key).copied(), expected, "round {round}, key {key} of {newest}");
        }
        first = newest.max(safe) + 1;
    }
}
