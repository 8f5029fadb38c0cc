//! `report`: what a report of a bug needs, in one archive. Every text goes through the masks before it is in
//! it; nothing else of the data folder is read, neither keys nor the database.

mod document;
mod log;
pub mod machine;
mod masks;
pub mod place;

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use tar::{Builder, EntryType, Header};

pub use document::{LeftOut, Report, ReportEntry};
pub use masks::Masks;

use crate::failure::{Exit, Failure};

/// Archives of one second that may lie beside each other.
const MOST: usize = 20;

/// What will be in the archive.
pub struct Contents {
    masks: Masks,
    texts: Vec<String>,
    entries: Vec<ReportEntry>,
    left_out: Vec<LeftOut>,
}

// === impl Contents ===

impl Contents {
    /// Nothing yet; secrets that these know never come in.
    pub fn new(masks: Masks) -> Self {
        Self { masks, texts: Vec::new(), entries: Vec::new(), left_out: Vec::new() }
    }

    /// Adds a file, or why there is none.
    pub fn add(&mut self, name: &str, about: &str, text: Result<String, String>) {
        match text {
            Ok(text) => {
                let text = self.masks.masked(&text);
                self.entries.push(ReportEntry {
                    name: name.to_owned(),
                    bytes: text.len() as u64,
                    about: about.to_owned(),
                });
                self.texts.push(text);
            }
            Err(reason) => {
                let reason = self.masks.masked(&reason);
                self.left_out.push(LeftOut { name: name.to_owned(), reason });
            }
        }
    }

    /// What the archive will hold, in its order.
    pub fn entries(&self) -> &[ReportEntry] {
        &self.entries
    }

    /// What could not be had.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }
}

/// Writes the archive, readable for its owner alone.
///
/// # Errors
/// The file exists, or cannot be written.
pub fn write(contents: Contents, out: Option<&Path>) -> Result<Report, Failure> {
    let (path, file) = match out {
        Some(path) => (path.to_owned(), create(path).map_err(|error| refused(path, &error))?),
        None => create_unnamed()?,
    };
    let bytes = pack(&contents, &path, file).map_err(|error| refused(&path, &error))?;
    Ok(Report {
        schema: "report/1",
        file: path.display().to_string(),
        bytes,
        contents: contents.entries,
        left_out: contents.left_out,
    })
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// In the current folder, by the time.
fn create_unnamed() -> Result<(PathBuf, File), Failure> {
    let stem = format!("lampfield-report-{}", Zoned::now().strftime("%Y%m%d-%H%M%S"));
    let names = (1..=MOST).map(|number| match number {
        1 => format!("{stem}.tar"),
        number => format!("{stem}-{number}.tar"),
    });
    let mut last = None;
    for path in names.map(PathBuf::from) {
        match create(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                last = Some((path, error))
            }
            Err(error) => return Err(refused(&path, &error)),
        }
    }
    let (path, error) = last.ok_or_else(|| Failure::bug("no name for a report"))?;
    Err(refused(&path, &error))
}

fn refused(path: &Path, error: &io::Error) -> Failure {
    let message = format!("{}: {error}", path.display());
    Failure::new(Exit::Bad, "report-file", message)
        .line("try", "lampfield report --out /tmp/lampfield-report.tar")
}

fn pack(contents: &Contents, path: &Path, file: File) -> io::Result<u64> {
    let folder = path.file_stem().unwrap_or(path.as_os_str()).to_owned();
    let now = u64::try_from(Zoned::now().timestamp().as_second()).unwrap_or(0);
    let mut archive = Builder::new(file);
    for (entry, text) in contents.entries.iter().zip(&contents.texts) {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(text.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(now);
        archive.append_data(&mut header, Path::new(&folder).join(&entry.name), text.as_bytes())?;
    }
    let file = archive.into_inner()?;
    file.sync_all()?;
    Ok(file.metadata()?.len())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn an_archive_is_private_and_never_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.tar");
        let contents = || {
            let mut contents = Contents::new(Masks::none());
            contents.add("a.txt", "words", Ok("some words\n".to_owned()));
            contents.add("b.txt", "more", Err("there is none".to_owned()));
            contents
        };
        let report = write(contents(), Some(&path)).expect("written");
        assert_eq!((report.contents.len(), report.left_out.len()), (1, 1));
        assert_eq!(path.metadata().expect("a file").mode() & 0o777, 0o600);
        let mut archive = tar::Archive::new(File::open(&path).expect("a file"));
        let names = archive
            .entries()
            .expect("an archive")
            .map(|entry| entry.expect("an entry").path().expect("a name").into_owned());
        assert_eq!(names.collect::<Vec<_>>(), [PathBuf::from("x/a.txt")]);
        let refused = write(contents(), Some(&path)).expect_err("it exists");
        assert_eq!(refused.code, "report-file");
    }
}
