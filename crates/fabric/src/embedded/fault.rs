//! What an error of SQLite means to the person who has to mend it: the file, what is wrong with
//! it and the way out. It must never be needed by a program: those match on the error's kind.

use std::path::Path;

use rusqlite::{Error, ErrorCode};
use rustix::fs::{StatVfsMountFlags, statvfs};

/// Less than this is what a full disk has left, in bytes.
const NEXT_TO_NOTHING: u64 = 256 * 1024;

/// One sentence without a full stop, for [`crate::Health`], the log and error texts.
pub(super) fn explain(error: &Error, file: &Path) -> String {
    let name = file.display();
    let Some(code) = error.sqlite_error_code() else { return format!("{name}: {error}") };
    match code {
        ErrorCode::DiskFull => full(file),
        // SQLite tells these apart only for some of its system calls.
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen if is_full(file) => full(file),
        ErrorCode::SystemIoFailure if is_read_only(file) => read_only(file, error),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
            read_only(file, error)
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => format!(
            "another program has locked {name}: close it (for example an sqlite3 shell with \
             an open transaction)"
        ),
        ErrorCode::SystemIoFailure => format!(
            "{name} cannot be read or written ({error}): its disk has failed or is gone, see \
             the kernel log"
        ),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => format!(
            "{name} is damaged: restart the server, it puts the file aside and starts with an \
             empty one; then restore a backup"
        ),
        _ => format!("{name}: {error}"),
    }
}

/// Whether the error says that the file itself is damaged.
pub(super) fn is_damage(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn full(file: &Path) -> String {
    format!("the disk that holds {} is full: free some space", file.display())
}

fn read_only(file: &Path, error: &Error) -> String {
    format!(
        "{} cannot be opened for writing ({error}): remount its disk for writing or correct the \
         owner of its folder",
        file.display()
    )
}

fn is_full(file: &Path) -> bool {
    statvfs(file).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < NEXT_TO_NOTHING)
}

fn is_read_only(file: &Path) -> bool {
    statvfs(file).is_ok_and(|disk| disk.f_flag.contains(StatVfsMountFlags::RDONLY))
}
