//! `domain list|add|change|remove`: the served domains.

use std::process::ExitCode;

use lampfield_operations::Operation;
use lampfield_operations::operation::{DomainAdd, DomainChange, DomainList, DomainRemove};

use super::args::{Common, DomainAction, DomainArgs};
use super::stop::Stop;
use super::{ask, confirm, json};
use crate::document::account::{Domain, DomainDone, Domains, Gone};
use crate::failure::Exit;
use crate::screen::time::{clock, count};
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
        false => text(&domains),
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
                let held = held.map(|(label, count)| format!("{count} {label}"));
                let held = held.collect::<Vec<_>>().join(", ");
                confirm::asked(&format!("removes {name}: {held}"))?;
            }
            Err(other) => return Err(other),
            Ok(done) => return print(&done, common, screen),
        }
        return change(&remove(true), common, screen);
    }
    change(&remove(yes), common, screen)
}

fn told(done: &DomainDone) -> String {
    let DomainDone { name, done, gone, .. } = done;
    match (done.as_str(), gone) {
        ("removed", Some(Gone { accounts, sessions, facts, nodes })) => format!(
            "removed {name}: {} accounts, {} connected, {} facts, {} nodes\n",
            count(*accounts),
            count(*sessions),
            count(*facts),
            count(*nodes)
        ),
        ("forgotten", _) => {
            format!("forgot what was added of {name}; the configuration has it still\n")
        }
        (other, _) => format!("{other} {name}\n"),
    }
}

fn text(domains: &Domains) -> String {
    let mut table = Table::new(&[
        ("DOMAIN", Align::Left),
        ("ACCOUNTS", Align::Right),
        ("BOARD", Align::Left),
        ("REGISTRATION", Align::Left),
        ("CERTIFICATE", Align::Left),
        ("STANDS IN", Align::Left),
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
    table.into_text()
}

fn certificate(domain: &Domain) -> String {
    match (&domain.certificate, &domain.valid_to) {
        (Some(maker), Some(end)) => format!("by {maker}, to {}", clock(end)),
        (Some(maker), None) => format!("by {maker}"),
        (None, _) => "none".to_owned(),
    }
}
