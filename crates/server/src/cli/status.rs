//! `status`: is it all right? The verdict first, the problems with their remedies last.

use std::process::ExitCode;

use super::args::Common;
use super::stop::Stop;
use super::{ask, json, mismatch};
use crate::control::{Answer, Request};
use crate::document::status::{Attention, OriginStatus, Severity, Status};
use crate::document::why::LeaseState;
use crate::failure::Exit;
use crate::screen::time::{age, clock, count};
use crate::screen::{Align, Screen, Table, Verdict};

pub fn run(common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let status = match ask(common, &Request::Status)? {
        Answer::Status(status) => *status,
        other => return Err(mismatch(&other)),
    };
    screen.print(&match common.json {
        true => json(&status)?,
        false => text(&status, screen),
    })?;
    Ok(if status.healthy { Exit::Good } else { Exit::Bad }.into())
}

fn text(status: &Status, screen: &Screen) -> String {
    let mut out = verdict(status);
    out.push('\n');
    if status.origins.is_empty() {
        out.push_str("No server has said anything yet.\n");
    } else {
        out.push_str(&origins(&status.origins, screen));
    }
    out.push('\n');
    out.push_str(&totals(status));
    if !status.attention.is_empty() {
        out.push_str("\nAttention\n");
    }
    for attention in &status.attention {
        let Attention { text, remedy, severity, .. } = attention;
        let verdict = match severity {
            Severity::Look => Verdict::Look,
            Severity::Bad => Verdict::Bad,
        };
        out.push_str(&format!(" {} {text}\n     mend  {remedy}\n", screen.verdict(verdict)));
    }
    if status.origins.is_empty() {
        out.push_str("next: lampfield invite pbx-1   prints what to put on an Asterisk server\n");
    }
    out
}

fn verdict(status: &Status) -> String {
    let verdict = match status.attention.len() {
        0 => "all is well".to_owned(),
        1 => "1 thing needs attention".to_owned(),
        more => format!("{more} things need attention"),
    };
    let name = status.server.domains.first().map_or("lampfield", String::as_str);
    let (socket, up) = (&status.server.data_dir, age(status.server.uptime_seconds));
    format!("{name}: {verdict} (asked {socket}, up {up}, {})\n", clock(&status.as_of))
}

fn origins(origins: &[OriginStatus], screen: &Screen) -> String {
    let mut table = Table::new(&[
        ("ORIGIN", Align::Left),
        ("STATE", Align::Left),
        ("FACTS", Align::Right),
        ("LAST WORD", Align::Right),
    ]);
    for origin in origins {
        table.row(vec![
            format!("{}  {}", origin.origin.account, origin.origin.eid),
            state(origin, screen),
            count(origin.facts),
            origin.last_word_seconds.map_or("-".to_owned(), age),
        ]);
    }
    table.to_text()
}

fn state(origin: &OriginStatus, screen: &Screen) -> String {
    let left = origin.seconds_left.map_or(String::new(), |left| format!(", {} left", age(left)));
    let (verdict, word) = match origin.state {
        LeaseState::Live | LeaseState::Kept => (Verdict::Good, "live"),
        LeaseState::Gone => (Verdict::Look, "gone"),
        LeaseState::Returning => (Verdict::Look, "returning"),
        LeaseState::Restart => (Verdict::Look, "awaited"),
    };
    format!("{} {word}{left}", screen.verdict(verdict))
}

fn totals(status: &Status) -> String {
    let counter = |name: &str| status.counters.get(name).copied().unwrap_or(0);
    let limit = |name: &str| status.limits.get(name).copied().unwrap_or(0);
    format!(
        "lamps {}, facts {} of {}, withdrawals {} of {}, connections {} of {}, store {}\n",
        count(counter("subjects")),
        count(counter("facts")),
        count(limit("facts")),
        count(counter("tombstones")),
        count(limit("tombstones")),
        count(counter("connections")),
        count(limit("connections")),
        status.store.state,
    )
}
