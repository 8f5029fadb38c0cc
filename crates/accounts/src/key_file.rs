//! The account key: 32 random bytes in the data folder (`accounts.key`, mode 0600), from which the
//! passwords of invited PBXs derive. Whoever reads it can compute those passwords; whoever loses it must
//! invite again with `--rotate`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lampfield_fabric::private;
use lampfield_xmpp_stream::sasl::hmac_sha256;

const NAME: &str = "accounts.key";

/// Secrets of the account book, one for each use.
pub struct AccountKeys {
    /// Makes the passwords of PBXs that are invited.
    pub(crate) invite: [u8; 32],
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
    #[error("{} is not an account key (32 bytes in base64): restore it, or remove it and invite every server again", .0.display())]
    NotAKey(PathBuf),
    /// The kernel gives no random numbers, so no key can be made.
    #[error("the kernel gives no random numbers")]
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
        let master = match fs::read_to_string(&path) {
            Ok(text) => read(&text).ok_or(KeyFileError::NotAKey(path))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let master = random().ok_or(KeyFileError::NoRandom)?;
                create(&path, &master).map_err(|error| KeyFileError::Unusable { path, error })?;
                master
            }
            Err(error) => return Err(KeyFileError::Unusable { path, error }),
        };
        Ok(Self {
            invite: hmac_sha256(&master, b"invited passwords"),
            fake_keys: hmac_sha256(&master, b"keys of nobody"),
            declared: hmac_sha256(&master, b"declared passwords"),
            verified: random().ok_or(KeyFileError::NoRandom)?,
        })
    }
}

/// Random bytes, unless the kernel has none.
pub(crate) fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

fn read(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text.trim()).ok()?.try_into().ok()
}

fn create(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let mut file = private::options().write(true).create_new(true).open(path)?;
    writeln!(file, "{}", STANDARD.encode(key))?;
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
        assert_eq!((first.invite, first.fake_keys), (again.invite, again.fake_keys));
        assert_ne!(first.verified, again.verified, "new for each run");
        assert_ne!(first.invite, first.fake_keys);
        let mode = fs::metadata(folder.path().join(NAME)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
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
