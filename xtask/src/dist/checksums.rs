//! `SHA256SUMS`: what `sha256sum --check` reads.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::sources::hex;

/// The name of the file.
const NAME: &str = "SHA256SUMS";

/// Writes the sums of all files that lie in `folder`.
pub fn write(folder: &Path) -> Result<()> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.is_file());
    files.sort();
    let mut sums = String::new();
    for file in files {
        let name = file.file_name().context("a file has a name")?.to_string_lossy();
        let sum = Sha256::digest(fs::read(&file)?);
        sums += &format!("{}  {name}\n", hex(&sum));
    }
    Ok(fs::write(folder.join(NAME), sums)?)
}
