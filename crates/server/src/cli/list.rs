//! `list [FILTER]`: what lamps show.

use std::process::ExitCode;

use lampfield_operations::operation::List;

use super::args::{Column, Common, ListArgs};
use super::stop::Stop;
use super::{ask, json};
use crate::document::kind_of;
use crate::document::list::{Lamps, Listed, Near, TermMatches};
use crate::failure::Exit;
use crate::screen::time::{age, count, counted, seconds_since};
use crate::screen::{Align, Names, Screen, Table};

pub fn run(args: &ListArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let asked = List {
        filter: args.filter(),
        kind: args.kind,
        sort: args.sort,
        limit: if args.all { List::MOST } else { args.limit },
        board: args.board.clone(),
    };
    let lamps = ask(common, &asked)?;
    screen.print(&match common.json {
        true => json(&lamps)?,
        false => common.retyped(&text(&lamps, &args.columns, screen)),
    })?;
    Ok(exit(&lamps).into())
}

/// A name that nothing has is no such thing. That no lamp is in some state is an answer.
pub fn exit(lamps: &Lamps) -> Exit {
    if lamps.lacks_a_name() { Exit::NoSuchThing } else { Exit::Good }
}

/// The table, and below it how much of all it is.
pub fn text(lamps: &Lamps, columns: &[Column], screen: &Screen) -> String {
    if lamps.total == 0 {
        return nothing(lamps);
    }
    let heads: Vec<_> = columns.iter().map(|column| column.head()).collect();
    let mut table = Table::new(&heads);
    let mut names = Names::of(lamps.lamps.iter().flat_map(|lamp| &lamp.origins));
    for lamp in &lamps.lamps {
        table.row(columns.iter().map(|column| column.cell(lamp, &mut names, screen)).collect());
    }
    format!("{}{}\n", table.into_text(screen), summary(lamps))
}

/// Of all that were asked for: 5,012 lamps of the board a.example: 12 INUSE, 5,000 NOT_INUSE; 100 shown.
fn summary(lamps: &Lamps) -> String {
    let states: Vec<_> =
        lamps.states.iter().map(|(state, lamps)| format!("{} {state}", count(*lamps))).collect();
    let states = match states.is_empty() {
        true => String::new(),
        false => format!(": {}", states.join(", ")),
    };
    let shown = lamps.lamps.len();
    let more = match lamps.more {
        0 => String::new(),
        _ if shown >= List::MOST => {
            format!(
                "; {} shown, which is the maximum: use a filter to see others",
                count(shown as u64)
            )
        }
        _ => format!("; {} shown, --all for the rest", count(shown as u64)),
    };
    format!("{} of the board {}{states}{more}", counted(lamps.total, "lamp"), lamps.board)
}

/// Why there is nothing to show, term by term.
pub fn nothing(lamps: &Lamps) -> String {
    let Lamps { board, terms, .. } = lamps;
    if terms.is_empty() {
        return format!(
            "No lamp shows anything on the board {board}.\nnext: lampfield status   shows who is connected\n"
        );
    }
    let filter: Vec<_> = terms.iter().map(|term| term.term.as_str()).collect();
    let mut out = format!("No lamp on the board {board} matches {}\n", filter.join(" "));
    let mut table = Table::new(&[("TERM", Align::Left), ("ALONE IT MATCHES", Align::Left)]);
    for TermMatches { term, lamps, nearest, .. } in terms {
        let near: Vec<_> = nearest.iter().map(near).collect();
        let alone = match (*lamps, near.is_empty()) {
            (0, true) => "nothing".to_owned(),
            (0, false) => format!("nothing; there is {}", near.join(", ")),
            (some, _) => counted(some, "lamp"),
        };
        table.row(vec![term.clone(), alone]);
    }
    out.push_str(&table.whole());
    out
}

fn near(Near { term, lamps }: &Near) -> String {
    match lamps {
        1 => term.clone(),
        some => format!("{term} ({})", counted(*some, "lamp")),
    }
}

// === impl Column ===

impl Column {
    const fn head(self) -> (&'static str, Align) {
        match self {
            Self::Subject => ("SUBJECT", Align::Left),
            Self::Lamp => ("LAMP", Align::Left),
            Self::For => ("FOR", Align::Right),
            Self::Facts => ("FACTS", Align::Right),
            Self::By => ("SAID BY", Align::Left),
            Self::Site => ("SITE", Align::Left),
        }
    }

    fn cell(self, lamp: &Listed, names: &mut Names, screen: &Screen) -> String {
        match self {
            Self::Subject => lamp.subject.clone(),
            Self::Lamp => screen.lamp(kind_of(&lamp.subject), Some(&lamp.aggregate)),
            Self::For => seconds_since(&lamp.since).map(age).unwrap_or_default(),
            Self::Facts => count(lamp.facts),
            Self::By => {
                let told: Vec<_> = lamp.origins.iter().map(|origin| names.name(origin)).collect();
                match lamp.facts.saturating_sub(told.len() as u64) {
                    0 => told.join(", "),
                    more => format!("{} and {more} more", told.join(", ")),
                }
            }
            Self::Site => {
                let mut sites: Vec<_> =
                    lamp.origins.iter().filter_map(|origin| origin.site.as_deref()).collect();
                sites.sort_unstable();
                sites.dedup();
                sites.join(", ")
            }
        }
    }
}
