//! What an error of SQLite means to the person who has to mend it: the file, what is wrong with
//! it and the way out. It must never be needed by a program: those match on the error's kind.

use std::path::Path;

use rusqlite::{Error, ErrorCode};

/// One sentence without a full stop, for [`crate::Health`], the log and error texts.
pub(super) fn explain(error: &Error, file: &Path) -> String {
    let file = file.display();
    let Some(code) = error.sqlite_error_code() else { return format!("{file}: {error}") };
    match code {
        ErrorCode::DiskFull => format!(
            "the disk that holds {file} is full: free some space, storing goes on by itself"
        ),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => format!(
            "{file} cannot be opened for writing ({error}): remount its disk for writing or correct \
             the owner of its folder, storing goes on by itself"
        ),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => format!(
            "another program has locked {file}: close it, an sqlite3 shell with an open \
             transaction for instance"
        ),
        ErrorCode::SystemIoFailure => format!(
            "{file} cannot be read or written ({error}): its disk fails, is gone or became \
             read-only, see the kernel log; storing goes on by itself when it is back"
        ),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => format!(
            "{file} is damaged: restart the server, it puts the file aside and starts with an \
             empty one; then restore a backup"
        ),
        _ => format!("{file}: {error}"),
    }
}

/// Whether the file itself is what is wrong.
pub(super) fn is_damage(error: &Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
