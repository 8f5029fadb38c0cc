//! The account key: 32 random bytes in the data folder (`accounts.key`, mode 0600), from which the
//! passwords of invited PBXs derive. Whoever reads it can compute those passwords; whoever loses it must
//! invite again with `--rotate`.
//!
//! A second line, once [`AccountKeys::rotate`] has written it, holds the key of the invitations in place
//! of the one that derives from the first: a program that knows one line only refuses the file, instead
//! of printing wrong passwords.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lampfield_fabric::private;
use lampfield_xmpp_stream::sasl::hmac_sha256;

const NAME: &str = "accounts.key";

/// Secrets of the account book, one for each use.
pub struct AccountKeys {
    path: PathBuf,
    master: [u8; 32],
    /// Makes the passwords of PBXs that are invited.
    pub(crate) invite: Cell<[u8; 32]>,
    /// Makes keys for accounts that do not exist.
    pub(crate) fake_keys: [u8; 32],
    /// Hashes passwords in the configuration, to notice a change without deriving keys again.
    pub(crate) declared: [u8; 32],
    /// Hashes verified passwords; new for each run, never stored.
    pub(crate) verified: [u8; 32],
}

/// Why there is no account key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file can be neither read nor made.
    #[error("{}: {error}", path.display())]
    Unusable {
        /// `accounts.key` in the data folder.
        path: PathBuf,
        /// What the system says about it.
        error: io::Error,
    },
    /// The file holds something that is not a key.
    #[error("{} is not an account key (32 bytes in base64): restore it, or remove it and invite every PBX again", .0.display())]
    NotAKey(PathBuf),
    /// The kernel gives no random numbers, so no key can be made.
    #[error("the kernel provides no random numbers")]
    NoRandom,
}

// === impl AccountKeys ===

impl AccountKeys {
    /// Reads the key file in `folder`, or makes it. Blocks.
    ///
    /// # Errors
    /// If it can be neither read nor made, or holds no key.
    pub fn load(folder: &Path) -> Result<Self, KeyFileError> {
        let path = folder.join(NAME);
        private::close(&path)
            .map_err(|error| KeyFileError::Unusable { path: path.clone(), error })?;
        let (master, invite) = match fs::read_to_string(&path) {
            Ok(text) => read(&text).ok_or_else(|| KeyFileError::NotAKey(path.clone()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let master = random().ok_or(KeyFileError::NoRandom)?;
                let file = private::options().write(true).create_new(true).open(&path);
                file.and_then(|file| write(file, &[&master]))
                    .map_err(|error| KeyFileError::Unusable { path: path.clone(), error })?;
                (master, None)
            }
            Err(error) => return Err(KeyFileError::Unusable { path, error }),
        };
        let invite = invite.unwrap_or_else(|| hmac_sha256(&master, b"invited passwords"));
        Ok(Self {
            path,
            master,
            invite: Cell::new(invite),
            fake_keys: hmac_sha256(&master, b"keys of nobody"),
            declared: hmac_sha256(&master, b"declared passwords"),
            verified: random().ok_or(KeyFileError::NoRandom)?,
        })
    }

    /// Gives the invitations a new key, kept in the file before it counts. Blocks for as long as a short
    /// file takes to be written.
    ///
    /// # Errors
    /// If it cannot be written; the key is the one of before then.
    pub(crate) fn rotate(&self) -> Result<(), KeyFileError> {
        let key = random().ok_or(KeyFileError::NoRandom)?;
        let unusable = |error| KeyFileError::Unusable { path: self.path.clone(), error };
        let next = self.path.with_extension("key.next");
        let file = private::options().write(true).create(true).truncate(true).open(&next);
        file.and_then(|file| write(file, &[&self.master, &key]))
            .and_then(|()| fs::rename(&next, &self.path))
            .and_then(|()| File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all())
            .map_err(unusable)?;
        self.invite.set(key);
        Ok(())
    }
}

/// Random bytes, unless the kernel has none.
pub(crate) fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

/// The key of the first line, and that of the second if there is one.
fn read(text: &str) -> Option<([u8; 32], Option<[u8; 32]>)> {
    let key =
        |line: &str| -> Option<[u8; 32]> { STANDARD.decode(line.trim()).ok()?.try_into().ok() };
    let mut lines = text.trim().lines();
    let first = key(lines.next()?)?;
    match (lines.next(), lines.next()) {
        (None, _) => Some((first, None)),
        (Some(second), None) => Some((first, Some(key(second)?))),
        (Some(_), Some(_)) => None,
    }
}

fn write(mut file: File, keys: &[&[u8; 32]]) -> io::Result<()> {
    keys.iter().try_for_each(|key| writeln!(file, "{}", STANDARD.encode(key)))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn makes_one_key_and_keeps_it_to_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = AccountKeys::load(folder.path()).expect("made");
        let again = AccountKeys::load(folder.path()).expect("read");
        assert_eq!(first.invite, again.invite);
        assert_eq!(first.fake_keys, again.fake_keys);
        assert_ne!(first.verified, again.verified, "new for each run");
        assert_ne!(first.invite.get(), first.fake_keys);
        let mode = fs::metadata(folder.path().join(NAME)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_new_key_is_for_invitations_only_and_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = AccountKeys::load(folder.path()).expect("made");
        let before = keys.invite.get();
        keys.rotate().expect("written");
        assert_ne!(keys.invite.get(), before);
        let again = AccountKeys::load(folder.path()).expect("read");
        assert_eq!(again.invite, keys.invite);
        assert_eq!((again.fake_keys, again.declared), (keys.fake_keys, keys.declared));
        let path = folder.path().join(NAME);
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // So an earlier program reads it.
        let text = fs::read_to_string(&path).expect("a file");
        assert!(STANDARD.decode(text.trim()).is_err(), "an earlier program takes it: {text}");
        fs::write(&path, text + "x").expect("a file");
        assert!(matches!(AccountKeys::load(folder.path()), Err(KeyFileError::NotAKey(_))));
    }

    #[test]
    fn a_key_that_others_could_read_is_closed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(NAME);
        AccountKeys::load(folder.path()).expect("made");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("chmod");
        AccountKeys::load(folder.path()).expect("read");
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn refuses_a_file_that_is_no_key() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(NAME), "hello").expect("written");
        assert!(matches!(AccountKeys::load(folder.path()), Err(KeyFileError::NotAKey(_))));
    }
}
