//! `why SUBJECT`: what decides this lamp?

use std::process::ExitCode;

use super::args::{Common, Why as Args};
use super::stop::Stop;
use super::{ask, json, mismatch};
use crate::control::{Answer, Request};
use crate::document::why::{Fact, LeaseState, Why};
use crate::failure::Exit;
use crate::screen::time::{age, clock, seconds_since};
use crate::screen::{Align, Screen, Table, Verdict};

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let why = match ask(common, &Request::Why { subject: args.subject.clone() })? {
        Answer::Why(why) => *why,
        other => return Err(mismatch(&other)),
    };
    screen.print(&match common.json {
        true => json(&why)?,
        false => text(&why, screen),
    })?;
    Ok(Exit::Good.into())
}

fn text(why: &Why, screen: &Screen) -> String {
    let lamp = screen.lamp(why.aggregate.as_ref());
    let since = why.since.as_deref();
    let since = since.map(|since| format!("   since {}{}", clock(since), ago(since)));
    let deciding = why.facts.iter().filter(|fact| fact.decides).count();
    let facts = match (why.facts.len(), deciding) {
        (0, _) => "   no fact".to_owned(),
        (1, _) => "   1 fact".to_owned(),
        (all, 1) => format!("   {all} facts, 1 decides"),
        (all, some) => format!("   {all} facts, {some} decide"),
    };
    let mut out = format!("{lamp}   {}{}{facts}\n", why.subject, since.unwrap_or_default());
    if !why.facts.is_empty() {
        out.push('\n');
        out.push_str(&table(&why.facts, screen));
    }
    out.push_str(&format!("\nRule     {}\n", why.rule));
    for (label, sentences) in [("Changes", &why.changes), ("Note", &why.notes)] {
        for (at, sentence) in sentences.iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            out.push_str(&format!("{label:7}  {sentence}\n"));
        }
    }
    for tombstone in &why.tombstones {
        let origin = &tombstone.origin;
        let waits = match tombstone.unconfirmed.is_empty() {
            true => "everybody was told".to_owned(),
            false => format!("not yet told: {}", tombstone.unconfirmed.join(", ")),
        };
        out.push_str(&format!(
            "Ended    {} {}, {} ago; {waits}\n",
            origin.account,
            origin.eid,
            age(tombstone.age_seconds)
        ));
    }
    out
}

fn ago(since: &str) -> String {
    seconds_since(since).map_or(String::new(), |seconds| format!(" ({})", age(seconds)))
}

fn table(facts: &[Fact], screen: &Screen) -> String {
    let mut table = Table::new(&[
        ("  ", Align::Left),
        ("VALUE", Align::Left),
        ("ORIGIN", Align::Left),
        ("DOOR", Align::Left),
        ("SAID", Align::Left),
        ("LEASE", Align::Left),
    ]);
    for fact in facts {
        table.row(vec![
            if fact.decides { "->" } else { "" }.to_owned(),
            screen.lamp(Some(&fact.value)),
            format!("{}  {}", fact.origin.account, fact.origin.eid),
            fact.door.clone(),
            format!("{}, {}", clock(&fact.said_at), age(fact.age_seconds)),
            lease(fact, screen),
        ]);
    }
    table.to_text()
}

fn lease(fact: &Fact, screen: &Screen) -> String {
    let left =
        fact.lease.seconds_left.map_or(String::new(), |left| format!(", {} left", age(left)));
    let word = match fact.lease.state {
        LeaseState::Live => return "live".to_owned(),
        LeaseState::Kept => return "kept".to_owned(),
        LeaseState::Gone => "gone",
        LeaseState::Returning => "back, not repeated yet",
        LeaseState::Restart => "awaited after the restart",
    };
    format!("{} {word}{left}", screen.verdict(Verdict::Look))
}
