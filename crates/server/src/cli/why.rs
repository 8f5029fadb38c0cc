//! `why SUBJECT`: what decides this lamp?

use std::process::ExitCode;

use lampfield_board::{Kind, WallTime};
use lampfield_operations::operation::Why;

use super::args::{Common, USUAL, WhyArgs};
use super::stop::Stop;
use super::{ask, json, list};
use crate::document::kind_of;
use crate::document::list::Lamps;
use crate::document::why::{Explained, Fact, Lease, LeaseState, WhyDocument};
use crate::failure::Exit;
use crate::screen::time::{
    age, clock, counted, day_clock, left, local, seconds_since, seconds_until,
};
use crate::screen::{Align, Screen, Table, Verdict};
use crate::shell;

pub fn run(args: &WhyArgs, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let WhyArgs { subject, kind, at, board } = args.clone();
    let asked = ask(common, &Why { subject, kind, at, board });
    let explained = asked.map_err(|stop| match at.filter(|_| !common.json) {
        Some(at) => with_moment(stop, at),
        None => stop,
    })?;
    screen.print(&match (common.json, &explained) {
        (true, _) => json(&explained)?,
        (false, Explained::One(why)) => text(why, screen),
        (false, Explained::Many(lamps)) => common.retyped(&many(lamps, screen)),
    })?;
    Ok(match &explained {
        Explained::One(_) => Exit::Good.into(),
        Explained::Many(lamps) => list::exit(lamps).into(),
    })
}

/// A refusal names the moment that was asked for: a time of day may have been yesterday's.
fn with_moment(stop: Stop, at: WallTime) -> Stop {
    match stop {
        Stop::Failed(failure) if failure.exit == Exit::NoSuchThing => {
            failure.line("asked", format!("at {}", day_clock(&at.to_string()))).into()
        }
        other => other,
    }
}

/// The lamps that a pattern stands for, and how one of them is explained.
pub fn many(lamps: &Lamps, screen: &Screen) -> String {
    let next = lamps.lamps.first().map(|first| {
        let subject = shell::word(&first.subject);
        format!("next: lampfield why {subject}   explains one of them\n")
    });
    list::text(lamps, &USUAL, screen) + &next.unwrap_or_default()
}

pub fn text(why: &WhyDocument, screen: &Screen) -> String {
    let kind = kind_of(&why.subject);
    let lamp = screen.lamp(kind, why.aggregate.as_ref());
    let past = why.at.as_deref().map(|at| format!("   at {}", day_clock(at)));
    let ago = |since| if past.is_some() { String::new() } else { ago(since) };
    let since = why.since.as_deref();
    let since = since.map(|since| format!("   since {}{}", clock(since), ago(since)));
    let when = [past.unwrap_or_default(), since.unwrap_or_default()].concat();
    let deciding = why.facts.iter().filter(|fact| fact.decides).count();
    let facts = match (why.facts.len(), deciding) {
        (0, _) => "   no fact".to_owned(),
        (1, _) => "   1 fact".to_owned(),
        (all, 1) => format!("   {}, 1 decides", counted(all as u64, "fact")),
        (all, some) => format!("   {}, {some} decide", counted(all as u64, "fact")),
    };
    let mut out = format!("{lamp}   {}{when}{facts}\n", why.subject);
    if !why.facts.is_empty() {
        out.push('\n');
        out.push_str(&table(kind, &why.facts, screen));
    }
    out.push_str(&format!("\nRule     {}\n", local(&why.rule)));
    for (label, sentences) in [("Changes", &why.changes), ("Note", &why.notes)] {
        for (at, sentence) in sentences.iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            out.push_str(&format!("{label:7}  {}\n", local(sentence)));
        }
    }
    for tombstone in &why.tombstones {
        let origin = &tombstone.origin;
        let waits = match tombstone.unconfirmed.is_empty() {
            true => "everybody has been told".to_owned(),
            false => format!("not yet told: {}", tombstone.unconfirmed.join(", ")),
        };
        out.push_str(&format!(
            "Ended    {} {}, {} ago{}; {waits}\n",
            origin.account,
            origin.name,
            age(tombstone.age_seconds),
            tombstone.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default(),
        ));
    }
    out
}

fn ago(since: &str) -> String {
    seconds_since(since).map_or(String::new(), |seconds| format!(" ({})", age(seconds)))
}

fn table(kind: Kind, facts: &[Fact], screen: &Screen) -> String {
    let mut table = Table::new(&[
        ("  ", Align::Left),
        ("VALUE", Align::Left),
        ("ORIGIN", Align::Left),
        ("BY", Align::Left),
        ("SAID", Align::Left),
        ("LEASE", Align::Left),
    ]);
    for fact in facts {
        table.row(vec![
            if fact.decides { "->" } else { "" }.to_owned(),
            screen.lamp(kind, Some(&fact.value)),
            format!("{}  {}", fact.origin.account, fact.origin.name),
            fact.protocol.clone(),
            format!("{}, {}", clock(&fact.said_at), age(fact.age_seconds)),
            lease(fact, screen),
        ]);
    }
    table.into_text(screen)
}

fn lease(fact: &Fact, screen: &Screen) -> String {
    let stands = fact.lease.as_ref().map(|lease| stands(lease, screen));
    let ends = fact.ends_at.as_deref().map(ends);
    stands.into_iter().chain(ends).collect::<Vec<_>>().join(", ")
}

/// When a fact ends by itself, and how long that is from now.
fn ends(at: &str) -> String {
    let left = left(seconds_until(at));
    format!("ends at {}{left}", clock(at))
}

fn stands(lease: &Lease, screen: &Screen) -> String {
    let word = match lease.state {
        LeaseState::Live => return "live".to_owned(),
        LeaseState::Kept => return "kept".to_owned(),
        LeaseState::ByHand => return "by hand".to_owned(),
        LeaseState::Gone => "gone",
        LeaseState::Away => "away",
        LeaseState::Returning => "back, not repeated yet",
        LeaseState::TakenOver => "not yet repeated by its newer connection",
        LeaseState::Restart => "not back after the restart",
        LeaseState::Unavailable => "gone, shown as unavailable",
    };
    let why = lease.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{} {word}{why}{}", screen.verdict(Verdict::Look), left(lease.seconds_left))
}
