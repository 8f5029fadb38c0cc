//! A silent cut under every combination of conditions: how long until the server has noticed it, and
//! until the relay has.

use std::sync::Mutex;
use std::time::Duration;

use lampfield_tests::afar::Way;
use lampfield_tests::afar::measures::Phones;
use lampfield_tests::afar::notice::{self, Conditions, NOTICED, Noticed};
use lampfield_tests::chance::Chance;
use lampfield_tests::line::Quality;

use crate::block_on;

/// Most of it is waiting.
const AT_ONCE: usize = 3;
const IDLE: Phones = Phones { devices: 20, changes_per_second: 0 };
const BUSY: Phones = Phones { devices: 20, changes_per_second: 10 };
/// Where between two of its own packets an idle line is cut is left to chance: up to so many
/// milliseconds later.
const LATER: usize = 4_000;

/// Prints a row for each; whether all were noticed in time.
pub fn all() -> bool {
    println!("way   | phones | round trip, ms | lost, % | before | server, s | relay, s");
    let left = Mutex::new(conditions().into_iter());
    let is_right = Mutex::new(true);
    let work = || {
        while let Some(one) = { left.lock().expect("not poisoned").next() } {
            // On a thread of its own: one that panics is one that is wrong.
            let noticed = std::thread::scope(|scope| {
                scope.spawn(|| block_on(notice::noticed(one))).join().ok()
            });
            println!("{} | {}", conditions_shown(one), shown(one.way, noticed));
            let is_in_time = noticed.is_some_and(|noticed| noticed.is_in_time(one.way));
            *is_right.lock().expect("not poisoned") &= is_in_time;
        }
    };
    std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    is_right.into_inner().expect("not poisoned")
}

fn conditions() -> Vec<Conditions> {
    let mut chance = Chance::from_environment();
    let mut all = Vec::new();
    for way in [Way::Relay, Way::Clear, Way::Tls] {
        for phones in [IDLE, BUSY] {
            for round_trip in [1, 200, 300] {
                for loss in [0.0, 0.02] {
                    for after_a_short_one in [false, true] {
                        let later = Duration::from_millis(chance.below(LATER) as u64);
                        let round_trip = Duration::from_millis(round_trip);
                        let quality = Quality::round_trip(round_trip).loss(loss);
                        let one = Conditions { way, phones, quality, after_a_short_one, later };
                        all.push(one);
                    }
                }
            }
        }
    }
    all
}

fn conditions_shown(conditions: Conditions) -> String {
    let Conditions { way, phones, quality, after_a_short_one, .. } = conditions;
    let way = format!("{way:?}").to_lowercase();
    let phones = if phones.changes_per_second == 0 { "idle" } else { "busy" };
    let round_trip = (2 * quality.delay).as_millis();
    let before = if after_a_short_one { "a cut" } else { "none" };
    format!("{way:5} | {phones} | {round_trip:3} | {:.0} | {before}", quality.loss * 100.0)
}

fn shown(way: Way, noticed: Option<Noticed>) -> String {
    let Some(noticed) = noticed else { return "failed, see above".to_owned() };
    let time = |time: Option<Duration>| match time {
        Some(time) if time >= NOTICED => format!("{:.1} TOO LATE", time.as_secs_f64()),
        Some(time) => format!("{:.1}", time.as_secs_f64()),
        None => "NEVER".to_owned(),
    };
    let relay = if way == Way::Relay { time(noticed.relay) } else { "-".to_owned() };
    format!("{} | {relay}", time(noticed.server))
}
