//! `domain list`: the served domains.

use std::process::ExitCode;

use lampfield_operations::operation::DomainList;

use super::args::Common;
use super::stop::Stop;
use super::{ask, json};
use crate::document::account::Domains;
use crate::failure::Exit;
use crate::screen::time::{clock, count};
use crate::screen::{Align, Screen, Table};

pub fn run(common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let domains = ask(common, &DomainList {})?;
    screen.print(&match common.json {
        true => json(&domains)?,
        false => text(&domains),
    })?;
    Ok(Exit::Good.into())
}

fn text(domains: &Domains) -> String {
    let mut table = Table::new(&[
        ("DOMAIN", Align::Left),
        ("ACCOUNTS", Align::Right),
        ("REGISTRATION", Align::Left),
        ("CERTIFICATE", Align::Left),
    ]);
    for domain in &domains.domains {
        let certificate = match (&domain.certificate, &domain.valid_to) {
            (Some(maker), Some(end)) => format!("by {maker}, to {}", clock(end)),
            (Some(maker), None) => format!("by {maker}"),
            (None, _) => "none".to_owned(),
        };
        table.row(vec![
            domain.name.clone(),
            count(domain.accounts),
            domain.registration.clone(),
            certificate,
        ]);
    }
    table.into_text()
}
