//! Programs of other users on this machine.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use tempfile::TempDir;

use crate::server::binary;

/// The product's binary in a place where everybody may run it.
pub struct OtherUser {
    folder: TempDir,
    user: u32,
}

impl OtherUser {
    /// Runs it as the user of this number, who owns nothing.
    pub fn new(user: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("its owner");
        fs::copy(binary(), folder.path().join("binary")).expect("the binary");
        Self { folder, user }
    }

    /// The command that runs the binary under this name, which the kernel shows.
    pub fn program(&self, name: &str) -> Vec<String> {
        let link = self.folder.path().join(name);
        if !link.exists() {
            symlink("binary", &link).expect("a link");
        }
        let user = self.user.to_string();
        let arguments = ["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups"];
        // Whoever becomes another user no longer dies with its parent.
        let arguments = arguments.into_iter().chain(["--pdeathsig", "KILL"]).map(str::to_owned);
        arguments.chain([link.to_string_lossy().into_owned()]).collect()
    }

    /// A file that its programs can read.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, content).expect("a file");
        file
    }
}
