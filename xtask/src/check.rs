//! What must hold before any test runs: formatting, lints, licences.

use anyhow::Result;

use crate::suite::Counts;
use crate::{deny, run};

/// Runs every check, also when an earlier one failed: one run shows everything.
pub fn check() -> Result<Counts> {
    let mut counts = Counts::default();
    counts.one("formatting", run::succeeds(&mut run::cargo(["fmt", "--all", "--check"]))?);
    let clippy =
        ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    counts.one("lints", run::succeeds(&mut run::cargo(clippy))?);
    counts.one("licences, duplicates, sources", deny::passes()?);
    Ok(counts)
}
