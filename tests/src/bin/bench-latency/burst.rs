//! Two hundred changes at once: how fast the last one arrives, and that each arrives once and in
//! its order.

use lampfield_tests::ami::Message;
use lampfield_tests::asterisk::Asterisk;

use crate::delay::Line;
use crate::report::Report;

const DEVICES: usize = 50;
const STATES: [&str; 4] = ["INUSE", "BUSY", "ONHOLD", "RINGING"];
const BURST: usize = DEVICES * STATES.len();
const ROUNDS: usize = 11;

pub async fn measure(line: Line, report: &mut Report) {
    let (server, a, b) = line.pair().await;
    let mut rates = Vec::new();
    let mut round = 0;
    let mut dropped = 0;
    while rates.len() < ROUNDS {
        let drops = || server.log().matches("link lost").count();
        let before = drops();
        round += 1;
        let burst = one_burst(&a, &b, round).await;
        // COMPAT(asterisk<=22 res_xmpp): its threads share a TLS session without a lock, and it drops
        // the connection by itself now and then. Then a burst measures its back-off.
        if drops() > before {
            dropped += 1;
            a.connected().await;
            b.connected().await;
            continue;
        }
        rates.push(burst.unwrap_or_else(|wrong| panic!("round {round}: {wrong}")));
    }
    rates.sort_by(f64::total_cmp);
    let goal = if matches!(line, Line::Plain) { "at least 3000" } else { "" };
    let name = line.name();
    report.add(
        format!("{name}: burst of {BURST}, end to end, median"),
        rates[ROUNDS / 2],
        "1/s",
        goal,
    );
    report.add(format!("{name}: burst of {BURST}, slowest"), rates[0], "1/s", "");
    report.add(
        format!("{name}: bursts in which Asterisk dropped its line"),
        f64::from(dropped),
        "",
        "",
    );
}

/// Changes per second; an error when one was lost, came twice or in a wrong place.
async fn one_burst(a: &Asterisk, b: &Asterisk, round: usize) -> Result<f64, String> {
    let device = |number| format!("Custom:burst-{round}-{number}");
    let ours = format!("Custom:burst-{round}-");
    let about_ours = |event: &Message| {
        event.is_event("DeviceStateChange")
            && event.get("Device").is_some_and(|device| device.starts_with(&ours))
    };
    let (from, to) = (a.ami().mark(), b.ami().mark());
    for state in STATES {
        for number in 0..DEVICES {
            let variable = format!("DEVICE_STATE({})", device(number));
            a.ami().set_without_waiting(&variable, state).await;
        }
    }
    let last = |event: &Message| event.says(&device(DEVICES - 1), STATES[STATES.len() - 1]);
    b.ami().event(to, last).await;
    // What came twice would come after the last one; a change behind it proves that nothing did.
    a.set_state("Custom:behind", ["INUSE", "NOT_INUSE"][round % 2]).await;
    b.ami().event(to, |event| event.says("Custom:behind", ["INUSE", "NOT_INUSE"][round % 2])).await;

    let seen = b.ami().events_since(to, about_ours);
    for number in 0..DEVICES {
        let of_one = seen.iter().filter(|event| event.get("Device") == Some(&device(number)));
        let states: Vec<_> = of_one.filter_map(|event| event.get("State")).collect();
        if states != STATES {
            return Err(format!("{}: {states:?} instead of {STATES:?}", device(number)));
        }
    }
    let said = a.ami().events_since(from, about_ours);
    let start = said.iter().map(Message::time).min().expect("the first change");
    let end = seen.iter().map(Message::time).max().expect("the last change");
    Ok(BURST as f64 * 1e6 / (end - start) as f64)
}
