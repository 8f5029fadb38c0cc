//! The bill of materials: every crate in the program, with its version, licence and source, as CycloneDX.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::VERSION;
use crate::run;
use crate::tools::Tool;

const SBOM: Tool = Tool { name: "cargo-sbom", version: "0.10.0" };

/// Installs what makes it.
pub fn prepare() -> Result<()> {
    SBOM.command().map(|_| ())
}

/// Writes it into `folder`.
pub fn write(folder: &Path) -> Result<()> {
    let mut sbom = SBOM.command()?;
    sbom.args(["--cargo-package", "lampfield", "--output-format", "cyclone_dx_json_1_6"]);
    let line = run::shown(&sbom);
    let output = sbom.output().with_context(|| format!("cannot run `{line}`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{line}` failed: {said}");
    Ok(fs::write(folder.join(format!("lampfield-{VERSION}.cdx.json")), output.stdout)?)
}
