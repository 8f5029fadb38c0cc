//! `watch [FILTER]`: changes as they come, one line each.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use lampfield_operations::operation::{List, Order, Watch};
use lampfield_operations::{make_visible, visible_json};

use super::args::{Common, WatchArgs as Args};
use super::stop::Stop;
use super::{ask, connect, list};
use crate::document::change::{Change, Line, Skipped};
use crate::document::kind_of;
use crate::failure::{Exit, Failure};
use crate::screen::time::{age, count, counted, precise_clock};
use crate::screen::{Names, Screen, padded};

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    if !common.json {
        hint_at_nothing(args, common)?;
    }
    let mut client = connect(common)?;
    let (filter, board) = (args.filter(), args.board.clone());
    client.watch(&Watch { filter, kind: args.kind, board })?;
    let begun = Instant::now();
    let mut seen = Seen::default();
    let mut names = Names::default();
    loop {
        let left = args.span.map(|span| span.saturating_sub(begun.elapsed()));
        if left == Some(Duration::ZERO) || args.count.is_some_and(|most| seen.changes >= most) {
            break;
        }
        let Some(line) = client.next_line(left)? else { continue };
        match &line {
            Line::Change(_) => seen.changes += 1,
            Line::Skipped(skipped) => seen.skipped += skipped.skipped_values,
        }
        let shown = match common.json {
            true => json_line(&line)?,
            false => text(&visible_line(&line)?, &mut names, screen),
        };
        screen.print(&shown)?;
    }
    if !common.json {
        screen.print(&seen.summary(begun.elapsed()))?;
    }
    Ok(Exit::Good.into())
}

/// A name that nothing has may be a slip, or come yet: the watch goes on.
fn hint_at_nothing(args: &Args, common: &Common) -> Result<(), Stop> {
    let (filter, board) = (args.filter(), args.board.clone());
    let lamps =
        ask(common, &List { filter, kind: args.kind, sort: Order::default(), limit: 1, board })?;
    if lamps.lacks_a_name() {
        let more =
            common.retyped("lampfield list   shows what there is; waiting for it all the same");
        writeln!(io::stderr(), "{}{more}", list::nothing(&lamps))?;
    }
    Ok(())
}

/// The line as the contract prints it.
fn json_line(line: &Line) -> Result<String, Failure> {
    let json = serde_json::to_string(line).map_err(Failure::bug)?;
    Ok(visible_json(&json).into_owned() + "\n")
}

/// The same line with nothing in it that a terminal would obey.
fn visible_line(line: &Line) -> Result<Line, Failure> {
    let mut document = serde_json::to_value(line).map_err(Failure::bug)?;
    make_visible(&mut document);
    serde_json::from_value(document).map_err(Failure::bug)
}

/// What has been shown so far.
#[derive(Debug, Default)]
struct Seen {
    changes: u64,
    skipped: u64,
}

// === impl Seen ===

impl Seen {
    fn summary(&self, span: Duration) -> String {
        let skipped = match self.skipped {
            0 => "none skipped".to_owned(),
            some => format!("{} skipped", count(some)),
        };
        let span = age(span.as_secs_f64());
        format!("-- {} in {span}, {skipped}\n", counted(self.changes, "change"))
    }
}

pub fn text(line: &Line, names: &mut Names, screen: &Screen) -> String {
    match line {
        Line::Change(change) => change_text(change, names, screen),
        Line::Skipped(Skipped { skipped_values, skipped_subjects, .. }) => format!(
            "-- {} of {} skipped; the newest values are shown\n",
            counted(*skipped_values, "intermediate value"),
            counted(*skipped_subjects, "lamp"),
        ),
    }
}

fn change_text(change: &Change, names: &mut Names, screen: &Screen) -> String {
    let Change { subject, origin, value, reason, kept, aggregate, was, .. } = change;
    let kind = kind_of(subject);
    let said = match (value, reason) {
        (None, Some(reason)) => format!(" withdrawn: {reason}"),
        (None, None) => " withdrawn".to_owned(),
        (Some(value), _) if !kept => format!(" says {}, not kept", screen.lamp(kind, Some(value))),
        (Some(value), _) if Some(value) != aggregate.as_ref() => {
            format!(" says {}", screen.lamp(kind, Some(value)))
        }
        (Some(_), _) => String::new(),
    };
    let before = match was == aggregate {
        true => String::new(),
        false => format!("   (was {})", screen.glyph(kind, was.as_ref())),
    };
    let at = precise_clock(&change.at);
    let lamp = padded(&screen.lamp(kind, aggregate.as_ref()), 13);
    let name = padded(subject.strip_prefix("device/").unwrap_or(subject), 20);
    format!("{at}  {lamp} {name}  {}{said}{before}\n", names.name(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lampfield_board::{DeviceState, Value};

    use crate::document::{OriginName, Shown};
    use crate::screen::{Color, Signs, Voice};

    fn line(value: Option<&str>, aggregate: Option<&str>) -> Change {
        let shown = |word: &str| {
            let state: DeviceState = word.parse().expect("a state");
            Shown::from(&Value::Device(state))
        };
        Change {
            schema: "change/1".to_owned(),
            at: "2026-11-21T12:00:00Z".to_owned(),
            subject: "device/PJSIP/117".to_owned(),
            board: "x".to_owned(),
            origin: OriginName {
                account: "b@x".to_owned(),
                eid: "01".to_owned(),
                name: "01".to_owned(),
                ..OriginName::default()
            },
            value: value.map(shown),
            reason: None,
            kept: true,
            aggregate: aggregate.map(shown),
            was: aggregate.map(shown),
            revision: 1,
        }
    }

    #[test]
    fn every_line_has_its_columns_and_a_withdrawal_its_reason() {
        let screen = Screen::of(Color::Never, Signs::Ascii, Voice::Spoken);
        let mut names = Names::default();
        let mut shown = |change: Change| change_text(&change, &mut names, &screen);
        let passing = shown(Change { kept: false, ..line(Some("INUSE"), None) });
        assert!(passing.ends_with("says U INUSE, not kept\n"), "{passing}");
        let gone = Change { reason: Some("link lost, grace over".to_owned()), ..line(None, None) };
        let gone = shown(gone);
        assert!(gone.ends_with("b@x withdrawn: link lost, grace over\n"), "{gone}");
        let held = shown(line(Some("UNAVAILABLE"), Some("UNAVAILABLE")));
        let column = |line: &str| line.find("PJSIP/117");
        assert_eq!([column(&passing), column(&gone)], [column(&held); 2]);
    }
}
