//! What the embedded store costs: rows per second, CPU time per row of the caller and of the
//! store's thread, and resident memory.
//!
//! ```text
//! cargo run -p lampfield-fabric --release --example store_bench [FOLDER]
//! ```

#![allow(clippy::unwrap_used, reason = "a benchmark ends by panicking")]

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use lampfield_fabric::{Bucket, Embedded, Storage, Store, StoreLimits, Ticket, Write};

const VALUE: &str = r#"{"state":"INUSE","version":[7,123456],"said":"2026-11-21T10:00:00.000Z","cachable":true,"door":"asterisk","account":"pbx-a@asterisk.example"}"#;

/// CPU time so far, of the store's thread and of all others.
#[derive(Clone, Copy)]
struct Cpu {
    store: Duration,
    others: Duration,
}

impl Cpu {
    fn now() -> Self {
        let mut cpu = Self { store: Duration::ZERO, others: Duration::ZERO };
        for task in fs::read_dir("/proc/self/task").unwrap() {
            let task = task.unwrap().path();
            let name = fs::read_to_string(task.join("comm")).unwrap();
            let times = fs::read_to_string(task.join("schedstat")).unwrap();
            let used = Duration::from_nanos(times.split(' ').next().unwrap().parse().unwrap());
            if name.trim() == "store" { cpu.store += used } else { cpu.others += used }
        }
        cpu
    }
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn fact(bucket: Bucket, number: usize) -> Write {
    let key = format!("device/PJSIP/{number:06}|pbx-a@asterisk.example|00:11:22:33:44:55");
    Write { bucket, key, value: Some(VALUE.to_owned()) }
}

async fn committed(store: &Store, ticket: Ticket) {
    store.committed().wait_for(|committed| *committed >= ticket).await.unwrap();
}

fn report(what: &str, rows: usize, started: Instant, before: Cpu) {
    let (elapsed, cpu) = (started.elapsed(), Cpu::now());
    let per_row = |used: Duration| used.as_secs_f64() * 1e6 / rows as f64;
    println!(
        "{what:<44} {:>9.0} rows/s   caller {:>6.2} us   store {:>7.2} us CPU per row   RSS {:>6} KiB",
        rows as f64 / elapsed.as_secs_f64(),
        per_row(cpu.others.saturating_sub(before.others)),
        per_row(cpu.store.saturating_sub(before.store)),
        resident_kib(),
    );
}

/// Writes as fast as they are taken; the keys repeat after `keys`.
async fn bulk(store: &Store, bucket: Bucket, what: &str, rows: usize, keys: usize) {
    let (started, before) = (Instant::now(), Cpu::now());
    let mut last = Ticket::default();
    for number in 0..rows {
        // Scattered, as devices change in real life.
        last = store.write(fact(bucket, (number * 7_919) % keys)).unwrap();
        if number % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    committed(store, last).await;
    report(what, rows, started, before);
}

/// Writes one row at a time, each when the one before is safe.
async fn single(store: &Store, bucket: Bucket, what: &str, rows: usize) {
    let (started, before) = (Instant::now(), Cpu::now());
    for number in 0..rows {
        committed(store, store.write(fact(bucket, number % 10_000)).unwrap()).await;
    }
    report(what, rows, started, before);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let given = std::env::args().nth(1);
    let temporary = tempfile::tempdir().unwrap();
    let folder = given.as_deref().map_or(temporary.path(), Path::new);
    println!("{:<44} RSS {} KiB", "before opening", resident_kib());
    let (store, opened) = Embedded::open(folder, StoreLimits::default()).unwrap();
    println!("{:<44} RSS {} KiB", opened.file.display(), resident_kib());

    bulk(&store, Bucket::Facts, "10,000 new facts", 10_000, 10_000).await;
    bulk(&store, Bucket::Facts, "200,000 changes of 10,000 facts", 200_000, 10_000).await;
    single(&store, Bucket::Facts, "facts, one at a time (kill -9)", 20_000).await;
    single(&store, Bucket::Accounts, "accounts, one at a time (power loss)", 500).await;
    bulk(&store, Bucket::Facts, "500,000 new facts", 500_000, 500_000).await;

    let started = Instant::now();
    store.close(Duration::from_secs(60)).await.unwrap();
    println!("closed in {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    let started = Instant::now();
    let (_store, _) = Embedded::open(folder, StoreLimits::default()).unwrap();
    println!("opened and checked 500,000 facts in {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
}
