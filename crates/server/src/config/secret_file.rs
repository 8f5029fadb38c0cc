//! Files that hold one secret. A file that others can read is refused: a secret that has leaked is
//! worse than a start that fails.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The longest secret file that is read.
const MOST_BYTES: u64 = 4096;

/// Why a secret file was not used.
#[derive(Debug, Error)]
pub enum SecretFileError {
    /// It cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file that the configuration names.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others can read it.
    #[error("{} has mode {mode:04o}: others can read the secret", path.display())]
    Open {
        /// The file that the configuration names.
        path: PathBuf,
        /// Its permission bits, as `chmod` takes them.
        mode: u32,
    },
    /// There is nothing in it.
    #[error("{} is empty", path.display())]
    Empty {
        /// The file that the configuration names.
        path: PathBuf,
    },
}

// === impl SecretFileError ===

impl SecretFileError {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Unreadable { .. } => "it must be readable for the user of the server".to_owned(),
            Self::Open { path, .. } => format!("chmod 600 {}", path.display()),
            Self::Empty { .. } => "its first line is the secret".to_owned(),
        }
    }
}

/// The first line of `path`.
///
/// # Errors
/// The file cannot be read, is open to others, or has no first line.
pub fn read(path: &Path) -> Result<String, SecretFileError> {
    let unreadable = |source| SecretFileError::Unreadable { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SecretFileError::Open { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => Err(SecretFileError::Empty { path: path.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_a_file_that_nobody_else_can_read_is_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(&path, "hunter2\nrest\n").expect("a file");
        for (mode, good) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("chmod");
            assert_eq!(read(&path).is_ok(), good, "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("chmod");
        assert_eq!(read(&path).expect("a secret"), "hunter2");
        fs::write(&path, "\n").expect("a file");
        assert!(matches!(read(&path), Err(SecretFileError::Empty { .. })));
    }
}
