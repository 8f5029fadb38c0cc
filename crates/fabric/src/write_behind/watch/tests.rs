//! Watches whose changes fall exactly where a mistake would lose them: between the pages of a
//! snapshot, and while a page is on its way.

use std::{collections::BTreeMap, sync::mpsc};

use tempfile::TempDir;

use super::*;
use crate::{Bucket, Embedded, Storage, Store, StoreLimits, Write};

/// More than two pages of a snapshot.
const ROWS: usize = 600;
const QUEUE: usize = 4;

/// A store, a watch on it, what the watch should show in the end and what its reader knows.
struct Scene {
    _folder: TempDir,
    store: Store,
    watch: StoreWatch,
    stored: BTreeMap<String, String>,
    known: BTreeMap<String, String>,
    resyncs: usize,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let limits = StoreLimits { watch_queue: QUEUE, ..StoreLimits::default() };
        let (store, _) = Embedded::open(folder.path(), limits).unwrap();
        let watch = store.watch(Bucket::Facts, "").await.unwrap();
        let (stored, known) = (BTreeMap::new(), BTreeMap::new());
        let mut scene = Self { _folder: folder, store, watch, stored, known, resyncs: 0 };
        scene.change(0..ROWS, "old").await;
        scene
    }

    fn write(&mut self, keys: std::ops::Range<usize>, value: &str) {
        for key in keys {
            let key = format!("{key:03}");
            self.stored.insert(key.clone(), value.to_owned());
            let value = Some(value.to_owned());
            self.store.write(Write { bucket: Bucket::Facts, key, value }).unwrap();
        }
    }

    /// Writes, and returns when the watchers have been told.
    async fn change(&mut self, keys: std::ops::Range<usize>, value: &str) {
        self.write(keys, value);
        while self.store.waiting() > 0 {
            tokio::task::yield_now().await;
        }
        // Answered after the group, on the same thread.
        self.store.get(Bucket::Facts, "000").await.unwrap();
    }

    fn learn(&mut self, event: Event) {
        match event {
            Event::Put(row) => drop(self.known.insert(row.key, row.value)),
            Event::Deleted { key, .. } => drop(self.known.remove(&key)),
            Event::Current => {}
            Event::Resync => {
                self.known.clear();
                self.resyncs += 1;
            }
        }
    }

    async fn read(&mut self, events: usize) {
        for _ in 0..events {
            let event = self.watch.next().await.unwrap();
            self.learn(event);
        }
    }

    /// Reads until nothing more is told for a while, and compares.
    async fn settles(mut self) -> usize {
        let quiet = std::time::Duration::from_millis(200);
        while let Ok(event) = tokio::time::timeout(quiet, self.watch.next()).await {
            self.learn(event.unwrap());
        }
        assert_eq!(self.known, self.stored);
        self.resyncs
    }
}

#[tokio::test]
async fn changes_to_what_is_still_to_be_read_take_no_room() {
    let mut scene = Scene::new().await;
    scene.change(0..ROWS, "new").await;
    scene.read(1).await;
    scene.change(300..ROWS, "newer").await;
    assert_eq!(scene.settles().await, 0);
}

#[tokio::test]
async fn changes_between_pages_are_told() {
    let mut scene = Scene::new().await;
    scene.read(300).await;
    scene.change(0..QUEUE, "new").await;
    assert_eq!(scene.settles().await, 0);
}

#[tokio::test]
async fn a_gap_between_pages_starts_again_from_the_first() {
    let mut scene = Scene::new().await;
    scene.read(256).await;
    scene.change(0..QUEUE * 3, "new").await;
    assert_eq!(scene.settles().await, 1);
}

#[tokio::test]
async fn a_gap_before_a_page_that_was_asked_for_starts_again_from_the_first() {
    let mut scene = Scene::new().await;
    scene.read(256).await;
    let (hold, held) = mpsc::channel::<()>();
    let holding = ask(&scene.watch.queue, move |_| Ok(held.recv().is_err())).unwrap();
    tokio::select! {
        biased;
        event = scene.watch.next() => panic!("{event:?} from a thread that is held"),
        () = std::future::ready(()) => {}
    }
    // The thread commits these before it answers.
    scene.write(0..QUEUE * 3, "new");
    drop(hold);
    assert_eq!(holding.await.unwrap(), Ok(true));
    assert_eq!(scene.settles().await, 1);
}
