//! Opening the store: whose folder it is, what is refused and what is put aside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use lampfield_fabric::{Bucket, Embedded, OpenError, Opened, Storage, Store, StoreLimits, Write};

fn open(folder: &Path) -> Result<(Store, Opened), OpenError> {
    Embedded::open(folder, StoreLimits::default())
}

async fn close(store: Store) {
    store.close(Duration::from_secs(10)).await.unwrap();
}

/// A store that was closed with some rows in it.
async fn filled(folder: &Path) {
    let (store, _) = open(folder).unwrap();
    for number in 0..2_000 {
        let (key, value) = (format!("lamp-{number}"), Some("x".repeat(200)));
        store.write(Write { bucket: Bucket::Facts, key, value }).unwrap();
    }
    close(store).await;
}

/// The store was begun anew, works, and the damaged file is where the report says.
async fn is_set_aside(folder: &Path, damaged: &[u8]) {
    let (store, opened) = open(folder).unwrap();
    let aside = opened.set_aside.expect("a damaged file is named");
    assert!(aside.file_name().unwrap().to_str().unwrap().starts_with("lampfield.db.corrupt-2"));
    assert_eq!(fs::read(&aside).unwrap(), damaged, "nothing is lost that may be rescued");
    assert_eq!(store.get(Bucket::Facts, "lamp-1").await.unwrap(), None);
    let (key, value) = ("lamp".to_owned(), Some("1".to_owned()));
    store.write(Write { bucket: Bucket::Facts, key, value }).unwrap();
    close(store).await;

    let (store, opened) = open(folder).unwrap();
    assert_eq!(opened.set_aside, None);
    assert!(store.get(Bucket::Facts, "lamp").await.unwrap().is_some());
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn the_folder_and_its_files_are_private() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("state/lampfield");
    let (store, opened) = open(&folder).unwrap();
    assert_eq!(opened, Opened { file: folder.join("lampfield.db"), ..opened.clone() });
    assert_eq!((&opened.set_aside, opened.migrated_from), (&None, None));
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    close(store).await;
}

#[tokio::test]
async fn a_second_server_on_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path()).unwrap();
    let refused = open(folder.path()).err().expect("it is held").to_string();
    let pid = std::process::id();
    assert!(
        refused.ends_with(&format!("is in use by another server (process {pid})")),
        "{refused}"
    );
    close(store).await;
    close(open(folder.path()).unwrap().0).await;
}

#[tokio::test]
async fn a_newer_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let file = folder.path().join("lampfield.db");
    let newer = rusqlite::Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 999).unwrap();
    drop(newer);
    let before = fs::read(&file).unwrap();
    let refused = open(folder.path());
    assert!(matches!(refused, Err(OpenError::Newer { found: 999, known: 5, .. })));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = b"this is not the file you are looking for".repeat(500);
    fs::write(folder.path().join("lampfield.db"), &garbage).unwrap();
    is_set_aside(folder.path(), &garbage).await;
}

#[tokio::test]
async fn a_file_with_damaged_pages_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let file = folder.path().join("lampfield.db");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    for byte in bytes.iter_mut().skip(middle).take(16_384) {
        *byte ^= 0x5a;
    }
    fs::write(&file, &bytes).unwrap();
    is_set_aside(folder.path(), &bytes).await;
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let file = folder.path().join("lampfield.db");
    let mut bytes = fs::read(&file).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(&file, &bytes).unwrap();
    is_set_aside(folder.path(), &bytes).await;
}

#[test]
fn a_folder_that_is_a_file_is_refused_with_the_fix() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("lampfield");
    fs::write(&folder, "").unwrap();
    let refused = open(&folder).err().expect("it is a file").to_string();
    assert!(refused.contains("data_dir must be a folder"), "{refused}");
}

#[tokio::test]
async fn an_operator_can_read_the_file_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let (store, opened) = open(folder.path()).unwrap();
    let shell = rusqlite::Connection::open(&opened.file).unwrap();
    let sql = "SELECT value FROM facts WHERE key = 'lamp-7' AND revision > 0";
    let value: String = shell.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(value, "x".repeat(200));
    close(store).await;
}
