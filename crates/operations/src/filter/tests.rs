use std::collections::BTreeSet;

use lampfield_board::{AccountName, DeviceState, Identity};
use proptest::prelude::*;

use super::*;
use crate::failure::Failure;

/// A lamp that somebody has thought up.
struct Lamp {
    subject: Subject,
    shows: Option<Value>,
    origins: Vec<(Origin, Option<SiteName>)>,
    is_stale: bool,
    is_flapping: bool,
    shown_for: Duration,
}

// === impl Lamp ===

impl Lamp {
    /// One that is in use for five minutes, as a PBX in Berlin says.
    fn named(subject: &str) -> Self {
        let account = AccountName::parse("pbx-a@a.example").expect("an account");
        let identity = Identity::parse("02:00:00:00:00:01").expect("an identity");
        let site = SiteName::parse("berlin").expect("a site");
        Self {
            subject: subject.parse().expect("a subject"),
            shows: Some(Value::Device(DeviceState::InUse)),
            origins: vec![(Origin::new(account, identity), Some(site))],
            is_stale: false,
            is_flapping: false,
            shown_for: Duration::from_mins(5),
        }
    }

    fn fits(&self, filter: &str) -> bool {
        Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}")).wants(self)
    }
}

impl Sight for Lamp {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn lamp(&self) -> Option<&Value> {
        self.shows.as_ref()
    }

    fn is_said_by(&self, is_one: &dyn Fn(&Origin) -> bool) -> bool {
        self.origins.iter().any(|(origin, _)| is_one(origin))
    }

    fn is_said_at(&self, is_one: &dyn Fn(&SiteName) -> bool) -> bool {
        self.origins.iter().filter_map(|(_, site)| site.as_ref()).any(is_one)
    }

    fn is_stale(&self) -> bool {
        self.is_stale
    }

    fn is_flapping(&self) -> bool {
        self.is_flapping
    }

    fn shown_for(&self) -> Duration {
        self.shown_for
    }
}

/// Which of some names a filter wants.
fn of_names<'a>(filter: &str, names: &[&'a str]) -> Vec<&'a str> {
    names.iter().filter(|name| Lamp::named(name).fits(filter)).copied().collect()
}

#[test]
fn an_empty_filter_wants_everything() {
    for everything in ["", "  ", "*", "device/*"] {
        assert!(Lamp::named("PJSIP/100").fits(everything), "{everything:?}");
    }
}

#[test]
fn a_word_is_part_of_a_name_in_whatever_case() {
    let names = ["PJSIP/100", "Custom:Night-mode", "Custom:day", "1000@default"];
    assert_eq!(of_names("night", &names), ["Custom:Night-mode"]);
    assert_eq!(of_names("NIGHT custom:", &names), ["Custom:Night-mode"]);
    assert_eq!(of_names("Custom:", &names), ["Custom:Night-mode", "Custom:day"]);
    assert_eq!(of_names("@default", &names), ["1000@default"]);
    assert_eq!(of_names("device/pjsip", &names), ["PJSIP/100"]);
    assert_eq!(of_names("devi", &names), [""; 0], "a kind is no part of a name");
    assert_eq!(of_names("\"day\"", &names), ["Custom:day"]);
    assert_eq!(of_names("\"night-mode\"", &names), ["Custom:Night-mode"]);
}

#[test]
fn a_number_is_a_whole_one() {
    let names = [
        "PJSIP/100",
        "PJSIP/1000",
        "custom/desk100",
        "100@default",
        "PJSIP/0100",
        "SIP/7@10.0.0.100",
    ];
    assert_eq!(of_names("100", &names), ["PJSIP/100", "custom/desk100", "100@default"]);
    assert_eq!(of_names("0100", &names), ["PJSIP/0100"]);
    assert_eq!(
        of_names("99-1001", &names),
        ["PJSIP/100", "PJSIP/1000", "custom/desk100", "100@default", "PJSIP/0100"]
    );
    assert_eq!(of_names("101-149", &names), [""; 0]);
    assert_eq!(
        of_names("98-102,1000", &["PJSIP/97", "PJSIP/98", "PJSIP/102", "PJSIP/1000"]).len(),
        3
    );
    assert_eq!(
        of_names("100-149, 160", &["PJSIP/149", "PJSIP/150", "PJSIP/160"]),
        ["PJSIP/149", "PJSIP/160"]
    );
    // More digits than a number has.
    assert_eq!(of_names(&"9".repeat(40), &["PJSIP/9"]), [""; 0]);
}

#[test]
fn a_pattern_fits_with_the_kind_in_front_or_without() {
    let names = ["PJSIP/100", "PJSIP/200", "mailbox/1000@default"];
    assert_eq!(of_names("PJSIP/1*", &names), ["PJSIP/100"]);
    assert_eq!(of_names("device/PJSIP/?00", &names), ["PJSIP/100", "PJSIP/200"]);
    assert_eq!(of_names("mailbox/*", &names), ["mailbox/1000@default"]);
    assert_eq!(of_names("pjsip/*", &names), [""; 0], "patterns go by case, as everywhere");
    assert_eq!(of_names("\"*\"", &["PJSIP/1", "Local/*97@x"]), ["Local/*97@x"], "as it is");
    let spaced = Filter::of_pattern(Pattern::parse("Custom:a, *").expect("a pattern"));
    assert!(spaced.wants(&Lamp::named("Custom:a, b")) && !spaced.wants(&Lamp::named("Custom:a")));
}

#[test]
fn the_word_of_a_kind_is_that_kind() {
    let names = ["PJSIP/100", "mailbox/1000@default", "custom/mailbox"];
    assert_eq!(of_names("mailbox", &names), ["mailbox/1000@default"]);
    assert_eq!(of_names("kind:device,mailbox", &names), ["PJSIP/100", "mailbox/1000@default"]);
    assert_eq!(of_names("not mailbox", &names), ["PJSIP/100", "custom/mailbox"]);
    assert_eq!(of_names("\"mailbox\"", &names), ["custom/mailbox"]);
}

#[test]
fn a_state_is_one_of_asterisks() {
    let lamp = Lamp::named("PJSIP/100");
    for fits in ["state:inuse", "state:INUSE", "State:in-use", "state:ringing,inuse"] {
        assert!(lamp.fits(fits), "{fits}");
    }
    assert!(!lamp.fits("state:ringing") && lamp.fits("not state:ringing"));
    let idle = Lamp { shows: Some(Value::Device(DeviceState::NotInUse)), ..lamp };
    assert!(
        idle.fits("state:notinuse") && idle.fits("state:not_inuse") && !idle.fits("state:inuse")
    );
    let out = Lamp { shows: None, ..idle };
    assert!(!out.fits("state:unknown") && out.fits("not state:inuse"));
}

#[test]
fn sites_and_origins_are_those_who_say_something() {
    let lamp = Lamp::named("PJSIP/100");
    for fits in [
        "site:berlin",
        "site:ber*",
        "site:paris,berlin",
        "origin:pbx-a",
        "origin:pbx-a@a.example",
        "origin:pbx-*",
        "origin:02:00:00:00:00:01",
        "not site:paris",
    ] {
        assert!(lamp.fits(fits), "{fits}");
    }
    for other in ["site:Berlin", "site:ber", "origin:pbx", "origin:pbx-b", "not origin:pbx-a"] {
        assert!(!lamp.fits(other), "{other}");
    }
    let nowhere = Lamp { origins: Vec::new(), ..lamp };
    assert!(nowhere.fits("not site:*") && nowhere.fits("not origin:*"));
    let owner = Origin::new(
        AccountName::parse(crate::OWNER).expect("an account"),
        Identity::parse("command line").expect("an identity"),
    );
    let by_hand = Lamp { origins: vec![(owner, None)], ..nowhere };
    assert!(by_hand.fits("origin:\"lampfield cli\"") && by_hand.fits("origin:\"command line\""));
}

#[test]
fn marks_and_times_are_those_of_the_lamp() {
    let lamp = Lamp::named("PJSIP/100");
    for fits in ["not is:stale", "not is:flapping", "for:>2m", "for:5m", "for:>=5min", "for:<1h"] {
        assert!(lamp.fits(fits), "{fits}");
    }
    for other in ["is:stale", "is:flapping", "is:stale,flapping", "for:>2h", "for:<5m"] {
        assert!(!lamp.fits(other), "{other}");
    }
    let stale = Lamp { is_stale: true, ..lamp };
    assert!(
        stale.fits("is:stale") && stale.fits("is:stale,flapping") && !stale.fits("is:flapping")
    );
    let restless = Lamp { is_flapping: true, ..stale };
    assert!(restless.fits("is:flapping is:stale"));
}

#[test]
fn all_terms_must_hold_and_not_turns_one_round() {
    let lamp = Lamp::named("PJSIP/100");
    assert!(lamp.fits("device 100-149 state:inuse site:berlin not is:stale"));
    assert!(!lamp.fits("device 100-149 state:inuse site:paris"));
    assert!(lamp.fits("NOT site:paris") && lamp.fits("not not site:berlin"));
    assert!(!lamp.fits("not 100,200") && lamp.fits("not 200,300"));
}

#[test]
fn names_with_colons_are_names() {
    let names = ["Custom:night", "Park:701@parkedcalls", "Confbridge:1", "MWI:1000@default"];
    for name in names {
        assert_eq!(of_names(name, &names), [name]);
        assert_eq!(of_names(&name.to_lowercase(), &names), [name], "in whatever case");
    }
    assert_eq!(of_names("\"stat:x\"", &["Custom:stat:x"]), ["Custom:stat:x"]);
}

/// What is wrong, the marked part, and what to write.
fn refused(filter: &str) -> (String, String, String) {
    let error = Filter::parse(filter).expect_err(filter);
    let marked = filter.get(error.at.clone()).unwrap_or_else(|| panic!("{filter}: {error:?}"));
    (error.what.clone(), marked.to_owned(), error.hint)
}

#[test]
fn what_is_wrong_is_marked_with_what_could_be_written() {
    for (filter, what, marked, hint) in [
        ("stat:inuse", "there is no term \"stat:\"", "stat", "did you mean \"state:\"?"),
        ("x sites:berlin", "there is no term \"sites:\"", "sites", "did you mean \"site:\"?"),
        ("state=inuse", "\"state\" is followed by a colon", "=", "write state:inuse"),
        ("state:inus x", "\"inus\" is not a device state", "inus", "did you mean \"inuse\"?"),
        (
            "state:inuse,rining",
            "\"rining\" is not a device state",
            "rining",
            "did you mean \"ringing\"?",
        ),
        ("state:zzz", "\"zzz\" is not a device state", "zzz", "write one of unknown, not_inuse"),
        ("state:\"x y\"", "\"x y\" is not a device state", "\"x y\"", "write one of"),
        ("kind:devise", "\"devise\" is not a kind", "devise", "did you mean \"device\"?"),
        ("is:stail", "\"stail\" is not a mark", "stail", "did you mean \"stale\"?"),
        ("is:old", "\"old\" is not a mark", "old", "write one of stale, flapping"),
        ("for:>2", "\"2\" is not a length of time", ">2", "a number and its unit"),
        ("for:>1M", "\"1M\" is not a length of time", ">1M", "1min"),
        ("for:", "\"for:\" has no time", "", "the shell interprets the >"),
        ("state: inuse", "\"state:\" has no value", "", "write state:inuse"),
        ("site:", "\"site:\" has no value", "", "write site:berlin"),
        ("149-100", "ends before it begins", "149-100", "write 100-149"),
        ("100,", "an alternative is missing", "", "100-149,160"),
        ("100,,200", "an alternative is missing", "", "100-149,160"),
        (",100", "an alternative is missing", "", "100-149,160"),
        ("\"night", "the quote does not end", "\"", "end it with"),
        ("\"\"", "nothing in the quotes", "\"\"", "write a name"),
        ("\"a\"b", "no space after the quotes", "", "write a space"),
        ("100 not", "nothing follows not", "not", "write not state:inuse"),
        ("100 and 200", "\"and\" means nothing", "and", "all terms must match"),
        ("100 OR 200", "\"OR\" means nothing", "OR", "write a comma"),
        ("!state:inuse", "means nothing here", "!state:inuse", "write not state:inuse"),
        ("!100", "\"!100\" means nothing", "!100", "write not 100"),
        ("-100", "\"-100\" means nothing", "-100", "write not 100"),
    ] {
        let told = refused(filter);
        assert!(told.0.contains(what), "{filter}: {told:?}");
        assert_eq!(told.1, marked, "{filter}: {told:?}");
        assert!(told.2.contains(hint), "{filter}: {told:?}");
    }
}

#[test]
fn what_is_too_long_or_asks_for_too_much_is_refused() {
    let long = format!("x {}", "ü".repeat(Filter::MOST_BYTES));
    assert!(refused(&long).2.contains("1000 is the limit"));
    let most = vec!["x"; Filter::MOST_CONDITIONS].join(",");
    assert!(Filter::parse(&most).is_ok());
    assert!(refused(&format!("{most} y")).2.contains("64 terms and alternatives"));
    assert!(refused(&"*".repeat(300)).0.contains("255"));
    assert!(refused(&format!("site:{}", "x".repeat(300))).0.contains("255"));
}

#[test]
fn the_mark_stands_below_what_it_means() {
    let told = |filter: &str| Failure::from(Filter::parse(filter).expect_err(filter)).to_string();
    assert_eq!(
        told("site:köln state:inus x"),
        "error[wrong-filter]: \"inus\" is not a device state\n  \
         filter  site:köln state:inus x\n  \
         here                    ^^^^ did you mean \"inuse\"?"
    );
    // An escape is as long as it is shown.
    let escaped = told("a\u{7} is:x");
    assert!(escaped.contains("a\\u{7} is:x\n  here              ^ write"), "{escaped}");
}

/// Texts that come near the language, and others.
fn texts() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "not",
        " ",
        " ",
        ",",
        ":",
        "\"",
        "state:",
        "is:",
        "for:",
        "site:",
        "origin:",
        "kind:",
        "inuse",
        "stale",
        ">",
        "<",
        "2h",
        "100",
        "-",
        "149",
        "*",
        "?",
        "PJSIP/",
        "device",
        "=",
        "!",
        "and",
        "ü",
        "\u{7}",
        "@",
        "99999999999999999999",
    ]);
    let near = prop::collection::vec(parts, 0..12).prop_map(|parts| parts.concat());
    prop_oneof![near, any::<String>()]
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in texts()) {
        let lamp = Lamp::named("PJSIP/100");
        match Filter::parse(&text) {
            Ok(filter) => {
                let again = Filter::parse(&filter.to_string());
                prop_assert_eq!(again.as_ref(), Ok(&filter), "as it is written");
                filter.wants(&lamp);
            }
            Err(error) => {
                prop_assert!(text.get(error.at.clone()).is_some(), "{:?}", error);
                prop_assert!(!error.what.is_empty() && !error.hint.is_empty());
                let told = Failure::from(error).to_string();
                prop_assert_eq!(told.lines().count(), 3);
            }
        }
    }
}

#[test]
fn every_term_knows_whether_it_is_a_name() {
    let filter =
        Filter::parse("100 night PJSIP/* site:x origin:x device state:inuse is:stale for:1h");
    let filter = filter.expect("a filter");
    let names: BTreeSet<_> =
        filter.terms().iter().filter(|term| term.is_name()).map(Term::as_str).collect();
    assert_eq!(names, BTreeSet::from(["100", "night", "PJSIP/*", "site:x", "origin:x"]));
    assert!(!Filter::parse("not 100").expect("a filter").terms()[0].is_name());
}
