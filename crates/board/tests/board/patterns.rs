//! Patterns, against the definition of matching, and against patience.

use lampfield_board::{Pattern, PatternError};
use proptest::prelude::*;

/// The definition of a pattern written down plainly; exponential, so for short names only.
fn by_definition(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        (['*', rest @ ..], _) => {
            by_definition(rest, name) || !name.is_empty() && by_definition(pattern, &name[1..])
        }
        (['?', rest @ ..], [_, more @ ..]) => by_definition(rest, more),
        ([wanted, rest @ ..], [seen, more @ ..]) => wanted == seen && by_definition(rest, more),
        _ => false,
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    Pattern::parse(pattern).unwrap().matches(name)
}

#[test]
fn names_of_every_day() {
    assert!(fits("PJSIP/1*", "PJSIP/100"));
    assert!(!fits("PJSIP/1*", "PJSIP/200"));
    assert!(!fits("PJSIP/1*", "pjsip/100"), "with case");
    assert!(fits("*", ""));
    assert!(fits("*", "XMPP/asterisk/server2@asterisk.example"));
    assert!(fits("PJSIP/1??", "PJSIP/199"));
    assert!(!fits("PJSIP/1??", "PJSIP/1999"));
    assert!(fits("Local/?97@*", "Local/*97@ctx"));
    assert!(fits("M?ller", "Müller"), "characters, not bytes");
    assert!(fits("*@default", "a@b@default"));
}

#[test]
fn what_is_no_pattern() {
    assert_eq!(Pattern::parse(""), Err(PatternError::Empty));
    assert_eq!(Pattern::parse(&"*".repeat(256)), Err(PatternError::TooLong(256)));
    assert_eq!("PJSIP/1*".parse::<Pattern>().unwrap().to_string(), "PJSIP/1*");
}

/// The first takes a matcher that goes back to every star longer than the universe; the second is
/// the slowest for one that goes back to the latest only: 255 steps for each byte.
#[test]
fn no_pattern_takes_long() {
    let name = "a".repeat(1_023);
    assert!(!fits(&format!("{}b", "*a".repeat(127)), &name));
    assert!(!fits(&format!("*{}b", "a".repeat(253)), &name));
}

proptest! {
    #[test]
    fn matches_by_definition(pattern in "[ab*?]{1,9}", name in "[ab]{0,12}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(fits(&pattern, &name), by_definition(&chars(&pattern), &chars(&name)));
    }
}

#[test]
fn a_pattern_covers_what_fits_it_whatever_its_wildcards_stand_for() {
    let covers = |wide: &str, narrow: &str| {
        Pattern::parse(wide).unwrap().covers(&Pattern::parse(narrow).unwrap())
    };
    for (wide, narrow) in
        [("*", "?"), ("PJSIP/*", "PJSIP/1*"), ("a?c", "a?c"), ("*b*", "a*b"), ("a*", "a")]
    {
        assert!(covers(wide, narrow), "{wide} {narrow}");
    }
    for (wide, narrow) in
        [("?", "*"), ("PJSIP/1*", "PJSIP/*"), ("a?c", "a*c"), ("a", "?"), ("?*", "*"), ("a*", "*")]
    {
        assert!(!covers(wide, narrow), "{wide} {narrow}");
    }
}
