//! The data folder: private to its owner and held by one server at a time. The lock goes with the
//! process, however it ends; the lock file itself stays and must not be removed by hand.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use super::OpenError;
use crate::private;

/// Held while the server runs; it also marks the folder as ours.
const LOCK: &str = "lampfield.lock";

/// A data folder that this process holds until the value is dropped.
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

// === impl Folder ===

impl Folder {
    /// Makes the folder if need be and takes its lock.
    pub(super) fn hold(path: &Path) -> Result<Self, OpenError> {
        private::make_folder(path)
            .and_then(|()| private::guard_folder(path, LOCK))
            .map_err(|e| unusable(path, &e))?;
        let lock_path = path.join(LOCK);
        let mut lock = private::open(&lock_path).map_err(|e| unusable(&lock_path, &e))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(OpenError::Held { folder: path.to_owned(), pid: holder(&mut lock) });
            }
            Err(e) => return Err(unusable(&lock_path, &e.into())),
        }
        sign(&mut lock).map_err(|e| unusable(&lock_path, &e))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The database file, made empty and private if it is not there. SQLite gives its side files
    /// the same mode; those of an earlier run are closed here.
    pub(super) fn database(&self) -> Result<PathBuf, OpenError> {
        let path = self.path.join("lampfield.db");
        private::open(&path)
            .and_then(|_| File::open(&self.path)?.sync_all())
            .map_err(|e| unusable(&path, &e))?;
        for side in ["lampfield.db-wal", "lampfield.db-shm"] {
            let side = self.path.join(side);
            private::close(&side).map_err(|e| unusable(&side, &e))?;
        }
        Ok(path)
    }
}

/// Leaves the number of this process for whoever finds the folder held.
fn sign(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    let read = lock.take(32).read_to_string(&mut text);
    match (read, text.trim()) {
        (Ok(_), pid) if !pid.is_empty() => pid.to_owned(),
        _ => "unknown".to_owned(),
    }
}

fn unusable(path: &Path, error: &io::Error) -> OpenError {
    let fix = match error.kind() {
        // An error of ours, such as a folder that everybody can write into, says itself what to do.
        io::ErrorKind::PermissionDenied if error.raw_os_error().is_some() => {
            ": give the folder to the user that runs the server"
        }
        io::ErrorKind::ReadOnlyFilesystem => ": remount it for writing or choose another data_dir",
        io::ErrorKind::StorageFull => ": free some space or choose another data_dir",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            ": data_dir must be a folder"
        }
        _ => "",
    };
    OpenError::Unusable {
        path: path.to_owned(),
        reason: format!("{}: {error}{fix}", path.display()),
    }
}
