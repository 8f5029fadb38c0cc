//! The packages: for Debian and its kin by cargo-deb, for those that have RPMs by cargo-generate-rpm.
//! What goes where stands in `crates/server/Cargo.toml`, what is run in `packaging`.

use std::path::Path;

use anyhow::Result;

use super::VERSION;
use super::stage::Stage;
use crate::run;
use crate::tools::Tool;

const DEB: Tool = Tool { name: "cargo-deb", version: "3.8.0" };
const RPM: Tool = Tool { name: "cargo-generate-rpm", version: "0.21.1" };

/// The version of a Debian package of this folder.
pub fn version() -> String {
    format!("{VERSION}-1")
}

/// Installs what packs them.
pub fn prepare() -> Result<()> {
    [DEB, RPM].iter().try_for_each(|tool| tool.command().map(|_| ()))
}

/// The packages `lampfield` and `lampfield-relay` for Debian.
pub fn debian(stage: &Stage, version: &str, into: &Path) -> Result<()> {
    for variant in ["server", "relay"] {
        let mut deb = DEB.command()?;
        deb.args(["--package", "lampfield", "--no-build", "--no-strip", "--deb-version", version]);
        deb.args(["--variant", variant, "--output"]).arg(into);
        run::must(deb.env("CARGO_TARGET_DIR", stage.target()))?;
    }
    Ok(())
}

/// The same as RPMs.
pub fn rpm(stage: &Stage, into: &Path) -> Result<()> {
    for variant in [&[][..], &["--variant", "relay"]] {
        let mut rpm = RPM.command()?;
        rpm.args(["--package", "crates/server"]).args(variant);
        // The RPM of CentOS 7 reads no other.
        rpm.args(["--payload-compress", "gzip"]);
        rpm.arg("--target-dir").arg(stage.target()).arg("--output").arg(into);
        run::must(&mut rpm)?;
    }
    Ok(())
}
