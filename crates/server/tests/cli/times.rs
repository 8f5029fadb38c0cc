//! Moments as a person reads them: local time in texts, UTC in JSON, and no day that is not said.

use crate::server::{Ran, Server};

const CONFIG: &str = "[[domain]]\nname = 'a.example'\n";

/// Asks with a clock that is so many hours behind UTC.
fn ask_at(server: &Server, hours: i64, arguments: &[&str]) -> Ran {
    let zone = format!("<ABC>{hours}");
    let output = server.command(arguments).env("TZ", zone).output();
    Ran::of(output.expect("the program"))
}

/// The zone in which it is between noon and one, whenever this runs.
fn noon() -> i64 {
    let hour = i64::from(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).hour());
    hour - 12
}

#[test]
fn a_time_of_day_that_is_still_to_come_is_said_to_be_yesterdays() {
    let server = Server::start(CONFIG);
    server.ask(&["set", "Custom:night", "INUSE", "--keep"]);
    for typed in [
        &["history", "Custom:night", "--since", "23:00"][..],
        &["audit", "--since", "23:00"],
        &["why", "Custom:night", "--at", "23:00"],
    ] {
        let ran = ask_at(&server, noon(), typed);
        let said = format!("{}{}", ran.out, ran.err);
        assert!(said.contains("23:00:00 yesterday, 20"), "{typed:?} {said}");
    }
    let since = ask_at(&server, noon(), &["history", "Custom:night", "--since", "00:30"]);
    assert!(since.out.contains(" since 00:30:00;"), "{}", since.out);
    assert!(!since.out.contains("yesterday"), "{}", since.out);
}

#[test]
fn people_read_local_time_and_programs_utc() {
    let server = Server::start(CONFIG);
    let until = "2096-10-02T07:06:40.000Z";
    let ban = format!(r#"{{"reason":"scans","source":"pbx-a","until":"{until}"}}"#);
    assert_eq!(server.ask(&["set", "ban/203.0.113.7", &ban]).code, Some(0));
    let local = "2096-10-02 02:06:40";
    let ask = |arguments: &[&str]| ask_at(&server, 5, arguments).out;
    for shown in [
        ask(&["why", "ban/203.0.113.7"]),
        ask(&["list"]),
        ask(&["history", "ban/203.0.113.7"]),
        ask(&["set", "ban/203.0.113.7", &ban]),
    ] {
        assert!(shown.contains(&format!("banned until {local} by")), "{shown}");
        assert!(!shown.contains("07:06:40"), "{shown}");
    }
    let json = ask(&["why", "ban/203.0.113.7", "--json"]);
    assert!(json.contains(&format!("banned until {until} by")), "{json}");
    assert!(json.contains(&format!("\"ends_at\": \"{until}\"")), "{json}");
    let refused = ask_at(&server, 5, &["why", "ban/203.0.113.7", "--at", "2095-01-01T12:00:00Z"]);
    assert!(refused.err.contains("2095-01-01 07:00:00 is in the future"), "{}", refused.err);
}

#[test]
fn why_says_when_a_lamp_ends_and_afterwards_that_it_has() {
    let server = Server::start(CONFIG);
    let open = ["set", "custom/door", r#"{"data":"open"}"#, "--for"];
    server.ask(&[&open[..], &["2h"]].concat());
    let why = ask_at(&server, 0, &["why", "custom/door"]).out;
    assert!(why.contains("by hand, ends at ") && why.contains(", 1h59m left"), "{why}");
    server.ask(&[&open[..], &["1s"]].concat());
    let over = (0..1_000)
        .find_map(|_| Some(server.ask(&["why", "custom/door"])).filter(|ran| ran.code == Some(5)));
    let over = over.expect("an end");
    for words in
        ["any more", "\"open\"", "said by lampfield cli", "it has expired", "history custom/door"]
    {
        assert!(over.err.contains(words), "no {words}: {}", over.err);
    }
    assert!(!server.ask(&["why", "custom/gate"]).err.contains("any more"));
}
