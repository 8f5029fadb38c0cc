//! `set` and `clear`: what an operator says about a lamp by hand, and that it is said no longer.

use std::process::ExitCode;

use lampfield_operations::operation::{Clear, Set};
use lampfield_operations::{Operation, Span, Spoken};

use super::args::{ClearArgs, Common, SetArgs};
use super::stop::Stop;
use super::{ask, json};
use crate::document::kind_of;
use crate::document::lamp::Lamp;
use crate::failure::Exit;
use crate::screen::Screen;
use crate::screen::time::counted;

pub fn set(args: &SetArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let set = Set {
        subject: args.subject.clone(),
        kind: args.kind,
        value: Spoken::typed(&args.value),
        r#for: args.span.map(Span),
        keep: args.keep,
        board: args.board.clone(),
    };
    change(&set, common, screen)
}

pub fn clear(args: &ClearArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let ClearArgs { subject, kind, all, board } = args.clone();
    change(&Clear { subject, kind, all, board }, common, screen)
}

fn change(
    operation: &impl Operation<Answer = Lamp>,
    common: &Common,
    screen: &Screen,
) -> Result<ExitCode, Stop> {
    let lamp = ask(common, operation)?;
    screen.print(&match common.json {
        true => json(&lamp)?,
        false => done(&lamp, screen),
    })?;
    Ok(Exit::Good.into())
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
