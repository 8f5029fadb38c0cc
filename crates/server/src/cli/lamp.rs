//! `lamp set|clear|list`: what an operator says by hand, and what all lamps show.

use std::process::ExitCode;

use lampfield_operations::operation::{LampClear, LampList, LampSet};
use lampfield_operations::{Operation, Span, Spoken};

use super::args::{Common, LampAction, LampArgs, LampListArgs};
use super::stop::Stop;
use super::{ask, json};
use crate::document::kind_of;
use crate::document::lamp::{Lamp, Lamps};
use crate::failure::Exit;
use crate::screen::time::{count, counted};
use crate::screen::{Align, Screen, Table};

pub fn run(lamp: &LampArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    match &lamp.action {
        LampAction::Set { subject, kind, value, span, board } => {
            let set = LampSet {
                subject: subject.clone(),
                kind: *kind,
                value: Spoken::typed(value),
                r#for: span.map(Span),
                board: board.clone(),
            };
            change(&set, common, screen)?;
        }
        LampAction::Clear { subject, kind, all, board } => {
            let (subject, board) = (subject.clone(), board.clone());
            change(&LampClear { subject, kind: *kind, all: *all, board }, common, screen)?;
        }
        LampAction::List(args) => list(args, common, screen)?,
    }
    Ok(Exit::Good.into())
}

fn change(
    operation: &impl Operation<Answer = Lamp>,
    common: &Common,
    screen: &Screen,
) -> Result<(), Stop> {
    let lamp = ask(common, operation)?;
    screen.print(&match common.json {
        true => json(&lamp)?,
        false => done(&lamp, screen),
    })?;
    Ok(())
}

fn done(lamp: &Lamp, screen: &Screen) -> String {
    let Lamp { subject, done, ended, .. } = lamp;
    let kind = kind_of(subject);
    let shows = screen.lamp(kind, lamp.aggregate.as_ref());
    let was = match lamp.was == lamp.aggregate {
        true => String::new(),
        false => format!("   was {}", screen.lamp(kind, lamp.was.as_ref())),
    };
    let what = match done.as_str() {
        "cleared" => format!("cleared, {} withdrawn", counted(*ended, "fact")),
        other => other.to_owned(),
    };
    format!("{shows}   {subject}   {what}{was}\n")
}

fn list(args: &LampListArgs, common: &Common, screen: &Screen) -> Result<(), Stop> {
    let asked = LampList {
        pattern: args.pattern.clone(),
        kind: args.kind,
        limit: args.limit,
        board: args.board.clone(),
    };
    let lamps = ask(common, &asked)?;
    screen.print(&match common.json {
        true => json(&lamps)?,
        false => text(&lamps, screen),
    })?;
    Ok(())
}

fn text(lamps: &Lamps, screen: &Screen) -> String {
    let columns = [("SUBJECT", Align::Left), ("SAID BY", Align::Right), ("LAMP", Align::Left)];
    let mut table = Table::new(&columns);
    for lamp in &lamps.lamps {
        let shows = screen.lamp(kind_of(&lamp.subject), Some(&lamp.aggregate));
        table.row(vec![lamp.subject.clone(), count(lamp.facts), shows]);
    }
    let shown = counted(lamps.lamps.len() as u64, "lamp");
    let more = match lamps.more {
        0 => String::new(),
        more => format!("; {} more: use --limit or a pattern", count(more)),
    };
    format!("{}{shown} of the board {}{more}\n", table.into_text(), lamps.board)
}
