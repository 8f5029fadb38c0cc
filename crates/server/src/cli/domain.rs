//! `domain list|add|change|remove`: the served domains.

use std::process::ExitCode;

use lampfield_operations::Operation;
use lampfield_operations::operation::{DomainAdd, DomainChange, DomainList, DomainRemove};

use super::args::{Common, DomainAction, DomainArgs};
use super::stop::Stop;
use super::{ask, confirm, json};
use crate::document::account::{Domain, DomainDone, Domains, Gone};
use crate::failure::Exit;
use crate::screen::time::{clock, count, counted, local};
use crate::screen::{Align, Screen, Table};

pub fn run(domain: &DomainArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    match &domain.action {
        DomainAction::List => list(common, screen)?,
        DomainAction::Add { name, board, registration, show_caps } => {
            let (name, board) = (name.clone(), board.clone());
            let registration = registration.clone();
            change(
                &DomainAdd { name, board, registration, show_caps: *show_caps },
                common,
                screen,
            )?;
        }
        DomainAction::Change { name, registration, show_caps } => {
            let (name, registration) = (name.clone(), registration.clone());
            change(&DomainChange { name, registration, show_caps: *show_caps }, common, screen)?;
        }
        DomainAction::Remove { name, yes } => remove(name, *yes, common, screen)?,
    }
    Ok(Exit::Good.into())
}

fn list(common: &Common, screen: &Screen) -> Result<(), Stop> {
    let domains = ask(common, &DomainList {})?;
    screen.print(&match common.json {
        true => json(&domains)?,
        false => text(&domains, screen),
    })?;
    Ok(())
}

fn change(
    operation: &impl Operation<Answer = DomainDone>,
    common: &Common,
    screen: &Screen,
) -> Result<(), Stop> {
    print(&ask(common, operation)?, common, screen)
}

fn print(done: &DomainDone, common: &Common, screen: &Screen) -> Result<(), Stop> {
    screen.print(&match common.json {
        true => json(done)?,
        false => told(done),
    })?;
    Ok(())
}

/// Says first what would go: without a terminal that is the answer.
fn remove(name: &str, yes: bool, common: &Common, screen: &Screen) -> Result<(), Stop> {
    let remove = |yes| DomainRemove { name: name.to_owned(), yes };
    if !yes && confirm::is_possible() {
        match ask(common, &remove(false)) {
            Err(Stop::Failed(failure)) if failure.code == "would-remove" => {
                let held = failure.lines.iter().filter(|(label, _)| label != "try");
                let held: Vec<_> =
                    held.filter_map(|(label, count)| held_words(label, count)).collect();
                let what = format!("This removes {name} with {}.", listed(&held));
                confirm::asked(&what, "nothing was removed")?;
            }
            Err(other) => return Err(other),
            Ok(done) => return print(&done, common, screen),
        }
        return change(&remove(true), common, screen);
    }
    change(&remove(yes), common, screen)
}

/// How many of what a line of the refusal counts.
fn held_words(label: &str, number: &str) -> Option<String> {
    let number = number.replace(',', "").parse().ok()?;
    Some(counted(
        number,
        if label == "connected" { "connection" } else { label.trim_end_matches('s') },
    ))
}

/// As people list things: commas, and "and" before the last.
fn listed(parts: &[String]) -> String {
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "nothing in it".to_owned(),
    }
}

fn told(done: &DomainDone) -> String {
    let note = done.note.as_ref().map(|note| format!("note: {}\n", local(note)));
    sentence(done) + &note.unwrap_or_default()
}

fn sentence(done: &DomainDone) -> String {
    let DomainDone { name, done, gone, .. } = done;
    match (done.as_str(), gone) {
        ("removed", Some(Gone { accounts, sessions, facts, nodes })) => format!(
            "removed {name} with {}\n",
            listed(&[
                counted(*accounts, "account"),
                counted(*sessions, "connection"),
                counted(*facts, "fact"),
                counted(*nodes, "node"),
            ])
        ),
        ("forgotten", _) => {
            format!("removed the added {name}; the configuration still has it\n")
        }
        (other, _) => format!("{other} {name}\n"),
    }
}

fn text(domains: &Domains, screen: &Screen) -> String {
    let mut table = Table::new(&[
        ("DOMAIN", Align::Left),
        ("ACCOUNTS", Align::Right),
        ("BOARD", Align::Left),
        ("REGISTRATION", Align::Left),
        ("CERTIFICATE", Align::Left),
        ("DEFINED IN", Align::Left),
    ]);
    for domain in &domains.domains {
        table.row(vec![
            domain.name.clone(),
            count(domain.accounts),
            domain.board.clone(),
            domain.registration.clone(),
            certificate(domain),
            domain.stands_in.clone(),
        ]);
    }
    table.into_text(screen)
}

fn certificate(domain: &Domain) -> String {
    match (&domain.certificate, &domain.valid_to) {
        (Some(maker), Some(end)) => format!("by {maker}, to {}", clock(end)),
        (Some(maker), None) => format!("by {maker}"),
        (None, _) => "none".to_owned(),
    }
}
