//! `status --format nagios`: one line and the exit statuses of the monitoring plugins' world, where
//! 1 is a warning, 2 is critical, and 3 means that nothing is known.

use std::process::ExitCode;

use super::{Stop, is_absent, summary};
use crate::document::status::{Severity, StatusDocument};
use crate::screen::Screen;
use crate::screen::time::local;

/// Numbers worth a curve, by their counters, with the limits of the same name.
const CURVES: [&str; 4] = ["lamps", "facts", "tombstones", "connections"];
/// Those of them that are limited on each board, so that all boards together may hold a multiple.
const OF_EACH_BOARD: [&str; 2] = ["facts", "tombstones"];

/// Prints what was learnt; it never fails in a way that such a caller does not know.
pub fn print(asked: &Result<StatusDocument, Stop>, screen: &Screen) -> Result<ExitCode, Stop> {
    let (word, code, text) = match asked {
        Ok(status) => judged(status),
        Err(Stop::Failed(failure)) if is_absent(failure) => {
            ("CRITICAL", 2, failure.message.clone())
        }
        Err(Stop::Failed(failure)) => ("UNKNOWN", 3, failure.message.clone()),
        Err(Stop::Misconfigured(_) | Stop::NotStarted(_)) => {
            ("UNKNOWN", 3, "the configuration is wrong".to_owned())
        }
        Err(Stop::Output(error)) => ("UNKNOWN", 3, error.to_string()),
    };
    screen.print_always(&format!("LAMPFIELD {word} - {text}\n"))?;
    Ok(ExitCode::from(code))
}

fn judged(status: &StatusDocument) -> (&'static str, u8, String) {
    let bad = |severity| status.attention.iter().any(|one| one.severity == severity);
    let (word, code) = if bad(Severity::Bad) {
        ("CRITICAL", 2)
    } else if bad(Severity::Look) {
        ("WARNING", 1)
    } else {
        ("OK", 0)
    };
    // A bar would begin the numbers, and a plugin's first line ends at its first line break.
    let said = status.attention.iter().map(|one| local(&one.text).replace(['|', '\n'], " "));
    let text = [summary(status)].into_iter().chain(said).collect::<Vec<_>>().join("; ");
    (word, code, format!("{text} | {}", curves(status)))
}

fn curves(status: &StatusDocument) -> String {
    let boards = status.boards.len() as u64;
    let curve = |name: &str| {
        let times = if OF_EACH_BOARD.contains(&name) { boards } else { 1 };
        let most = status.limits.get(name).map(|limit| limit.saturating_mul(times).to_string());
        let most = most.unwrap_or_default();
        Some(format!("{name}={};;;0;{most}", status.counters.get(name)?))
    };
    CURVES.iter().filter_map(|name| curve(name)).collect::<Vec<_>>().join(" ")
}
