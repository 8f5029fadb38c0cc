//! The cases: which clients a case needs, what it does with them and which figures it gives.

mod connect;
mod items;
mod latejoin;

use std::time::Duration;

use crate::args::{Bench, Case, Load, Pace};
use crate::descriptors;
use crate::drive::Drive;
use crate::error::BenchError;
use crate::item::Items;
use crate::raw;
use crate::report::Report;
use crate::role::Role;
use crate::talk::Talk;
use crate::target::{Node, Target};

/// Measures what was asked for; no answer may take longer than `patience`. Serving as the limit
/// has no result.
///
/// # Errors
/// The server cannot be reached, lets nobody in or goes away.
pub fn run(bench: &Bench, patience: Duration) -> Result<Option<Report>, BenchError> {
    if let Case::Raw { listen } = bench.case {
        return raw::serve(listen).map(|()| None);
    }
    // First of all: the limit is a program that inherits them.
    descriptors::provide(clients(&bench.case))?;
    let target = Target::new(&bench.target, patience)?;
    let mut report = Report::new(title(&bench.case), target.title());
    if target.is_remote() {
        report.warnings.push(format!("{} is not this machine", bench.target.server));
    }
    match &bench.case {
        Case::Fanout(load) => {
            let keeper = fill(&target, load)?;
            let mut drive = Drive::fanout(&target, load.subscribers)?;
            drive.settle()?;
            drive.closed(&load.pace)?;
            drive.finish(&mut report)?;
            drop(keeper);
        }
        Case::Mesh { servers, pace } => {
            let mut drive = Drive::mesh(&target, *servers)?;
            drive.closed(pace)?;
            drive.finish(&mut report)?;
        }
        Case::Open { subscribers, rate, span } => {
            let mut drive = Drive::fanout(&target, *subscribers)?;
            drive.open(*rate, *span)?;
            drive.finish(&mut report)?;
        }
        Case::Connect { clients } => connect::run(&target, *clients, &mut report)?,
        Case::Latejoin { facts } => latejoin::run(&target, *facts, &mut report)?,
        Case::Items { items } => items::run(&target, *items, &mut report)?,
        Case::Raw { .. } => {}
    }
    Ok(Some(report))
}

/// Puts other states on the board; they stay as long as the connection that is given back.
fn fill(target: &Target, load: &Load) -> Result<Option<Talk>, BenchError> {
    match (load.facts, target.node()) {
        (0, _) => return Ok(None),
        (_, Node::Telephony) => {}
        _ => return Err(BenchError::Options("other states need Asterisk's node")),
    }
    // The next after those that the case itself needs.
    let client = load.subscribers + 1;
    let mut keeper = target.login(client, Role::Publisher)?;
    items::store(target, (client, &mut keeper), &Items::new(1), load.facts)?;
    Ok(Some(keeper))
}

/// How many connections a case has at once, besides one or two of its own.
fn clients(case: &Case) -> usize {
    match case {
        Case::Fanout(load) => load.subscribers,
        Case::Mesh { servers, .. } => *servers,
        Case::Open { subscribers, .. } => *subscribers,
        Case::Connect { clients } => *clients,
        Case::Latejoin { .. } | Case::Items { .. } | Case::Raw { .. } => 0,
    }
}

fn title(case: &Case) -> String {
    match case {
        Case::Fanout(load) => {
            let facts = match load.facts {
                0 => String::new(),
                facts => format!(", {facts} other states"),
            };
            let subscribers = load.subscribers;
            format!("fanout: 1 publisher, {subscribers} subscribers{}{facts}", pressed(&load.pace))
        }
        Case::Mesh { servers, pace } => {
            format!("mesh: {servers} publish and subscribe{}", pressed(pace))
        }
        Case::Open { subscribers, rate, .. } => {
            format!("open: {rate} publishes a second, {subscribers} subscribers")
        }
        Case::Connect { clients } => format!("connect: {clients} clients"),
        Case::Latejoin { facts } => format!("latejoin: {facts} states"),
        Case::Items { items } => format!("items: {items} on one node"),
        Case::Raw { .. } => String::new(),
    }
}

fn pressed(pace: &Pace) -> String {
    format!(", {} in flight each", pace.in_flight)
}
