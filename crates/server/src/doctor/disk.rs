//! `disk`: where the data folder lies, and how much room there is.

use std::path::Path;

use super::check::{Finding, Findings};
use super::machine::Room;
use super::scene::{NotAsked, Scene};

/// Bytes below which a disk is nearly full, and as good as full.
const LITTLE: (u64, u64) = (500 << 20, 50 << 20);
/// Files that may still be made below which a disk is as good as full.
const FEW_FILES: u64 = 100;

/// File systems on which the database is not safe: SQLite's write-ahead log needs shared memory.
const OF_NETWORKS: [&str; 8] =
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "fuse.glusterfs", "fuse.sshfs"];
/// File systems that forget everything when the machine stops.
const OF_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

const MATTERS: &str =
    "what must survive a restart: accounts, withdrawals, history. Lamps keep working from memory";

/// Room for the database.
pub fn space(scene: &Scene) -> Findings {
    let folder = existing(&scene.data_dir()?);
    let room = (scene.machine.room)(&folder);
    let room = room.map_err(|error| NotAsked(format!("{}: {error}", folder.display())))?;
    let Room { free, bytes, files: (files, most_files), is_read_only } = room;
    let folder = folder.display();
    let who = format!(
        "du -xh --max-depth=2 {folder} | sort -h | tail   (shows who has it; then make room)"
    );
    if is_read_only {
        let text = format!("nothing can be written: the disk of {folder} is mounted read-only");
        return Ok(vec![Finding::bad(text, MATTERS, format!("mount -o remount,rw {folder}"))]);
    }
    if most_files > 0 && files < FEW_FILES {
        let text = format!("the disk of {folder} has room for only {files} more files");
        let mend = format!("df -i {folder}   (then remove files that nobody needs)");
        return Ok(vec![Finding::bad(text, MATTERS, mend)]);
    }
    let seen = format!("{} MiB of {} MiB", free >> 20, bytes >> 20);
    Ok(match free {
        free if free < LITTLE.1 => {
            vec![Finding::bad(format!("the disk of {folder} is full"), MATTERS, who).seen(seen)]
        }
        free if free < LITTLE.0 => {
            vec![
                Finding::look(format!("the disk of {folder} is nearly full"), MATTERS, who)
                    .seen(seen),
            ]
        }
        _ => Vec::new(),
    })
}

/// A file system that does not keep what is written.
pub fn file_system(scene: &Scene) -> Findings {
    let folder = scene.data_dir()?;
    let mounts = scene.machine.read("/proc/mounts");
    let mounts = mounts.map_err(|error| NotAsked(format!("/proc/mounts: {error}")))?;
    let Some((place, kind)) = mount_of(&folder, &mounts) else { return Ok(Vec::new()) };
    let seen = format!("{place} is {kind}");
    let mend = "data_dir = \"/var/lib/lampfield\" in the configuration (a disk of this machine), then: \
                systemctl restart lampfield";
    if OF_NETWORKS.contains(&kind) {
        let text = format!("{} is on a network file system", folder.display());
        return Ok(vec![Finding::bad(text, MATTERS, mend).seen(seen)]);
    }
    if OF_MEMORY.contains(&kind) {
        let text = format!("{} is on a file system in memory", folder.display());
        return Ok(vec![Finding::look(text, MATTERS, mend).seen(seen)]);
    }
    Ok(Vec::new())
}

/// The folder, or the one above it that is there: a server that was never started has none.
fn existing(folder: &Path) -> std::path::PathBuf {
    let there = folder.ancestors().find(|folder| folder.exists());
    there.unwrap_or(Path::new("/")).to_owned()
}

/// Where the file system of a folder is mounted, and what it is.
fn mount_of<'a>(folder: &Path, mounts: &'a str) -> Option<(&'a str, &'a str)> {
    let lines = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    // The last of two at one place covers the first.
    lines.filter(|(place, _)| folder.starts_with(place)).max_by_key(|(place, _)| place.len())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Stage, texts};
    use super::*;
    use crate::document::status::Severity;

    const ROOMY: Room = Room {
        free: 10 << 30,
        bytes: 20 << 30,
        files: (1_000_000, 2_000_000),
        is_read_only: false,
    };

    #[test]
    fn a_disk_without_room_is_told() {
        let seen = |room: fn(&Path) -> std::io::Result<Room>| {
            let mut scene = Stage::new().scene();
            scene.machine.room = room;
            space(&scene).expect("an answer").into_iter().next().map(|one| one.severity)
        };
        assert_eq!(seen(|_| Ok(ROOMY)), None);
        assert_eq!(seen(|_| Ok(Room { free: 100 << 20, ..ROOMY })), Some(Severity::Look));
        assert_eq!(seen(|_| Ok(Room { free: 1 << 20, ..ROOMY })), Some(Severity::Bad));
        assert_eq!(seen(|_| Ok(Room { files: (5, 1_000), ..ROOMY })), Some(Severity::Bad));
        // btrfs counts no files.
        assert_eq!(seen(|_| Ok(Room { files: (0, 0), ..ROOMY })), None);
        assert_eq!(seen(|_| Ok(Room { is_read_only: true, ..ROOMY })), Some(Severity::Bad));
    }

    #[test]
    fn a_file_system_that_does_not_keep_is_told() {
        let stage = Stage::new();
        let mounted = |kind: &str| {
            let data = stage.data();
            let mounts = format!("/dev/sda1 / ext4 rw 0 0\nx {} {kind} rw 0 0\n", data.display());
            stage.file("proc/mounts", &mounts);
            texts(file_system(&stage.scene()))
        };
        assert_eq!(mounted("ext4"), [""; 0]);
        assert!(mounted("nfs4")[0].ends_with("is on a network file system"));
        assert!(mounted("tmpfs")[0].ends_with("is on a file system in memory"));
    }
}
