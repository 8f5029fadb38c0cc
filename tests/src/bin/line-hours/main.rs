//! What only hours show of a long line: silent cuts under all conditions, short ones that drop nobody,
//! and everything at once. `[cuts|short|chaos] [MINUTES]`; the minutes are for each of the last two.
//! Run by `cargo xtask line-hours`.

mod chaos;
mod cuts;
mod fault;
mod pbx;
mod place;
mod short;
mod truth;

use std::process::ExitCode;
use std::time::Duration;

const WHAT: [&str; 3] = ["cuts", "short", "chaos"];
const MINUTES: u64 = 30;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let minutes = wanted.iter().find_map(|word| word.parse().ok()).unwrap_or(MINUTES);
    let time = Duration::from_secs(60 * minutes);
    let named = |name: &&str| wanted.iter().any(|word| word == name);
    let any = WHAT.iter().any(named);
    let mut is_right = true;
    for name in WHAT {
        if any && !named(&name) {
            continue;
        }
        is_right &= match name {
            "cuts" => cuts::all(),
            "short" => block_on(short::drop_nobody(time)),
            _ => block_on(chaos::rages(time)),
        };
    }
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work)
}
