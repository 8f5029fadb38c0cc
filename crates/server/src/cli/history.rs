//! `history SUBJECT`: who said what about this lamp, and when?

use std::cmp::Reverse;
use std::process::ExitCode;
use std::time::Duration;

use lampfield_board::Kind;
use lampfield_operations::Since;
use lampfield_operations::operation::History;

use super::args::{Common, HistoryArgs as Args};
use super::stop::Stop;
use super::{ask, json};
use crate::document::history::{Event, HistoryDocument, Link};
use crate::document::{Shown, kind_of};
use crate::failure::Exit;
use crate::screen::time::{clock, counted, day_clock};
use crate::screen::{Align, Names, Screen, Table};

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let asked = History {
        subject: args.subject.clone(),
        kind: args.kind,
        since: args.since.map(Since),
        limit: args.limit,
        board: args.board.clone(),
    };
    let history = ask(common, &asked)?;
    let since = args.since.map(|since| format!(" since {}", day_clock(&since.to_string())));
    screen.print(&match common.json {
        true => json(&history)?,
        false => text(&history, &since.unwrap_or_default(), screen),
    })?;
    Ok(Exit::Good.into())
}

pub fn text(history: &HistoryDocument, since: &str, screen: &Screen) -> String {
    let mut table = Table::new(&[
        ("TIME", Align::Left),
        ("ORIGIN", Align::Left),
        ("SAID", Align::Left),
        ("LAMP", Align::Left),
    ]);
    let kind = kind_of(&history.subject);
    let (events, links) = (history.events.iter(), history.links.iter());
    let origins = events.clone().map(|event| &event.origin);
    let mut names = Names::of(origins.chain(links.clone().map(|link| &link.origin)));
    let events = events.map(|event| {
        let lamp = turn(kind, (event.aggregate_was.as_ref(), event.aggregate.as_ref()), screen);
        (&event.at, &event.origin, said(kind, event, screen), lamp)
    });
    let links = links.map(|link| {
        let now = link.aggregate.as_ref();
        (&link.at, &link.origin, told(link), turn(kind, (now, now), screen))
    });
    let mut rows: Vec<_> = events.chain(links).collect();
    // The moments are all written alike, so their texts are in order too.
    rows.sort_by_key(|(at, ..)| Reverse(*at));
    for (at, origin, said, lamp) in rows {
        table.row(vec![clock(at), names.name(origin), said, lamp]);
    }
    let shown = counted(history.events.len() as u64, "change");
    let older = if history.more { " and older ones" } else { "" };
    format!(
        "{}{shown}{older} of {}{since}; history reaches back to {}\n",
        table.into_text(screen),
        history.subject,
        clock(&history.complete_since),
    )
}

fn said(kind: Kind, event: &Event, screen: &Screen) -> String {
    match (&event.was, &event.value, &event.reason) {
        (_, None, Some(reason)) => format!("withdrawn: {reason}"),
        (_, None, None) => "withdrawn".to_owned(),
        (Some(was), Some(value), _) => {
            format!("{} -> {}", screen.lamp(kind, Some(was)), screen.lamp(kind, Some(value)))
        }
        (None, Some(value), _) => screen.lamp(kind, Some(value)),
    }
}

fn told(link: &Link) -> String {
    // A grace that a configuration can hold fits; anything else is shown as none.
    let grace = Duration::try_from_secs_f64(link.grace_seconds).unwrap_or_default();
    let grace = humantime::format_duration(grace);
    match link.state.as_str() {
        "lost" => format!("link lost, {grace} of grace"),
        _ => format!("back, has {grace} to repeat this"),
    }
}

fn turn(kind: Kind, (before, now): (Option<&Shown>, Option<&Shown>), screen: &Screen) -> String {
    let sign = screen.glyph(kind, now);
    match before == now {
        true => format!("{sign} (unchanged)"),
        false => format!("{} -> {sign}", screen.glyph(kind, before)),
    }
}
