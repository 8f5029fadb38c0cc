//! `cargo deny`. Advisories are left out: they need a database from the network and would make
//! yesterday's green build red by themselves.

use anyhow::Result;

use crate::run;
use crate::tools::Tool;

/// The version whose output and defaults `deny.toml` was written for.
const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };

/// Whether licences, bans and sources are as `deny.toml` has them.
pub fn passes() -> Result<bool> {
    let mut check = DENY.command()?;
    check.args(["--workspace", "--locked", "check", "--hide-inclusion-graph"]);
    check.args(["licenses", "bans", "sources"]);
    run::succeeds(&mut check)
}
