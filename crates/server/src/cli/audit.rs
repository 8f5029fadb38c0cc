//! `audit`: who has changed what?

use std::process::ExitCode;

use lampfield_operations::Since;
use lampfield_operations::operation::Audit;

use super::args::{AuditArgs as Args, Common};
use super::stop::Stop;
use super::{ask, json};
use crate::document::audit::{AuditDocument, Entry};
use crate::failure::Exit;
use crate::screen::time::{clock, count, counted, day_clock};
use crate::screen::{Align, Screen, Table, Verdict};

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let asked = Audit {
        since: args.since.map(Since),
        actor: args.actor.clone(),
        operation: args.operation.clone(),
        limit: args.limit,
        board: args.board.clone(),
    };
    let audit = ask(common, &asked)?;
    let since = args.since.map(|since| format!(" since {}", day_clock(&since.to_string())));
    screen.print(&match common.json {
        true => json(&audit)?,
        false => text(&audit, &since.unwrap_or_default(), screen),
    })?;
    Ok(Exit::Good.into())
}

fn text(audit: &AuditDocument, since: &str, screen: &Screen) -> String {
    let mut table = Table::new(&[
        ("TIME", Align::Left),
        ("WHO", Align::Left),
        ("OPERATION", Align::Left),
        ("BOARD", Align::Left),
        ("OUTCOME", Align::Left),
        ("WITH", Align::Left),
    ]);
    for entry in &audit.entries {
        table.row(vec![
            clock(&entry.at),
            who(entry),
            entry.operation.clone(),
            entry.board.clone().unwrap_or_default(),
            outcome(entry, screen),
            arguments(entry),
        ]);
    }
    let shown = counted(audit.entries.len() as u64, "entry");
    let (kept, limit) = (count(audit.remembered), count(audit.limit));
    format!("{}{shown} shown{since}; {kept} of at most {limit} kept\n", table.into_text(screen))
}

fn who(entry: &Entry) -> String {
    match &entry.name {
        Some(name) => format!("{} {name}", entry.actor),
        None => entry.actor.clone(),
    }
}

fn outcome(entry: &Entry, screen: &Screen) -> String {
    let verdict = if entry.outcome == "done" { Verdict::Good } else { Verdict::Bad };
    format!("{} {}", screen.verdict(verdict), entry.outcome)
}

/// As one might type them: names, and texts without the marks of JSON. What was not said is not there.
fn arguments(entry: &Entry) -> String {
    let said = entry.arguments.iter().filter(|(_, value)| value.as_bool() != Some(false));
    let said = said.map(|(name, value)| match value.as_str() {
        Some(text) => format!("{name}={text}"),
        None => format!("{name}={value}"),
    });
    said.collect::<Vec<_>>().join(" ")
}
