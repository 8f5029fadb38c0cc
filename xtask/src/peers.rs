//! The real Asterisks and the XMPP client library of the end-to-end tests, and the XMPP
//! servers that are measured: each in a small Debian of its own, a folder made once in the cache
//! folder and reused. A folder counts only with its stamp; what an interrupted run left is removed
//! and made again.

mod debian;
mod mounts;
mod recipe;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};

use crate::packages;
use recipe::{END_TO_END, Peer, STAMP, XMPP_SERVERS};

/// Where the folders are: `$LAMPFIELD_PEERS`, else `lampfield/peers` in the user's cache folder.
/// The end-to-end tests are given the answer in `LAMPFIELD_PEERS`.
pub fn folder() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("LAMPFIELD_PEERS") {
        return Ok(given.into());
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let cache = match cache {
        Some(cache) => cache,
        None => {
            Path::new(&std::env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?)
                .join(".cache")
        }
    };
    Ok(cache.join("lampfield/peers"))
}

/// Makes everything that the end-to-end tests use and that is not there yet.
pub fn prepare() -> Result<()> {
    prepare_all(&END_TO_END)
}

/// A peer that can be started.
pub struct Ready {
    /// Its name, which is also that of its folder.
    pub name: &'static str,
    /// The folder of the Debian in which it is installed.
    pub root: PathBuf,
    /// The version of its package in Debian.
    pub version: String,
}

/// Makes every XMPP server that is not there yet.
pub fn prepare_xmpp_servers() -> Result<Vec<Ready>> {
    prepare_all(&XMPP_SERVERS)?;
    let folder = folder()?;
    let ready = XMPP_SERVERS.iter().map(|peer| {
        let root = folder.join(peer.name);
        Ok(Ready { name: peer.name, version: debian::version(peer, &root)?, root })
    });
    ready.collect()
}

fn prepare_all(peers: &[Peer]) -> Result<()> {
    packages::ensure()?;
    let folder = folder()?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lock = File::create(folder.join("lock"))?;
    lock.lock().context("cannot lock the peers folder")?;
    // All at once: each mostly waits for its mirror and for the disk.
    std::thread::scope(|scope| {
        let folder = &folder;
        let prepare = |peer| (peer, scope.spawn(move || prepare_one(folder, peer)));
        let started: Vec<_> = peers.iter().map(prepare).collect();
        let ended = started.into_iter().map(|(peer, thread)| {
            let outcome = thread.join().unwrap_or_else(|_| Err(anyhow!("a panic, see above")));
            outcome.with_context(|| format!("cannot prepare {}", peer.name))
        });
        // Everyone is waited for, then the first error counts.
        ended.collect::<Vec<_>>().into_iter().collect()
    })
}

fn prepare_one(folder: &Path, peer: &Peer) -> Result<()> {
    let home = folder.join(peer.name);
    if fs::read_to_string(home.join(recipe::STAMP_FILE)).is_ok_and(|stamp| stamp == STAMP) {
        let version = debian::version(peer, &home)?;
        eprintln!("{}: ready in {} ({version})", peer.name, home.display());
        return Ok(());
    }
    let started = Instant::now();
    let part = folder.join(format!("{}.part", peer.name));
    for stale in [&home, &part] {
        mounts::remove(stale)?;
    }
    debian::build(peer, &part)?;
    fs::write(part.join(recipe::STAMP_FILE), STAMP)?;
    fs::rename(&part, &home)?;
    eprintln!("{}: made in {:.0?}", peer.name, started.elapsed());
    Ok(())
}
