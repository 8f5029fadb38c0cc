//! `reload`: the running server reads its configuration file again.

use std::process::ExitCode;

use lampfield_operations::operation::Reload;

use super::args::Common;
use super::stop::Stop;
use super::{ask, json};
use crate::document::reload::{KeyChange, Reloaded};
use crate::failure::Exit;
use crate::screen::{Screen, Verdict};

pub fn run(common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let reloaded: Reloaded = ask(common, &Reload {})?;
    screen.print(&match common.json {
        true => json(&reloaded)?,
        false => text(&reloaded, screen),
    })?;
    Ok(Exit::Good.into())
}

fn text(reloaded: &Reloaded, screen: &Screen) -> String {
    if reloaded.changes.is_empty() {
        let good = screen.verdict(Verdict::Good);
        return format!("{good} the file says what is in force: nothing has changed\n");
    }
    let line = |KeyChange { key, applies }: &KeyChange| match applies.as_str() {
        "now" => format!("{} {key}   in force\n", screen.verdict(Verdict::Good)),
        "at-start" => {
            format!("{} {key}   waits for the next start\n", screen.verdict(Verdict::Look))
        }
        new => format!("{} {key}   in force for {new}\n", screen.verdict(Verdict::Good)),
    };
    reloaded.changes.iter().map(line).collect()
}
