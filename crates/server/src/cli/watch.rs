//! `watch [FILTER]`: changes as they come, one line each.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::args::{Common, Watch as Args};
use super::stop::Stop;
use super::{connect, mismatch};
use crate::control::line::encode;
use crate::control::{Answer, Request};
use crate::document::change::{Change, Line, Skipped};
use crate::failure::{Exit, Failure};
use crate::screen::time::{age, count, precise_clock};
use crate::screen::{Screen, padded};

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let mut client = connect(common)?;
    match client.ask(&Request::Watch { filter: args.filter.clone() })? {
        Answer::Watching => (),
        other => return Err(mismatch(&other)),
    }
    let begun = Instant::now();
    let mut seen = Seen::default();
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
            true => String::from_utf8(encode(&line).map_err(Failure::bug)?).unwrap_or_default(),
            false => text(&line, screen),
        };
        screen.print(&shown)?;
    }
    if !common.json {
        screen.print(&seen.summary(begun.elapsed()))?;
    }
    Ok(Exit::Good.into())
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
        format!("-- {} changes in {span}, {skipped}\n", count(self.changes))
    }
}

fn text(line: &Line, screen: &Screen) -> String {
    match line {
        Line::Change(change) => change_text(change, screen),
        Line::Skipped(Skipped { skipped_values, skipped_subjects, .. }) => format!(
            "-- {} intermediate values of {} lamps skipped; newest shown\n",
            count(*skipped_values),
            count(*skipped_subjects),
        ),
    }
}

fn change_text(change: &Change, screen: &Screen) -> String {
    let Change { subject, origin, value, aggregate, was, .. } = change;
    let said = match value {
        None => " withdrawn".to_owned(),
        Some(value) if Some(value) != aggregate.as_ref() => {
            format!(" says {}", screen.lamp(Some(value)))
        }
        Some(_) => String::new(),
    };
    let before = match was == aggregate {
        true => String::new(),
        false => format!("   (was {})", screen.glyph(was.as_ref())),
    };
    let at = precise_clock(&change.at);
    let lamp = padded(&screen.lamp(aggregate.as_ref()), 13);
    let name = padded(subject.strip_prefix("device/").unwrap_or(subject), 20);
    format!("{at}  {lamp} {name}  {}{said}{before}\n", origin.account)
}
