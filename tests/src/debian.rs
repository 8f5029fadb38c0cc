//! The small Debians that `cargo xtask peers` makes, and what one test writes in them: a folder that
//! is removed when dropped. What killed test programs left behind is removed by the next one.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder of one test inside a Debian.
pub struct Scratch {
    root: PathBuf,
    inside: String,
}

impl Scratch {
    /// Makes an empty one in the Debian of this name.
    pub fn make(debian: &str) -> Self {
        let root = root(debian);
        sweep(&root);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let inside = format!("/tmp/lampfield-{}-{number}", std::process::id());
        let scratch = Self { root, inside };
        fs::create_dir_all(scratch.outside()).expect("a folder in a Debian");
        scratch
    }

    /// The Debian, for `chroot`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder as programs in the Debian see it.
    pub fn inside(&self) -> &str {
        &self.inside
    }

    /// The folder as we see it.
    pub fn outside(&self) -> PathBuf {
        self.root.join(self.inside.trim_start_matches('/'))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Its program is gone by now: the process is dropped before its folder.
        let _ = fs::remove_dir_all(self.outside());
    }
}

/// The folder of the Debian of this name.
///
/// # Panics
/// It was not made.
pub fn root(debian: &str) -> PathBuf {
    let root = peers().join(debian);
    let ready = root.join(".lampfield-ready").is_file();
    assert!(ready, "nothing in {}: run `cargo xtask peers` first", root.display());
    root
}

/// The same folder that `cargo xtask peers` uses.
fn peers() -> PathBuf {
    if let Some(given) = std::env::var_os("LAMPFIELD_PEERS") {
        return given.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        Path::new(&std::env::var_os("HOME").expect("HOME is set")).join(".cache")
    });
    cache.join("lampfield/peers")
}

fn sweep(root: &Path) {
    let Ok(entries) = fs::read_dir(root.join("tmp")) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix("lampfield-").and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
