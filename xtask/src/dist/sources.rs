//! What a program is made of, as one number: the same number, the same program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::run;

/// What is compiled into the program: crates, what they include of the manual and the packaging, and
/// what says how.
const PARTS: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
    "bench/Cargo.toml",
    "bench/src",
    "crates",
    "docs",
    "packaging/systemd",
];

/// The number of this folder's program: 16 hex digits over all its sources and the compiler.
pub fn number() -> Result<String> {
    let mut hash = Sha256::new();
    let compiler = Command::new("rustc").arg("-vV").output().context("cannot run rustc")?;
    ensure!(compiler.status.success(), "`rustc -vV` failed");
    hash.update(compiler.stdout);
    for part in PARTS {
        add(&run::workspace().join(part), part, &mut hash)?;
    }
    Ok(hex(&hash.finalize()).chars().take(16).collect())
}

fn add(path: &Path, name: &str, hash: &mut Sha256) -> Result<()> {
    if !path.is_dir() {
        let text = fs::read(path).with_context(|| format!("no {}", path.display()))?;
        hash.update(format!("{name} {}\n", text.len()));
        hash.update(text);
        return Ok(());
    }
    // Tests are not in the program.
    if name.ends_with("/tests") {
        return Ok(());
    }
    let mut below: Vec<PathBuf> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    below.sort();
    for path in below {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        add(&path, &format!("{name}/{file}"), hash)?;
    }
    Ok(())
}

/// Bytes as hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
