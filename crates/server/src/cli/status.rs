//! `status`: is it all right? The verdict first, the problems with their remedies last.

mod joining;
mod nagios;

use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use lampfield_operations::operation::Status;

use super::args::{Common, Format, StatusArgs as Args};
use super::stop::Stop;
use super::{ask, complaint, json};
use crate::document::status::{Attention, BoardStatus, Certificate, OriginStatus, StatusDocument};
use crate::document::why::LeaseState;
use crate::failure::{Exit, Failure};
use crate::screen::time::{age, clock, count, counted, left};
use crate::screen::{Align, Screen, Table, Verdict};

/// The pause between two looks of `--wait`.
const LOOK: Duration = Duration::from_millis(200);

pub fn run(args: &Args, common: &Common, screen: &Screen) -> Result<ExitCode, Stop> {
    let asked = match args.wait {
        Some(patience) => until_healthy(patience, common),
        None => once(common),
    };
    if args.format == Format::Nagios {
        return nagios::print(&asked, screen);
    }
    let status = asked?;
    screen.print(&match common.json {
        true => json(&status)?,
        false => text(&status, common, screen),
    })?;
    Ok(if status.healthy { Exit::Good } else { Exit::Bad }.into())
}

fn once(common: &Common) -> Result<StatusDocument, Stop> {
    ask(common, &Status {})
}

/// Looks again and again; gives the last answer when the time is over, or that there was none.
#[allow(clippy::disallowed_methods, reason = "a command serves nobody while it waits")]
fn until_healthy(patience: Duration, common: &Common) -> Result<StatusDocument, Stop> {
    let begun = Instant::now();
    loop {
        let asked = once(common);
        let over = begun.elapsed() >= patience;
        match asked {
            Ok(status) if status.healthy || over => return Ok(status),
            Err(Stop::Failed(failure)) if is_absent(&failure) => {
                if over {
                    return Err(Failure { exit: Exit::NoAnswer, ..failure }.into());
                }
            }
            Err(other) => return Err(other),
            Ok(_) => (),
        }
        sleep(LOOK.min(patience.saturating_sub(begun.elapsed())));
    }
}

/// Whether the server is not there, or not yet.
fn is_absent(failure: &Failure) -> bool {
    matches!(failure.exit, Exit::NotReached | Exit::NoAnswer)
}

pub fn text(status: &StatusDocument, common: &Common, screen: &Screen) -> String {
    let mut out = format!("{}\n", verdict(status));
    let present = present(status);
    if present.is_empty() && status.silent.is_empty() {
        out.push_str("No PBX is connected, and no states of PBXs are kept.\n");
    } else if !present.is_empty() {
        out.push_str(&origins(&present, status.boards.len() > 1, screen));
    }
    out.push_str(&joining::text(status, common, screen));
    out.push('\n');
    out.push_str(&totals(status));
    for Certificate { domain, fingerprint, key_fingerprint, .. } in &status.certificates {
        out.push_str(&format!("certificate of {domain}, SHA-256:\n  {fingerprint}\n"));
        if let Some(key) = key_fingerprint {
            out.push_str(&format!("its key, SHA-256:\n  {key}\n"));
        }
    }
    if !status.attention.is_empty() {
        out.push_str("\nAttention\n");
    }
    for attention in &status.attention {
        let Attention { code, text, remedy, severity } = attention;
        let verdict = Verdict::from(*severity);
        out.push_str(&complaint(screen, verdict, text, Some(&common.retyped(remedy)), code));
    }
    if status.origins.is_empty() && status.silent.is_empty() && status.refused_logins.is_empty() {
        out.push_str(&common.retyped(next(status)));
    }
    out
}

/// What brings the first PBX.
fn next(status: &StatusDocument) -> &'static str {
    match status.counters.get("accounts") {
        Some(1..) => {
            "next: lampfield user list   shows who was invited; lampfield invite NAME prints the xmpp.conf again\n"
        }
        _ => "next: lampfield invite pbx-1   prints the xmpp.conf for an Asterisk PBX\n",
    }
}

/// The origins of which there is anything to see.
pub fn present(status: &StatusDocument) -> Vec<&OriginStatus> {
    status.origins.iter().filter(|origin| is_present(origin)).collect()
}

/// Whether there is anything to see of an origin: others are remembered only for their withdrawals.
fn is_present(origin: &OriginStatus) -> bool {
    origin.connections > 0 || origin.facts > 0
}

fn verdict(status: &StatusDocument) -> String {
    let name = status.server.domains.first().map_or("lampfield", String::as_str);
    let (socket, up) = (&status.server.data_dir, age(status.server.uptime_seconds));
    let asked = format!("asked {socket}, up {up}, {}", clock(&status.as_of));
    format!("{name}: {} ({asked})\n", summary(status))
}

pub fn summary(status: &StatusDocument) -> String {
    match (status.attention.len(), awaited(status)) {
        (0, None) => joining::in_short(status).unwrap_or_else(|| "all is well".to_owned()),
        (0, Some(awaited)) => format!("all is well so far, {awaited}"),
        (1, _) => "1 thing needs attention".to_owned(),
        (more, _) => format!("{} need attention", counted(more as u64, "thing")),
    }
}

/// Who has not come back yet since Lampfield has started. That is as it should be, until the time
/// they have is over.
fn awaited(status: &StatusDocument) -> Option<String> {
    let is_awaited = |one: &&OriginStatus| is_present(one) && one.state == LeaseState::Restart;
    let awaited: Vec<_> = status.origins.iter().filter(is_awaited).collect();
    let (pbxs, are) = match awaited.len() {
        0 => return None,
        1 => (counted(1, "PBX"), "is"),
        more => (counted(more as u64, "PBX"), "are"),
    };
    let longest = awaited.iter().filter_map(|one| one.seconds_left).fold(0.0, f64::max);
    Some(format!("{pbxs} {are} expected back within {}", age(longest)))
}

/// The command line and an account of a shared board speak on several boards, so that these are named where there are
/// several.
pub fn origins(origins: &[&OriginStatus], are_boards_named: bool, screen: &Screen) -> String {
    let mut table = Table::new(&[
        ("ORIGIN", Align::Left),
        ("BOARD", Align::Left),
        ("STATE", Align::Left),
        ("LINE", Align::Left),
        ("FACTS", Align::Right),
        ("LAST WORD", Align::Right),
    ]);
    for origin in origins {
        table.row(vec![
            format!("{}  {}", origin.origin.account, origin.origin.name),
            if are_boards_named { origin.board.clone() } else { String::new() },
            state(origin, screen),
            line(origin),
            count(origin.facts),
            origin.last_word_seconds.map_or("-".to_owned(), age),
        ]);
    }
    table.into_text(screen)
}

fn state(origin: &OriginStatus, screen: &Screen) -> String {
    let runs = left(origin.seconds_left);
    let (verdict, word) = match origin.state {
        LeaseState::Live | LeaseState::Kept => (Verdict::Good, "live".to_owned()),
        LeaseState::ByHand => (Verdict::Good, "by hand".to_owned()),
        LeaseState::Away => (Verdict::Look, away(origin)),
        LeaseState::Gone => (Verdict::Look, "gone".to_owned()),
        LeaseState::Returning => (Verdict::Look, "returning".to_owned()),
        LeaseState::TakenOver => (Verdict::Look, "taken over".to_owned()),
        LeaseState::Restart => (Verdict::Look, "expected back".to_owned()),
        LeaseState::Unavailable => (Verdict::Look, "unavailable".to_owned()),
    };
    format!("{} {word}{runs}", screen.verdict(verdict))
}

/// The way by which it is connected.
fn line(origin: &OriginStatus) -> String {
    match &origin.reported_address {
        Some(address) => format!("by relay, {address}"),
        None if origin.connections > 0 => "direct".to_owned(),
        None => "-".to_owned(),
    }
}

/// Nothing of it will end any more: what it holds is kept.
fn away(origin: &OriginStatus) -> String {
    match &origin.away_since {
        Some(since) => format!("away since {}", clock(since)),
        None => "away".to_owned(),
    }
}

fn totals(status: &StatusDocument) -> String {
    let counter = |name: &str| status.counters.get(name).copied().unwrap_or(0);
    let limit = |name: &str| status.limits.get(name).copied().unwrap_or(0);
    format!(
        "lamps {}, facts {}, withdrawals {}, connections {} of {}, store {}\n",
        count(counter("lamps")),
        fullest(status, |board| board.facts, limit("facts")),
        fullest(status, |board| board.tombstones, limit("tombstones")),
        count(counter("connections")),
        count(limit("connections")),
        status.store.state,
    )
}

/// How much is held of what each board has a limit for: on the board that is nearest to it, which is named where there are
/// several, and on all of them.
fn fullest(status: &StatusDocument, held: impl Fn(&BoardStatus) -> u64, limit: u64) -> String {
    // The first of several that hold the same.
    let Some(fullest) = status.boards.iter().rev().max_by_key(|board| held(board)) else {
        return format!("0 of {}", count(limit));
    };
    let (most, all) = (held(fullest), status.boards.iter().map(&held).sum::<u64>());
    let of = format!("{} of {}", count(most), count(limit));
    match status.boards.len() {
        1 => of,
        _ if all == most => format!("{of} on {}", fullest.board),
        _ => format!("{of} on {} ({} in all)", fullest.board, count(all)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::OriginName;
    use crate::screen::{Color, Signs, Voice};

    fn origin(state: LeaseState, seconds_left: Option<f64>, facts: u64) -> OriginStatus {
        OriginStatus {
            origin: OriginName {
                account: "a@x".to_owned(),
                eid: "01".to_owned(),
                name: "01".to_owned(),
                ..OriginName::default()
            },
            board: "x".to_owned(),
            state,
            seconds_left,
            away_since: Some("2020-01-01T12:00:00Z".to_owned()),
            connections: 0,
            by_relay: false,
            reported_address: None,
            facts,
            tombstones: 3,
            epoch: 1,
            last_word_seconds: None,
            predicted_wait_seconds: 0.0,
            grace_seconds: 10.0,
        }
    }

    #[test]
    fn a_server_that_is_away_for_good_has_no_seconds_left() {
        let screen = Screen::of(Color::Never, Signs::Ascii, Voice::Spoken);
        let gone = origin(LeaseState::Gone, Some(6.0), 2);
        assert_eq!(state(&gone, &screen), "look gone, 6.0 s left");
        let away = origin(LeaseState::Away, None, 2);
        assert!(state(&away, &screen).starts_with("look away since 20"), "{away:?}");
        assert!(is_present(&away), "what it said is kept");
        assert!(!is_present(&origin(LeaseState::Away, None, 0)), "only withdrawals are left");
    }
}
