//! `history SUBJECT`: who said what about this lamp, and when?

use std::process::ExitCode;

use super::args::{Common, History as Args};
use super::stop::Stop;
use super::{ask, json, mismatch};
use crate::control::{Answer, Request};
use crate::document::history::{Event, History};
use crate::failure::Exit;
use crate::screen::time::{clock, count};
use crate::screen::{Align, Screen, Table};

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let request = Request::History {
        subject: args.subject.clone(),
        since_seconds: args.since.map(|since| since.as_secs()),
        limit: args.limit,
    };
    let history = match ask(common, &request)? {
        Answer::History(history) => history,
        other => return Err(mismatch(&other)),
    };
    screen.print(&match common.json {
        true => json(&history)?,
        false => text(&history, screen),
    })?;
    Ok(Exit::Good.into())
}

fn text(history: &History, screen: &Screen) -> String {
    let mut table = Table::new(&[
        ("TIME", Align::Left),
        ("ORIGIN", Align::Left),
        ("SAID", Align::Left),
        ("LAMP", Align::Left),
    ]);
    for event in &history.events {
        let said = match (&event.was, &event.value) {
            (Some(_), None) => "withdrawn".to_owned(),
            (Some(was), Some(value)) => {
                format!("{} -> {}", screen.lamp(Some(was)), screen.lamp(Some(value)))
            }
            (None, value) => screen.lamp(value.as_ref()),
        };
        let origin = event.origin.account.clone();
        table.row(vec![clock(&event.at), origin, said, lamp(event, screen)]);
    }
    let shown = count(history.events.len() as u64);
    format!(
        "{}{shown} changes of {}; history reaches back to {} ({} of {} changes kept)\n",
        table.to_text(),
        history.subject,
        clock(&history.complete_since),
        count(history.remembered),
        count(history.limit),
    )
}

fn lamp(event: &Event, screen: &Screen) -> String {
    let now = screen.glyph(event.aggregate.as_ref());
    match event.aggregate == event.aggregate_was {
        true => format!("{now} (unchanged)"),
        false => format!("{} -> {now}", screen.glyph(event.aggregate_was.as_ref())),
    }
}
