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
    let (_server, a, b) = line.pair().await;
    let mut rates = Vec::new();
    for round in 0..ROUNDS {
        rates.push(one_burst(&a, &b, round).await);
    }
    rates.sort_by(f64::total_cmp);
    let goal = if matches!(line, Line::Plain) { "at least 3000" } else { "" };
    let name = format!("{}: burst of {BURST}, end to end, median", line.name());
    report.add(name, rates[ROUNDS / 2], "1/s", goal);
    report.add(format!("{}: burst of {BURST}, slowest", line.name()), rates[0], "1/s", "");
}

async fn one_burst(a: &Asterisk, b: &Asterisk, round: usize) -> f64 {
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
        assert_eq!(states, STATES, "{}: lost, doubled or out of order", device(number));
    }
    let said = a.ami().events_since(from, about_ours);
    let start = said.iter().map(Message::time).min().expect("the first change");
    let end = seen.iter().map(Message::time).max().expect("the last change");
    BURST as f64 * 1e6 / (end - start) as f64
}
