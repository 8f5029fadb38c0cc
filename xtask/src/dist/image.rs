//! The container image: a tarball from which `podman build` or `docker build` makes it. The base comes
//! from a registry or from this machine, so the image itself is made where it is run.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::stage::Stage;
use super::{VERSION, empty, tarball};
use crate::run;

/// The Containerfile with all it copies.
pub fn context(stage: &Stage, into: &Path) -> Result<()> {
    let name = format!("lampfield-{VERSION}-{}-container", std::env::consts::ARCH);
    let folder = stage.target().join("container").join(&name);
    empty(&folder.join("data"))?;
    fs::write(folder.join("data/.keep"), "")?;
    fs::copy(stage.folder().join("lampfield"), folder.join("lampfield"))?;
    for file in ["container/Containerfile", "lampfield.toml"] {
        let from = run::workspace().join("packaging").join(file);
        fs::copy(&from, folder.join(from.file_name().unwrap_or_default()))?;
    }
    tarball::pack(&folder, &into.join(format!("{name}.tar.gz")))
}
