//! A log file that never grows beyond its size: it is put aside as `NAME.1`, what was that as `NAME.2`,
//! and so on; the oldest goes. By hand, because the crates for it bring a calendar and a compressor.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{Access, access};

/// Readable for the group, as log files are on Debian.
const MODE: u32 = 0o640;

/// How often it is looked whether the file is still where it was.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The file, and how large it may be.
pub struct RotatingFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    most: u64,
    /// How many there are at the most, with the one that is written.
    files: usize,
    /// When it was looked whether the file is still where it was.
    looked: Instant,
}

// === impl RotatingFile ===

impl RotatingFile {
    /// Opens it, to go on where it ends.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn open(path: &Path, most: u64, files: usize) -> io::Result<Self> {
        let file = append_to(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, bytes, most, files, looked: Instant::now() })
    }

    /// Begins the file anew if somebody else has moved it or deleted it, as logrotate does. It is
    /// looked for once a second at the most.
    fn reopen_if_gone(&mut self) {
        if self.looked.elapsed() < LOOK_EVERY {
            return;
        }
        self.looked = Instant::now();
        let id = |of: io::Result<Metadata>| of.ok().map(|of| (of.dev(), of.ino()));
        if id(fs::metadata(&self.path)) == id(self.file.metadata()) {
            return;
        }
        // Where it cannot be made, the lines go on into the file that was open.
        if let Ok(file) = append_to(&self.path) {
            self.bytes = file.metadata().map_or(0, |of| of.len());
            self.file = file;
        }
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..self.files).rev() {
            let newer = self.numbered(number - 1);
            if newer.exists() {
                fs::rename(newer, self.numbered(number))?;
            }
        }
        if self.files == 1 {
            fs::remove_file(&self.path)?;
        }
        self.file = append_to(&self.path)?;
        self.bytes = 0;
        Ok(())
    }

    fn numbered(&self, number: usize) -> PathBuf {
        if number == 0 {
            return self.path.clone();
        }
        let mut name = OsString::from(&self.path);
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Write for RotatingFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.reopen_if_gone();
        if self.bytes > 0 && self.bytes + line.len() as u64 > self.most {
            // Where it cannot be put aside, a file that is too long is better than no log.
            let _ = self.rotate();
        }
        let written = self.file.write(line)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Whether it could be written; makes nothing.
///
/// # Errors
/// Why not.
pub fn check(path: &Path) -> io::Result<()> {
    if path.exists() {
        return OpenOptions::new().append(true).open(path).map(drop);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(access(folder.unwrap_or(Path::new(".")), Access::WRITE_OK | Access::EXEC_OK)?)
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(MODE).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_in_so_many_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.log");
        let mut log = RotatingFile::open(&path, 10, 3).expect("a file");
        for line in ["one.\n", "two.\n", "three.\n", "four.\n", "five.\n", "six.\n", "seven.\n"] {
            log.write_all(line.as_bytes()).expect("written");
        }
        let mut again = RotatingFile::open(&path, 10, 3).expect("the same file");
        again.write_all(b"8\n").expect("written");
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).ok();
        assert_eq!(read("x.log").as_deref(), Some("seven.\n8\n"));
        assert_eq!(read("x.log.1").as_deref(), Some("six.\n"));
        assert_eq!(read("x.log.2").as_deref(), Some("five.\n"));
        assert_eq!(read("x.log.3"), None);
    }

    #[test]
    fn a_file_that_was_moved_or_deleted_is_begun_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, aside) = (folder.path().join("x.log"), folder.path().join("aside"));
        let mut log = RotatingFile::open(&path, 100, 3).expect("a file");
        let mut write_later = |line: &str| {
            log.looked -= LOOK_EVERY;
            log.write_all(line.as_bytes()).expect("a write");
        };
        write_later("one\n");
        fs::rename(&path, &aside).expect("a move");
        write_later("two\n");
        let read = |path: &Path| fs::read_to_string(path).expect("a file");
        assert_eq!((read(&aside), read(&path)), ("one\n".to_owned(), "two\n".to_owned()));
        fs::remove_file(&path).expect("a removal");
        write_later("three\n");
        assert_eq!(read(&path), "three\n");
    }
}
