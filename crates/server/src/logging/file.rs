//! A log file that never grows beyond its size: it is put aside as `NAME.1`, what was that as `NAME.2`,
//! and so on; the oldest goes. By hand, because the crates for it bring a calendar and a compressor.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Readable for the group, as log files are on Debian.
const MODE: u32 = 0o640;

/// The file, and how large it may be.
pub struct RotatingFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    most: u64,
    /// How many there are at the most, with the one that is written.
    files: usize,
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
        Ok(Self { path: path.to_owned(), file, bytes, most, files })
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
}
