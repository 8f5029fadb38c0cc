//! `report/1`: where the archive is and what is in it.

use serde::Serialize;

/// An archive that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The schema of this document, `report/1`.
    pub schema: &'static str,
    /// The archive, a tar file.
    pub file: String,
    /// How large the archive is.
    pub bytes: u64,
    /// The files in it.
    pub contents: Vec<ReportEntry>,
    /// What could not be had.
    pub left_out: Vec<LeftOut>,
}

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportEntry {
    /// The name of the file in the archive.
    pub name: String,
    /// How large the file is.
    pub bytes: u64,
    /// What the file is about, in a few words.
    pub about: String,
}

/// A file that an archive has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The name that the file would have in the archive.
    pub name: String,
    /// Why it is not there.
    pub reason: String,
}
