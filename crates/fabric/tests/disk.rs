//! A real disk that fills up, and one that is read-only: a small file system in memory, which
//! only root can mount. Without that right the tests say so on the terminal.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use lampfield_fabric::{Bucket, Embedded, Health, OpenError, Storage, Store, StoreLimits, Write};
use tempfile::TempDir;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

/// A disk of 4 MiB, unmounted when it is dropped.
struct Disk {
    place: TempDir,
}

impl Disk {
    /// Mounts the disk, or says why the test is left out.
    fn mount(test: &str) -> Option<Self> {
        let disk = Self { place: tempfile::tempdir().unwrap() };
        match disk.run("mount", &["-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs"]) {
            Ok(()) => Some(disk),
            Err(reason) => {
                // Past the test harness, which hides what tests that pass have printed.
                let skipped = format!("SKIPPED {test}: cannot mount: {reason}\n");
                io::stderr().write_all(skipped.as_bytes()).unwrap();
                None
            }
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let output = Command::new(program).args(arguments).arg(self.place.path()).output();
        let output = output.map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }

    fn folder(&self) -> PathBuf {
        self.place.path().join("lampfield")
    }

    /// Fills the disk, so that not even one page finds room.
    fn fill(&self) {
        let mut file = File::create(self.place.path().join("filler")).unwrap();
        let full = loop {
            if let Err(error) = file.write_all(&[0; 4_096]) {
                break error;
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
    }

    fn free(&self) {
        fs::remove_file(self.place.path().join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Best effort: lazily, because a failed test may still have files open.
        let _ = self.run("umount", &["-l"]);
    }
}

fn open(folder: &Path) -> Result<Store, OpenError> {
    Embedded::open(folder, StoreLimits::default()).map(|(store, _)| store)
}

fn put(key: usize, value: String) -> Write {
    Write { bucket: Bucket::Facts, key: format!("lamp-{key:03}"), value: Some(value) }
}

#[tokio::test]
async fn a_disk_that_fills_up_costs_nothing_that_was_taken() {
    let Some(disk) = Disk::mount("a_disk_that_fills_up_costs_nothing_that_was_taken") else {
        return;
    };
    let store = open(&disk.folder()).unwrap();
    let mut health = store.health();
    disk.fill();
    let mut last = *store.committed().borrow();
    for round in 0..50 {
        for key in 0..20 {
            last = store.write(put(key, format!("{round:05}").repeat(400))).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stalled = health.wait_for(|health| *health != Health::Ok);
    let stalled = timeout(SOON, stalled).await.expect("the disk is full").unwrap().clone();
    let Health::Stalled { reason, .. } = stalled else { unreachable!() };
    assert!(reason.contains("is full: free some space"), "{reason}");
    assert!(*store.committed().borrow() < last);
    assert_eq!(store.waiting(), 20);

    disk.free();
    let mut tickets = store.committed();
    timeout(SOON, tickets.wait_for(|safe| *safe >= last)).await.expect("it goes on").unwrap();
    assert_eq!(*store.health().borrow(), Health::Ok);
    store.close(SOON).await.unwrap();

    let store = open(&disk.folder()).unwrap();
    let page = store.scan(Bucket::Facts, "lamp-", None, 100).await.unwrap();
    assert_eq!(page.rows.len(), 20);
    assert!(page.rows.iter().all(|row| row.value == "00049".repeat(400)));
    store.close(SOON).await.unwrap();
}

#[tokio::test]
async fn a_start_on_a_full_disk_is_refused_with_the_fix() {
    let Some(disk) = Disk::mount("a_start_on_a_full_disk_is_refused_with_the_fix") else { return };
    let store = open(&disk.folder()).unwrap();
    store.write(put(1, "1".to_owned())).unwrap();
    store.close(SOON).await.unwrap();
    disk.fill();
    let refused = open(&disk.folder()).err().expect("no room for the log").to_string();
    assert!(refused.contains("free some space"), "{refused}");
    disk.free();
    let store = open(&disk.folder()).unwrap();
    assert!(store.get(Bucket::Facts, "lamp-001").await.unwrap().is_some());
    store.close(SOON).await.unwrap();
}

#[tokio::test]
async fn a_start_on_a_read_only_disk_is_refused_with_the_fix() {
    let Some(disk) = Disk::mount("a_start_on_a_read_only_disk_is_refused_with_the_fix") else {
        return;
    };
    let store = open(&disk.folder()).unwrap();
    store.close(SOON).await.unwrap();
    disk.run("mount", &["-o", "remount,ro"]).unwrap();
    let refused = open(&disk.folder()).err().expect("it is read-only").to_string();
    assert!(refused.contains("remount it for writing"), "{refused}");
}
