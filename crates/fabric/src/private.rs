//! Files and folders that belong to the server alone: made closed to others, and closed again when
//! somebody has opened them. It must never touch what is not ours: a folder that holds other things
//! is refused, not closed.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// What others may not do with a file or folder of ours.
const OTHERS: u32 = 0o077;

/// The part of it that lets others change what is in a folder.
const WRITE: u32 = 0o022;

/// Options that make a new file private to its owner.
#[must_use]
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Opens a file for reading and writing, made empty if it is not there, and closes it to others.
///
/// # Errors
/// It cannot be opened, or it is open to others and belongs to somebody else.
pub fn open(path: &Path) -> io::Result<File> {
    let file = options().read(true).write(true).create(true).truncate(false).open(path)?;
    close(path)?;
    Ok(file)
}

/// Makes a folder that is private to its owner, with all above it that are missing.
///
/// # Errors
/// It cannot be made.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Takes from a file or folder of ours what others may do with it, and says so in the log. One that
/// is not there is closed enough.
///
/// # Errors
/// It is open and belongs to somebody else.
pub fn close(path: &Path) -> io::Result<()> {
    let mode = match mode(path) {
        Ok(mode) => mode,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if mode & OTHERS == 0 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode & !OTHERS))?;
    tracing::warn!(
        code = "was-open",
        path = %path.display(),
        mode = format_args!("{mode:04o}"),
        "other users had access to this file or folder of the server; it is private again"
    );
    Ok(())
}

/// Closes a folder into which others can write, if nothing is in it or `ours` is. One that others can
/// only read stays as it is: what is in it is closed file by file.
///
/// # Errors
/// Others can write into it and it is not ours, or it belongs to somebody else.
pub fn guard_folder(path: &Path, ours: &str) -> io::Result<()> {
    if mode(path)? & WRITE == 0 {
        return Ok(());
    }
    let is_ours = path.join(ours).exists() || fs::read_dir(path)?.next().is_none();
    match is_ours {
        true => close(path),
        false => {
            let path = path.display();
            let mend = format!("others can write into it: chmod go-w {path}, or another data_dir");
            Err(io::Error::new(io::ErrorKind::PermissionDenied, mend))
        }
    }
}

fn mode(path: &Path) -> io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o7777)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(mode: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(mode)).expect("chmod");
        folder
    }

    #[test]
    fn what_was_opened_is_closed_again() {
        let folder = folder(0o755);
        let path = folder.path().join("accounts.key");
        fs::write(&path, "secret").expect("a file");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("chmod");
        open(&path).expect("ours");
        assert_eq!(mode(&path).expect("a file"), 0o600);
        assert_eq!(fs::read_to_string(&path).expect("as it was"), "secret");
        assert!(close(&folder.path().join("nothing")).is_ok());
    }

    #[test]
    fn a_folder_for_everybody_is_closed_only_if_it_is_ours() {
        let fresh = folder(0o777);
        guard_folder(fresh.path(), "lock").expect("nothing is in it");
        assert_eq!(mode(fresh.path()).expect("a folder"), 0o700);

        let shared = folder(0o1777);
        fs::write(shared.path().join("letter"), "").expect("a file of somebody");
        assert!(guard_folder(shared.path(), "lock").is_err());
        assert_eq!(mode(shared.path()).expect("a folder"), 0o1777, "not touched");
        fs::write(shared.path().join("lock"), "").expect("a file of ours");
        guard_folder(shared.path(), "lock").expect("ours");

        let readable = folder(0o755);
        guard_folder(readable.path(), "lock").expect("what is in it is closed by itself");
        assert_eq!(mode(readable.path()).expect("a folder"), 0o755);
    }
}
