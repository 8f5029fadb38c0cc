//! What must hold before any test runs: formatting, arrows, lints, licences.

use anyhow::Result;

use crate::counts::Counts;
use crate::{arrows, deny, run};

/// Runs every check, also when an earlier one failed: one run shows everything.
pub fn check() -> Result<Counts> {
    let mut counts = Counts::default();
    counts.one("formatting", run::succeeds(&mut run::cargo(["fmt", "--all", "--check"]))?);
    counts.and(arrows::check()?);
    let clippy =
        ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    counts.one("lints", run::succeeds(&mut run::cargo(clippy))?);
    counts.one("licences, duplicates, sources", deny::passes()?);
    Ok(counts)
}
