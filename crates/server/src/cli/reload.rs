//! `reload`: the running server reads its configuration file again.

use std::iter;
use std::process::ExitCode;

use lampfield_operations::operation::Reload;

use super::args::Common;
use super::stop::Stop;
use super::{ask, json, warning};
use crate::document::reload::{DeclaredAccounts, KeyChange, Reloaded};
use crate::failure::Exit;
use crate::screen::{Screen, Verdict};

/// How many accounts are named; the document has all of them.
const NAMED: usize = 8;

pub fn run(common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let reloaded: Reloaded = ask(common, &Reload {})?;
    screen.print(&match common.json {
        true => json(&reloaded)?,
        false => common.retyped(&text(&reloaded, screen)),
    })?;
    Ok(Exit::Good.into())
}

fn text(reloaded: &Reloaded, screen: &Screen) -> String {
    let warnings = reloaded.warnings.iter().map(|one| warning(one, screen));
    if reloaded.changes.is_empty() {
        let good = screen.verdict(Verdict::Good);
        let nothing = format!("{good} the file matches what is in force: nothing has changed\n");
        return iter::once(nothing).chain(warnings).collect();
    }
    let line = |KeyChange { key, applies }: &KeyChange| match applies.as_str() {
        "now" => format!("{} {key}   in force\n", screen.verdict(Verdict::Good)),
        "at-start" => {
            format!("{} {key}   takes effect at the next start\n", screen.verdict(Verdict::Look))
        }
        new => format!("{} {key}   in force for {new}\n", screen.verdict(Verdict::Good)),
    };
    let changes = reloaded.changes.iter().map(line);
    changes.chain(iter::once(accounts(&reloaded.accounts))).chain(warnings).collect()
}

/// Which accounts came, changed and went. What went is gone with all that it said.
fn accounts(of_file: &DeclaredAccounts) -> String {
    let DeclaredAccounts { added, changed, removed } = of_file;
    let rows = [("added", added), ("changed", changed), ("removed", removed)];
    let told = rows.into_iter().filter(|(_, names)| !names.is_empty());
    told.map(|(what, names)| format!("    {what:7}  {}\n", some_of(names))).collect()
}

fn some_of(names: &[String]) -> String {
    let (named, others) = names.split_at(names.len().min(NAMED));
    match others.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
